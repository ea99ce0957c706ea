import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.http.pages import DIST, PageConfig, asset_routes, graphiql_page

pytestmark = pytest.mark.anyio

SCRIPT = "graphiql-AAAAAAAA.js"
SOURCE = b"console.log('page')\n"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A build with one script, its compressed twins, and a file beside the assets."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / SCRIPT).write_bytes(SOURCE)
    (assets / f"{SCRIPT}.gz").write_bytes(b"gzip form")
    (assets / f"{SCRIPT}.br").write_bytes(b"brotli form")
    (assets / "icon-BBBBBBBB.svg").write_bytes(b"<svg/>")
    manifest = {"script": SCRIPT, "style": "graphiql-CCCCCCCC.css", "icon": "icon-BBBBBBBB.svg"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


@pytest.fixture
async def client(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[asset_routes(dist)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rosetta.test") as client:
        yield client


def _page(config: PageConfig, dist: Path) -> str:
    return bytes(graphiql_page(config, dist=dist).body).decode()


def _config_block(page: str) -> str:
    found = re.search(r'<script type="application/json" id="rosetta-config">(.*?)</script>', page)
    assert found is not None
    return found[1]


def test_page_names_the_files_of_the_build(dist: Path) -> None:
    page = _page(PageConfig(), dist)
    assert f'<script type="module" src="/assets/{SCRIPT}"></script>' in page
    assert '<link rel="stylesheet" href="/assets/graphiql-CCCCCCCC.css">' in page


def test_page_has_no_script_in_line_and_names_no_other_host(dist: Path) -> None:
    page = _page(PageConfig(), dist)
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", page):
        assert "src=" in attributes or "application/json" in attributes
        assert "src=" not in attributes or body == ""
    assert "//" not in page.replace("<!doctype html>", "")


def test_policy_allows_own_files_alone(dist: Path) -> None:
    headers = graphiql_page(PageConfig(), dist=dist).headers
    policy = dict(
        directive.split(" ", 1) for directive in headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "</script><script>alert(1)</script>",
        "<!-- <script>",
        "a & b &lt; c",
        "line\u2028paragraph\u2029end",
        'quote " backslash \\ {braces}',
        "räksmörgås 🗿",
    ],
)
def test_config_survives_the_page_and_cannot_leave_its_block(dist: Path, text: str) -> None:
    config = PageConfig(endpoint=text, project_id=text, headers={"x-name": text})
    block = _config_block(_page(config, dist))
    assert json.loads(block) == {
        "endpoint": text,
        "projectId": text,
        "headers": {"x-name": text},
    }
    assert not set(block) & set("<>&\u2028\u2029")


def test_config_without_project_and_headers_says_null(dist: Path) -> None:
    block = _config_block(_page(PageConfig(), dist))
    assert json.loads(block) == {"endpoint": "/graphql", "projectId": None, "headers": None}


def test_page_without_a_build_says_what_to_run(tmp_path: Path) -> None:
    response = graphiql_page(PageConfig(), dist=tmp_path / "missing")
    assert response.status_code == 503
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"`make setup`" in bytes(response.body)


@pytest.mark.parametrize(
    ("accepts", "encoding", "body"),
    [
        ("", None, SOURCE),
        ("identity", None, SOURCE),
        ("gzip", "gzip", b"gzip form"),
        ("gzip, deflate, br, zstd", "br", b"brotli form"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gzip form"),
        ("br; q=0.000, GZIP", "gzip", b"gzip form"),
        ("br;q=0.01", "br", b"brotli form"),
        ("zstd", None, SOURCE),
    ],
)
async def test_asset_comes_in_the_smallest_form_the_client_takes(
    client: httpx.AsyncClient, accepts: str, encoding: str | None, body: bytes
) -> None:
    headers = {"accept-encoding": accepts}
    async with client.stream("GET", f"/assets/{SCRIPT}", headers=headers) as response:
        received = b"".join([chunk async for chunk in response.aiter_raw()])
    assert response.headers.get("content-encoding") == encoding
    assert received == body
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["vary"] == "Accept-Encoding"


async def test_asset_is_kept_for_ever_and_gets_no_network(client: httpx.AsyncClient) -> None:
    response = await client.get("/assets/icon-BBBBBBBB.svg", headers={"accept-encoding": "br"})
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-security-policy"] == "default-src 'none'"
    assert response.headers["content-type"] == "image/svg+xml"
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/missing-AAAAAAAA.js",
        "/assets/",
        "/assets/..",
        "/assets/%2e%2e%2fmanifest.json",
        "/assets/..%5cmanifest.json",
        "/assets/%00.js",
        f"/assets/deeper/{SCRIPT}",
    ],
)
async def test_no_other_file_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


def test_lock_pins_every_package_by_hash_and_names_no_host() -> None:
    text = (DIST.parent / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
    assert "://" not in text
