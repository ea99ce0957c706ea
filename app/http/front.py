"""`/`: what stands where on this server, for whoever opens it in a browser or by a program."""

from dataclasses import dataclass
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from app.http.docs import PATH as DOCS_PATH
from app.http.openapi import PATH as DOCUMENT_PATH
from app.http.pages import ASSETS_PATH, DIST, PAGE_HEADERS, find_entry_files
from app.http.responses import JsonResponse
from app.kit.release import release


@dataclass(frozen=True, slots=True)
class Link:
    """One place to go to from here. `name` is its key for programs."""

    name: str
    path: str
    title: str
    says: str


LINKS: Final = (
    Link(
        "graphql",
        "/graphql",
        "GraphQL",
        "Every question, typed. A browser gets GraphiQL with examples to run.",
    ),
    Link(
        "docs",
        DOCS_PATH,
        "REST",
        "The routes of OpenPanel, Mixpanel and PostHog, with their parameters and answers.",
    ),
    Link(
        "openapi",
        DOCUMENT_PATH,
        "OpenAPI",
        "The same for programs: an OpenAPI 3.1 document to generate clients from.",
    ),
    Link(
        "health",
        "/readyz",
        "Health",
        "Whether the server can answer; /healthz tells whether it runs.",
    ),
)
"""Where to go from here, in the order of the page."""

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rosetta</title>
<link rel="icon" href="{icon}">
<style>
:root {{ color-scheme: light dark; --ink: #0f172a; --quiet: #475569; --line: #e2e8f0;
  --ground: #f8fafc; --card: #fff; --accent: #be0f7d }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #f1f5f9; --quiet: #a3b1c6;
  --line: #334155; --ground: #0f172a; --card: #1e293b; --accent: #f472b6 }} }}
body {{ margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif }}
main {{ max-width: 52rem; margin: 0 auto; padding: 14vh 1.5rem 4rem }}
h1 {{ margin: 0; font-size: 2.5rem; letter-spacing: -.02em }}
main > p {{ margin: .5rem 0 2.5rem; color: var(--quiet); font-size: 1.125rem }}
ul {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem;
  margin: 0; padding: 0; list-style: none }}
a {{ display: block; height: 100%; box-sizing: border-box; padding: 1.25rem 1.5rem;
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  color: inherit; text-decoration: none }}
a:hover, a:focus-visible {{ border-color: var(--accent); outline: none }}
strong {{ color: var(--accent); font-size: 1.125rem }}
code {{ float: right; color: var(--quiet) }}
span {{ display: block; margin-top: .375rem; color: var(--quiet) }}
footer {{ margin-top: 2.5rem; color: var(--quiet); font-size: .875rem }}
</style>
</head>
<body>
<main>
<h1>Rosetta</h1>
<p>One event store that speaks GraphQL, OpenPanel, Mixpanel and PostHog.</p>
<ul>
{links}
</ul>
<footer>Version {version}</footer>
</main>
</body>
</html>
"""

_LINK: Final = """\
<li><a href="{path}"><strong>{title}</strong> <code>{path}</code><span>{says}</span></a></li>"""


async def front(request: Request) -> Response:
    """The page for browsers; for everyone else the paths by their names, as JSON."""
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_page(), headers=PAGE_HEADERS)
    paths = {link.name: link.path for link in LINKS}
    return JsonResponse({"name": "Rosetta", "version": release(), **paths})


def front_route() -> BaseRoute:
    """The route of the page."""
    return Route("/", front)


def _page() -> str:
    links = "\n".join(
        _LINK.format(path=link.path, title=escape(link.title), says=escape(link.says))
        for link in LINKS
    )
    entry = find_entry_files(DIST)
    icon = "data:," if entry is None else f"{ASSETS_PATH}/{entry.icon}"
    return _PAGE.format(links=links, icon=icon, version=escape(release()))
