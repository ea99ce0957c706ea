"""What the older calls answer to events and updates: 1 or 0, in the form that was asked for."""

import base64
import re
from typing import Final

import orjson
from starlette.responses import PlainTextResponse, Response

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.compat.mixpanel.errors import PlainJson
from app.compat.mixpanel.params import Params

_PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A transparent GIF of one by one."""

_FUNCTION: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]{0,99}", re.ASCII)


def done(params: Params, error: str | None) -> Response:
    """1, or 0 for an error: bare, or in an object for `verbose`.

    `img` wants a picture in its place, `callback` a call of that function with it.
    """
    if _has(params, "img"):
        return Response(_PIXEL, media_type="image/gif")
    told: Json = 0 if error else 1
    if _has(params, "verbose"):
        told = {"status": told, "error": error}
    function = params.text("callback")
    if function is not None and _FUNCTION.fullmatch(function):
        script = b"/**/%s(%s);" % (function.encode(), orjson.dumps(told))
        return Response(script, media_type="text/javascript")
    return PlainJson(told) if isinstance(told, dict) else PlainTextResponse(str(told))


def _has(params: Params, name: str) -> bool:
    """Whether the flag is set; one that is neither true nor false tells nothing."""
    try:
        return params.flag(name)
    except InvalidQueryError:
        return False
