"""OpenPanel's scripts for pages, where their snippet looks for them on a server of one's own."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.http.pages import DIST, file_response

SCRIPTS: Final = ("op1.js", "op1-replay.js")
"""The tracker, and what it loads to record sessions; the build takes them from npm."""

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # Pages of any origin load them, isolated ones too.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    # The names stay the same from one version to the next.
    "Cache-Control": "public, max-age=3600",
    "Vary": "Accept-Encoding",
}


def script_routes(dist: Path = DIST) -> Iterator[BaseRoute]:
    """A route for each script; one that is not built yet is a 404."""

    def script(request: Request) -> Response:
        file = dist / "scripts" / request.url.path.lstrip("/")
        if not file.is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return file_response(file, request.headers, _HEADERS)

    for name in SCRIPTS:
        yield Route(f"/{name}", script, methods=["GET"])
