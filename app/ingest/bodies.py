"""JSON bodies as callers really send them."""

import re
from typing import Final

import orjson

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json

_TELLTALES: Final = (b"\\ud", b"\\uD", b"\\u0000")

_ESCAPE: Final = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000)"
    rb"|(\\.)",
    re.DOTALL,
)
"""Escapes from left to right: a whole pair of surrogates, what can't be stored, any other."""


def storable(body: bytes) -> bytes:
    """The same JSON without halves of surrogate pairs and NUL characters.

    Text that was cut inside an emoji is common, and not every store can keep them.
    """
    if b"\\u" in body and any(telltale in body for telltale in _TELLTALES):
        return _ESCAPE.sub(rb"\1\2", body)
    return body


def read_json(body: bytes) -> Json:
    """The JSON value in the body; raises InvalidQueryError with an empty path for any other.

    What `storable` leaves out is not in it.
    """
    try:
        value: Json = orjson.loads(storable(body))
    except orjson.JSONDecodeError as error:
        raise InvalidQueryError.at(message=f"The body is not valid JSON: {error}.") from error
    return value
