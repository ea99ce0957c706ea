"""The ids of devices and sessions: hashes that any server with the same salts agrees on."""

import base64
import hashlib
from typing import Final

_DEVICE_ID_BYTES: Final = 16
_SESSION_ID_BYTES: Final = 16
_SESSION_BUCKET_MS: Final = 30 * 60 * 1000
_SESSION_GRACE_MS: Final = 5_000


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
