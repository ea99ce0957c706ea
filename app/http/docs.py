"""`/docs`: the documentation of the REST API, which works without any other host."""

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.http.openapi import PATH as DOCUMENT_PATH
from app.http.pages import ASSETS_PATH, DIST, NOT_BUILT, PAGE_HEADERS, find_entry_files

PATH: Final = "/docs"

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rosetta: REST API</title>
<link rel="icon" href="{assets}/{icon}" type="image/svg+xml">
<link rel="stylesheet" href="{assets}/{style}">
<script type="module" src="{assets}/{script}"></script>
</head>
<body>
<div id="root"></div>
<noscript>This page needs JavaScript; its document at {document} does not.</noscript>
</body>
</html>
"""


async def docs(_: Request) -> Response:
    """The page, or a 503 that says how to build it."""
    entry = find_entry_files(DIST, "docs")
    if entry is None:
        return PlainTextResponse(
            NOT_BUILT,
            status_code=HTTPStatus.SERVICE_UNAVAILABLE,
            headers={"Cache-Control": "no-store"},
        )
    page = _PAGE.format(
        assets=ASSETS_PATH,
        script=entry.script,
        style=entry.style,
        icon=entry.icon,
        document=DOCUMENT_PATH,
    )
    return HTMLResponse(page, headers=PAGE_HEADERS)


def docs_route() -> BaseRoute:
    """The route of the page."""
    return Route(PATH, docs)
