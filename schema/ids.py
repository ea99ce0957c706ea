"""Global ids: opaque, URL-safe text that names one thing of one type in one project."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from app.analytics.errors import InvalidQueryError

_SEPARATOR: Final = "\x1f"
_LARGEST_NUMBER: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class GlobalId:
    """What a global id names: `key` is the thing's own id, `project` the project's number."""

    type: str
    project: int
    key: str

    @staticmethod
    def prefix(kind: str, project: int) -> bytes:
        """What all ids of that type and project begin with, before they are made opaque."""
        return f"{kind}{_SEPARATOR}{project}{_SEPARATOR}".encode()

    def __str__(self) -> str:
        text = self.prefix(self.type, self.project) + self.key.encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def find_global_id(text: str) -> GlobalId | None:
    """What the id names; None for a text that is no global id."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error):
        return None
    kind, _, rest = decoded.partition(_SEPARATOR)
    number, separator, key = rest.partition(_SEPARATOR)
    if not separator or not (number.isascii() and number.isdecimal()) or len(number) > 10:
        return None
    project = int(number)
    return GlobalId(kind, project, key) if project <= _LARGEST_NUMBER else None


def own_id(text: str, kind: str, project: int) -> str:
    """The thing's own id, from its own or its global one.

    Raises InvalidQueryError for a global id of another type or project.
    """
    found = find_global_id(text)
    if found is None:
        return text
    if found.type != kind or found.project != project:
        message = f"The id does not name a thing of type {kind} in this project."
        raise InvalidQueryError.at("id", message=message)
    return found.key
