"""Where something happened: the parts of a page's URL, or the name of a screen."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_plus, urlsplit

from app.analytics.records import Json

_UTM: Final = frozenset({"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_KEPT: Final = 256
_PLAIN_PATH: Final = re.compile(r"[!$-;=@-_a-z|~]*")
_DOT_SEGMENT: Final = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_LINE_BREAKS: Final = re.compile(r"[\t\r\n]")
_KEPT_IN_PATHS: Final = "!$%&'()*+,/:;=@[]|~"


@dataclass(frozen=True, slots=True)
class Location:
    """A page or a screen; shared between calls, so nobody may change its query.

    `path` and `origin` are empty when unknown; a screen has no origin. `query` holds the
    last value of each key, `hash` the fragment with its `#`, or nothing. `hostname` is in
    lower case and without a port.
    """

    path: str = ""
    origin: str = ""
    query: dict[str, str] = field(default_factory=dict[str, str])
    hash: str = ""
    hostname: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utm:
    """The campaign that brought someone, as the page's URL names it."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class _Host:
    origin: str
    name: str


_NO_HOST: Final = _Host("", "")
NOWHERE: Final = Location()
NO_CAMPAIGN: Final = Utm()


def parse_location(url: str | None) -> Location:
    """The parts of a URL, absolute or relative to its host; any other text names a screen.

    Text that begins like a URL and is none is taken as a path, whole. The pages that were
    asked for last are remembered.
    """
    if not url:
        return NOWHERE
    return _kept_location(url) if len(url) <= _LONGEST_KEPT else _read_location(url)


def _read_location(url: str) -> Location:
    if not url.startswith(("/", "http")):
        return Location(url)
    if not url.isprintable():
        url = _LINE_BREAKS.sub("", url)
    before, _, fragment = url.partition("#")
    page, _, query = before.partition("?")
    try:
        host, path = _host_and_path(page)
    except ValueError:
        return Location(url)
    if _DOT_SEGMENT.search(path):
        path = _resolved(path)
    return Location(
        path=path if _PLAIN_PATH.fullmatch(path) else _encoded(path),
        origin=host.origin,
        query=_last_values(query) if query else {},
        hash=f"#{fragment}" if fragment else "",
        hostname=host.name,
    )


def utm_of(location: Location) -> Utm:
    """The campaign named by the `utm_` keys of the page's query; empty values are absent."""
    query = location.query
    if _UTM.isdisjoint(query):
        return NO_CAMPAIGN
    return Utm(
        source=query.get("utm_source") or None,
        medium=query.get("utm_medium") or None,
        campaign=query.get("utm_campaign") or None,
        term=query.get("utm_term") or None,
        content=query.get("utm_content") or None,
    )


def query_properties(location: Location) -> dict[str, Json]:
    """The query and the fragment as event properties, each only if there is one."""
    kept: dict[str, Json] = {}
    if location.query:
        kept["__query"] = dict(location.query)
    if location.hash:
        kept["__hash"] = location.hash
    return kept


def _host_and_path(page: str) -> tuple[_Host, str]:
    """The host, none for a relative page, and the path. Raises ValueError for no URL."""
    if page.startswith("//"):
        return _NO_HOST, "/" + page[2:].partition("/")[2]
    if page.startswith("/"):
        return _NO_HOST, page
    scheme, _, rest = page.partition("://")
    netloc, _, path = rest.partition("/")
    read = _kept_host if len(netloc) <= _LONGEST_KEPT else _read_host
    return read(scheme.lower(), netloc), f"/{path}"


def _read_host(scheme: str, netloc: str) -> _Host:
    """The host of a page on the web; raises ValueError when there is none."""
    parts = urlsplit(f"{scheme}://{netloc}")
    name, port = parts.hostname, parts.port
    if not name or scheme not in _DEFAULT_PORTS:
        raise ValueError("A page is on a host, by HTTP.")
    shown = f"[{name}]" if ":" in name else name
    suffix = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
    return _Host(f"{scheme}://{shown}{suffix}", name)


_kept_location = lru_cache(maxsize=8_192)(_read_location)
_kept_host = lru_cache(maxsize=8_192)(_read_host)


def _resolved(path: str) -> str:
    """The path without its dot segments, as browsers follow it."""
    kept: list[str] = []
    segments = path[1:].split("/")
    for place, segment in enumerate(segments, 1):
        dots = segment.lower().replace("%2e", ".")
        if dots not in (".", ".."):
            kept.append(segment)
            continue
        if dots == "..":
            del kept[-1:]
        if place == len(segments):
            kept.append("")
    return "/" + "/".join(kept)


def _encoded(path: str) -> str:
    """The path as a browser writes it, so that one page has one path whoever sends it."""
    return quote(path, safe=_KEPT_IN_PATHS, errors="replace")


def _last_values(query: str) -> dict[str, str]:
    """The last value of each key, decoded as forms are."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    if "%" not in query and "+" not in query:
        return {key: value for key, _, value in pairs}
    # Not every engine can store the character NUL in text.
    return {_decoded(key): _decoded(value) for key, _, value in pairs}


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="replace").replace("\0", "")
