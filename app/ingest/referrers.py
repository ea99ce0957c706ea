"""Who sent someone: the referrer's name and kind, and what a campaign says instead."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import urlsplit

from app.ingest.locations import Location
from app.ingest.referrer_hosts import HOSTS, ReferrerKind

_COUNTRY_ENDING: Final = re.compile(r"([a-z0-9-]+)\.(?:com|(?:com?\.)?[a-z]{2})")
LONGEST_HOST: Final = 253
"""Characters of the longest host name that DNS allows."""

_NETLOC: Final = re.compile(r"[a-zA-Z][\w+.-]{1,30}://([^/?#]{1,300})(?:[/?#]|$)")
_LONGEST_KEPT: Final = 512
_CAMPAIGN_KEYS: Final = ("utm_source", "ref", "utm_referrer")


@dataclass(frozen=True, slots=True)
class Source:
    """A site that is known to send people."""

    name: str
    kind: ReferrerKind


@dataclass(frozen=True, slots=True)
class Referrer:
    """What sent someone: `url` without trailing slashes, its name and kind as far as known."""

    url: str | None = None
    name: str | None = None
    kind: ReferrerKind | None = None


NO_REFERRER: Final = Referrer()


class ReferrerBook(Protocol):
    """Knows sites that send people. Both questions are asked in lower case."""

    def __hash__(self) -> int:
        """Told apart from other books in what is remembered."""
        ...

    def find_host(self, host: str) -> Source | None:
        """The site at this host, or None."""
        ...

    def find_name(self, name: str) -> Source | None:
        """The site of this name, or None."""
        ...


class HandwrittenBook:
    """The sites of `referrer_hosts`, kept by hand.

    It stands alone where no published list is installed, and over it where one is.
    """

    def __init__(self) -> None:
        self._hosts: dict[str, Source] = {}
        self._parents: dict[str, Source] = {}
        self._country_wide: dict[str, Source] = {}
        self._names: dict[str, Source] = {}
        for source, host in _listed():
            self._names[source.name.lower()] = source
            if host.startswith("*."):
                self._parents[host[2:]] = source
            elif host.endswith(".*"):
                self._country_wide[host[:-2]] = source
            else:
                self._hosts[host] = source
        self._kept = lru_cache(maxsize=4_096)(self._read_host)

    @property
    def sources(self) -> Iterable[Source]:
        """Every site of the book, once."""
        return self._names.values()

    def find_host(self, host: str) -> Source | None:
        """The site at this host, or None."""
        return self._kept(host) if len(host) <= LONGEST_HOST else None

    def find_name(self, name: str) -> Source | None:
        """The site of this name, or None."""
        return self._names.get(name)

    def find_listed(self, host: str) -> Source | None:
        """The site that is listed at this very host, or under any country's ending."""
        bare = host.removeprefix("www.")
        if found := self._hosts.get(bare) or self._parents.get(bare):
            return found
        ending = _COUNTRY_ENDING.fullmatch(bare)
        return self._country_wide.get(ending[1]) if ending else None

    def find_parent(self, host: str) -> Source | None:
        """The site that is listed with everything under it, at a parent of this host."""
        labels = host.split(".")
        parents = (".".join(labels[start:]) for start in range(1, len(labels) - 1))
        return next((self._parents[parent] for parent in parents if parent in self._parents), None)

    def _read_host(self, host: str) -> Source | None:
        return self.find_listed(host) or self.find_parent(host)


def refer(referrer: str | None, location: Location, book: ReferrerBook) -> Referrer:
    """What sent someone to this page.

    A referrer on the page's own host is none. What the page's URL says of its campaign
    (`utm_source`, else `ref`, else `utm_referrer`) overrides name and kind, never the URL. What
    was asked last is remembered.
    """
    if not referrer and not location.query:
        return NO_REFERRER
    campaign = _campaign(location)
    is_short = len(referrer or "") + len(campaign) <= _LONGEST_KEPT
    read = _kept_referrer if is_short else _read_referrer
    return read(referrer, location.hostname, campaign, book)


def _read_referrer(
    referrer: str | None, hostname: str, campaign: str, book: ReferrerBook
) -> Referrer:
    url = referrer.strip().rstrip("/") if referrer else ""
    host = _host_of(url) if url else ""
    if host and host == hostname:
        url = host = ""
    known = book.find_host(host) if host else None
    told = _find_campaign(campaign, book) if campaign else None
    if not url and not campaign:
        return NO_REFERRER
    name = told.name if told else campaign or (known.name if known else url)
    source = told or known
    return Referrer(url or None, name, source.kind if source else None)


_kept_referrer = lru_cache(maxsize=8_192)(_read_referrer)


def _listed() -> Iterator[tuple[Source, str]]:
    for kind, sites in HOSTS.items():
        for name, hosts in sites.items():
            source = Source(name, kind)
            for host in hosts:
                yield source, host


def _host_of(url: str) -> str:
    netloc = _NETLOC.match(url)
    return _read_netloc(netloc[1]) if netloc else ""


@lru_cache(maxsize=4_096)
def _read_netloc(netloc: str) -> str:
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def _campaign(location: Location) -> str:
    query = location.query
    if not query:
        return ""
    return next((query[key].lower() for key in _CAMPAIGN_KEYS if query.get(key)), "")


def _find_campaign(campaign: str, book: ReferrerBook) -> Source | None:
    return book.find_host(campaign) or book.find_host(f"{campaign}.com") or book.find_name(campaign)
