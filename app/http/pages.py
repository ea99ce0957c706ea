"""The browser's pages: GraphiQL, and the files that it is made of.

The files are built into `web/dist` by `web/build.py`; nothing is fetched from anywhere else, and
the policy below makes the browser hold the page to that.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

DIST: Final = Path(__file__).resolve().parents[2] / "web" / "dist"
"""Where the build puts the browser's files in a checkout."""

ASSETS_PATH: Final = "/assets"

_PAGE_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",
    # The editor places its lines by style attributes and injects its colour theme as a style
    # element, both made at run time: no hash or nonce can name them beforehand.
    "style-src": "'self' 'unsafe-inline'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    # The style sheet carries its fonts inside itself.
    "font-src": "'self' data:",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'none'",
}

PAGE_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _PAGE_POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # The page names the assets of one build and may carry credentials of a local demo.
    "Cache-Control": "no-store",
}

_ASSET_HEADERS: Final = {
    # A worker obeys the policy of its own file: it gets no network at all.
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    # Every name holds its content's hash.
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}

# Named here because the answers of `mimetypes` depend on the machine.
_MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}

_ASSET_NAME: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+", re.ASCII)
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))

NOT_BUILT: Final = (
    "The browser's files are not built yet: run `make setup`, then load this again.\n"
)

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rosetta</title>
<link rel="icon" href="{assets}/{icon}" type="image/svg+xml">
<link rel="stylesheet" href="{assets}/{style}">
<script type="application/json" id="rosetta-config">{config}</script>
<script type="module" src="{assets}/{script}"></script>
</head>
<body>
<div id="root"></div>
<noscript>This page needs JavaScript; the API at {endpoint} does not.</noscript>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class PageConfig:
    """What the page starts with.

    `project_id` is the project that the example queries ask about. `headers` prefills the header
    editor: anyone who can load the page can read them, so give only what a local demo gives away.
    """

    endpoint: str = "/graphql"
    project_id: str | None = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class EntryFiles:
    """The hashed names of the files that the page refers to."""

    script: str
    style: str
    icon: str


def graphiql_page(config: PageConfig, *, dist: Path = DIST) -> Response:
    """The GraphiQL page, or a 503 that says how to build it."""
    entry = find_entry_files(dist)
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
        config=_script_json(config),
        endpoint=escape(config.endpoint),
    )
    return HTMLResponse(page, headers=PAGE_HEADERS)


def asset_routes(dist: Path = DIST) -> Route:
    """The route of the page's files; each unknown name is a 404."""
    folder = dist / "assets"

    def asset(request: Request) -> Response:
        name = str(request.path_params["name"])
        if not _ASSET_NAME.fullmatch(name) or not (folder / name).is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return file_response(folder / name, request.headers, _ASSET_HEADERS)

    return Route(f"{ASSETS_PATH}/{{name}}", asset, methods=["GET"], name="asset")


def file_response(
    file: Path, request_headers: Headers, own_headers: Mapping[str, str]
) -> FileResponse:
    """The file in the smallest form that the client takes and the build made."""
    media_type = _MEDIA_TYPES.get(file.suffix, "application/octet-stream")
    accepted = set(_accepted_encodings(request_headers.get("accept-encoding", "")))
    for encoding, suffix in _ENCODINGS:
        twin = file.with_name(file.name + suffix)
        if encoding in accepted and twin.is_file():
            headers = {**own_headers, "Content-Encoding": encoding}
            return FileResponse(twin, headers=headers, media_type=media_type)
    return FileResponse(file, headers=own_headers, media_type=media_type)


def _accepted_encodings(header: str) -> Iterator[str]:
    """The codings that an Accept-Encoding header names, without those it weighs at zero.

    A lone `*` is not taken for a coding: the plain form is always acceptable to who sends it.
    """
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        weight = parameters.strip().removeprefix("q=").rstrip("0")
        if not (parameters and weight in {"", "0."}):
            yield coding.strip()


def find_entry_files(dist: Path, page: str | None = None) -> EntryFiles | None:
    """The entry files of a page of the build, or None when there is no build.

    Without a name it is the page of GraphiQL. Read at each page load: it costs microseconds,
    and a new build needs no restart.
    """
    try:
        text = (dist / "manifest.json").read_text()
    except FileNotFoundError:
        return None
    manifest = json.loads(text)
    if page is not None:
        manifest = manifest[page]
    return EntryFiles(manifest["script"], manifest["style"], manifest["icon"])


def _script_json(config: PageConfig) -> str:
    """The configuration as JSON that no HTML or script parser can step out of."""
    text = json.dumps(
        {
            "endpoint": config.endpoint,
            "projectId": config.project_id,
            "headers": None if config.headers is None else dict(config.headers),
        }
    )
    # json.dumps has already written U+2028 and everything else beyond ASCII as \u escapes.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
