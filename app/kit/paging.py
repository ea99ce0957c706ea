"""Opaque keyset cursors."""

import base64
import binascii
from typing import TypeAlias, cast

import orjson

CursorKey: TypeAlias = tuple[str | int | float | None, ...]
"""The sort key of a row, in the order of the sort."""


class InvalidCursorError(ValueError):
    """The text is not a cursor that this server gave out."""


def encode_cursor(key: CursorKey) -> str:
    """The cursor that stands for `key`: URL-safe text without padding."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str, types: tuple[type, ...]) -> CursorKey:
    """The key inside `cursor`; each part must be of the type given for its place.

    Raises InvalidCursorError for anything else.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key: object = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError) as error:
        raise InvalidCursorError("The cursor is not one that this server gave out.") from error
    parts = cast("list[str | int | float | None]", key) if isinstance(key, list) else []
    if [type(part) for part in parts] != list(types):
        raise InvalidCursorError("The cursor belongs to another kind of list.")
    return tuple(parts)
