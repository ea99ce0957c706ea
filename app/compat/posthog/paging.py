"""Lists by page: a count, links to the neighbours, and the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from app.analytics.records import Json

_DEFAULT_LIMIT: Final = 100
_LARGEST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows of a list are wanted."""

    limit: int
    offset: int


def slice_of(request: Request) -> Slice:
    """The slice that the parameters ask for; what they say wrongly is not heeded."""
    limit = _whole(request.query_params.get("limit"), least=1)
    offset = _whole(request.query_params.get("offset"), least=0)
    return Slice(_DEFAULT_LIMIT if limit is None else limit, offset or 0)


def _whole(text: str | None, least: int) -> int | None:
    if text is None or not (text.isascii() and text.isdigit()) or int(text) < least:
        return None
    return min(int(text), _LARGEST)


def page_json(request: Request, wanted: Slice, count: int, rows: Sequence[Json]) -> dict[str, Json]:
    """The page with absolute links that keep all other parameters, in order of their names."""
    after = wanted.offset + wanted.limit
    before = wanted.offset - wanted.limit
    return {
        "count": count,
        "next": _link(request, wanted.limit, after) if after < count else None,
        "previous": _link(request, wanted.limit, before) if wanted.offset > 0 else None,
        "results": [*rows],
    }


def _link(request: Request, limit: int, offset: int) -> str:
    params = {
        (name, value)
        for name, value in request.query_params.multi_items()
        # The key must not come back in links that are kept and shown.
        if name not in ("limit", "offset", "personal_api_key")
    }
    params.add(("limit", str(limit)))
    if offset > 0:
        params.add(("offset", str(offset)))
    return f"{request.url.replace(query='')}?{urlencode(sorted(params))}"
