"""The published list of sites that send people, with the list kept by hand over it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, cast

import orjson
import structlog

from app.ingest.reference import find_referrers
from app.ingest.referrer_hosts import ReferrerKind
from app.ingest.referrers import LONGEST_HOST, HandwrittenBook, ReferrerBook, Source

_log = structlog.get_logger("rosetta.referrers")

_KINDS: Final[Mapping[str, ReferrerKind]] = {
    "email": "email",
    "paid": "paid",
    "referral": "content",
    "search": "search",
    "social": "social",
}
"""The kinds of the published list; any other is unknown."""

_LOOSE_MEDIA: Final = frozenset({"referral", "search", "social"})
"""The published list knows no kind finer than these: GitHub is social there, Amazon search."""

_PUNCTUATION: Final = re.compile(r"[\W_]+")


class BookError(ValueError):
    """A list of sites can't be read; the message names its file."""


@dataclass(frozen=True, slots=True)
class PublishedSite:
    """A site in the published list: where it is, what it is called, and what it is for."""

    place: str
    name: str
    medium: str


class PublishedBook:
    """A published list of hosts, with names and kinds of the handwritten book where it has them.

    A host is looked up as it is and without "www."; of the lists, the one that has this very
    host comes first, the handwritten one before the published one.
    """

    def __init__(self, sites: Iterable[PublishedSite], handwritten: HandwrittenBook) -> None:
        self._handwritten = handwritten
        self._known = {_key(source.name): source for source in handwritten.sources}
        self._hosts: dict[str, Source] = {}
        self._names: dict[str, Source] = {}
        for site in sites:
            # What is told by host and path goes by the host, which is listed too.
            if "/" in site.place:
                continue
            source = self._source(site)
            self._hosts[site.place.lower()] = source
            self._names.setdefault(source.name.lower(), source)
        self._kept = lru_cache(maxsize=4_096)(self._read_host)

    def find_host(self, host: str) -> Source | None:
        """The site at this host, or None."""
        return self._kept(host) if len(host) <= LONGEST_HOST else None

    def find_name(self, name: str) -> Source | None:
        """The site of this name, or None."""
        return self._handwritten.find_name(name) or self._names.get(name)

    def _source(self, site: PublishedSite) -> Source:
        own = self._known.get(_key(site.name))
        if site.medium in _LOOSE_MEDIA and (
            found := own or self._handwritten.find_host(site.place)
        ):
            return found
        return Source(own.name if own else site.name, _KINDS.get(site.medium, "unknown"))

    def _read_host(self, host: str) -> Source | None:
        return (
            self._handwritten.find_listed(host)
            or self._hosts.get(host)
            or self._hosts.get(host.removeprefix("www."))
            or self._handwritten.find_parent(host)
        )


@cache
def referrer_book() -> ReferrerBook:
    """The book of this installation: the published list if there is one, else the handwritten.

    Without a list that can be read, a warning is logged once.
    """
    path = find_referrers()
    if path is None:
        _log.warning("few_referrers", reason="No list of sites is installed: run `make setup`.")
        return HandwrittenBook()
    try:
        return PublishedBook(read_sites(path), HandwrittenBook())
    except BookError as error:
        _log.warning("few_referrers", reason=str(error))
        return HandwrittenBook()


def read_sites(path: Path) -> list[PublishedSite]:
    """The sites of a published list; raises BookError."""
    try:
        records: object = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise BookError(f"The list of sites {path} can't be read: {error}") from error
    if not isinstance(records, dict):
        raise BookError(f"The list of sites {path} has another format.")
    return [
        _site(path, place, record) for place, record in cast("dict[str, object]", records).items()
    ]


def _site(path: Path, place: str, record: object) -> PublishedSite:
    match record:
        case {"source": str(name), "medium": str(medium)}:
            return PublishedSite(place, name, medium)
        case _:
            raise BookError(f"The list of sites {path} has another format at {place}.")


def _key(name: str) -> str:
    return _PUNCTUATION.sub("", name).lower()
