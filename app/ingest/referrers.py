"""Who sent someone: the referrer's name and kind, and what a campaign says instead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import urlsplit

from app.ingest.locations import Location
from app.ingest.referrer_hosts import HOSTS, ReferrerKind

_COUNTRY_ENDING: Final = re.compile(r"([a-z0-9-]+)\.(?:com|(?:com?\.)?[a-z]{2})")
_LONGEST_HOST: Final = 253
_NETLOC: Final = re.compile(r"[a-zA-Z][\w+.-]{1,30}://([^/?#]{1,300})(?:[/?#]|$)")
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

    def find_host(self, host: str) -> Source | None:
        """The site at this host, or None."""
        ...

    def find_name(self, name: str) -> Source | None:
        """The site of this name, or None."""
        ...


class HandwrittenBook:
    """The sites that most people come from, kept by hand in `referrer_hosts`.

    The published tables of referrers have not been renewed since 2020 and know no AI
    assistants; this one is short and current. Another book takes its place by having the
    same methods.
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

    def find_host(self, host: str) -> Source | None:
        """The site at this host, or None."""
        return self._kept(host) if len(host) <= _LONGEST_HOST else None

    def find_name(self, name: str) -> Source | None:
        """The site of this name, or None."""
        return self._names.get(name)

    def _read_host(self, host: str) -> Source | None:
        bare = host.removeprefix("www.")
        if found := self._hosts.get(bare):
            return found
        if (ending := _COUNTRY_ENDING.fullmatch(bare)) and (
            found := self._country_wide.get(ending[1])
        ):
            return found
        labels = bare.split(".")
        parents = (".".join(labels[start:]) for start in range(len(labels) - 1))
        return next((self._parents[parent] for parent in parents if parent in self._parents), None)


def refer(referrer: str | None, location: Location, book: ReferrerBook) -> Referrer:
    """What sent someone to this page.

    A referrer on the page's own host is none. What the page's URL says of its campaign
    (`utm_source`, else `ref`, else `utm_referrer`) overrides name and kind, never the URL.
    """
    url = referrer.strip().rstrip("/") if referrer else ""
    host = _host_of(url) if url else ""
    if host and host == location.hostname:
        url = host = ""
    known = book.find_host(host) if host else None
    campaign = _campaign(location)
    told = _find_campaign(campaign, book) if campaign else None
    if not url and not campaign:
        return NO_REFERRER
    name = told.name if told else campaign or (known.name if known else url)
    source = told or known
    return Referrer(url or None, name, source.kind if source else None)


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
