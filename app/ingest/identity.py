"""The ids of devices and sessions: hashes that any server with the same salts agrees on."""

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from app.projects.salts import Salts

_DEVICE_ID_BYTES: Final = 16
_LONGEST_KEPT: Final = 512
_SESSION_ID_BYTES: Final = 16
_SESSION_BUCKET_MS: Final = 30 * 60 * 1000
_SESSION_GRACE_MS: Final = 5_000

Candidates: TypeAlias = Callable[[str, str, str], tuple[str, str]]
"""The ids of who has a user agent and an address, in the project of that slug.

That of today's salt comes first, then that of the salt before it.
"""


class DeviceIds:
    """Gives the ids of devices, and remembers the most recent ones while their salts last."""

    def __init__(self, remembered: int = 16_384) -> None:
        self._remembered = remembered
        self._salts: Salts | None = None
        self._candidates: Candidates | None = None

    def under(self, salts: Salts) -> Candidates:
        """The ids under these salts; what was known under others is forgotten, salts too."""
        if self._candidates is None or self._salts != salts:
            self._salts, self._candidates = salts, self._remembering(salts)
        return self._candidates

    def _remembering(self, salts: Salts) -> Candidates:
        def both(user_agent: str, ip: str, project_slug: str) -> tuple[str, str]:
            current, previous = (
                device_id(user_agent=user_agent, ip=ip, project_slug=project_slug, salt=salt)
                for salt in (salts.current, salts.previous)
            )
            return current, previous

        kept = lru_cache(maxsize=self._remembered)(both)

        def candidates(user_agent: str, ip: str, project_slug: str) -> tuple[str, str]:
            # Anybody can send user agents as long as a header may be.
            find = kept if len(user_agent) <= _LONGEST_KEPT else both
            return find(user_agent, ip, project_slug)

        return candidates


def device_id(*, user_agent: str, ip: str, project_slug: str, salt: str) -> str:
    """The id of whoever has this user agent and address, while the salt lasts: 32 hex digits.

    An unknown address is the empty string, so all devices without one that share a user
    agent share an id.
    """
    seed = f"{user_agent}:{ip}:{project_slug}:{salt}".encode("utf-8", "replace")
    return hashlib.shake_256(seed).hexdigest(_DEVICE_ID_BYTES)


def session_id(*, project_slug: str, device_id: str, at_ms: int) -> str:
    """The id of the session that a device begins at an instant: 22 URL-safe characters.

    It depends on the half hour alone, so that two servers which see the first events of a
    session at the same time name it alike. The first five seconds of a half hour count to
    the one before, for the sake of two events around the change.
    """
    bucket, offset = divmod(at_ms, _SESSION_BUCKET_MS)
    if offset < _SESSION_GRACE_MS:
        bucket -= 1
    seed = f"sess:v1:{project_slug}:{device_id}:{bucket}".encode("utf-8", "replace")
    digest = hashlib.sha256(seed).digest()[:_SESSION_ID_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
