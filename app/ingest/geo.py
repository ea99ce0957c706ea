"""Where an address is: a lookup in files of MaxMind's format, or none at all."""

import ipaddress
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol, Self, cast

import maxminddb
import structlog

from app.analytics.records import Json

_log = structlog.get_logger("rosetta.geo")


@dataclass(frozen=True, slots=True)
class Place:
    """A place on earth, as far as it is known.

    `country` is an ISO 3166-1 alpha-2 code, `region` and `city` are English names,
    coordinates are in degrees.
    """

    country: str | None = None
    region: str | None = None
    city: str | None = None
    longitude: float | None = None
    latitude: float | None = None


NOWHERE_KNOWN: Final = Place()


class GeoLookup(Protocol):
    """Tells where an address is."""

    def locate(self, ip: str | None) -> Place:
        """The place of the address; all of it absent when unknown."""
        ...


class NoGeo:
    """Knows no place."""

    def locate(self, ip: str | None) -> Place:
        """Nothing, for every address."""
        del ip
        return NOWHERE_KNOWN


class GeoFileError(ValueError):
    """A file of places can't be read; the message names it."""


class MaxMindGeo:
    """Looks addresses up in one or more files, the first that knows an address answering.

    Files for IPv4 and IPv6 may be separate. They are mapped into memory, not read into it,
    and the last `remembered` addresses are kept. Records may nest as MaxMind's do or be flat
    (`country_code`, `state1`, `city`, `latitude`, `longitude`). Raises GeoFileError for a
    file that is missing or of another format.
    """

    def __init__(self, paths: Sequence[Path], remembered: int = 16_384) -> None:
        self._readers = [_open(path) for path in paths]
        self._remembered = lru_cache(maxsize=remembered)(self._find)

    def locate(self, ip: str | None) -> Place:
        """The place of the address; all of it absent when unknown or no address."""
        return self._remembered(ip) if ip else NOWHERE_KNOWN

    def close(self) -> None:
        """Lets go of the files."""
        self._remembered.cache_clear()
        for reader in self._readers:
            reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find(self, ip: str) -> Place:
        address = _find_address(ip)
        if address is None:
            return NOWHERE_KNOWN
        for reader in self._readers:
            try:
                record = cast("Json", reader.get(address))  # pyright: ignore[reportUnknownMemberType]
            except ValueError:
                # An address of IPv6 asked of a file for IPv4.
                continue
            if isinstance(record, dict):
                return _place(record)
        return NOWHERE_KNOWN


@contextmanager
def open_geo(own: Sequence[Path], installed: Sequence[Path]) -> Generator[GeoLookup]:
    """The lookup in an operator's own files, else in the installed ones, else in none.

    Without any, a warning is logged once. Raises GeoFileError for an own file that can't be
    read; an installed one that can't is as good as missing.
    """
    try:
        geo = MaxMindGeo(own or installed)
    except GeoFileError as error:
        if own:
            raise
        _log.warning("no_places", reason=str(error))
        yield NoGeo()
        return
    if not (own or installed):
        _log.warning("no_places", reason="No file of places is installed: run `make setup`.")
    with geo:
        yield geo


def _find_address(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    # Sockets that listen on both kinds show IPv4 inside IPv6, where files don't list it.
    return (address.version == 6 and address.ipv4_mapped) or address


def _open(path: Path) -> maxminddb.Reader:
    try:
        # The automatic mode maps the file where the system can.
        return maxminddb.open_database(path)  # pyright: ignore[reportUnknownMemberType]
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise GeoFileError(f"The geo database {path} can't be read: {error}") from error


def _place(record: dict[str, Json]) -> Place:
    if "country_code" in record:
        return Place(
            country=_text(record.get("country_code")),
            region=_text(record.get("state1")),
            city=_without_district(_text(record.get("city"))),
            longitude=_degrees(record.get("longitude")),
            latitude=_degrees(record.get("latitude")),
        )
    subdivisions = record.get("subdivisions")
    region = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    spot = record.get("location")
    return Place(
        country=_text(_inside(record.get("country"), "iso_code")),
        region=_english_name(region),
        city=_english_name(record.get("city")),
        longitude=_degrees(_inside(spot, "longitude")),
        latitude=_degrees(_inside(spot, "latitude")),
    )


def _inside(record: Json, key: str) -> Json:
    return record.get(key) if isinstance(record, dict) else None


def _english_name(record: Json) -> str | None:
    return _text(_inside(_inside(record, "names"), "en"))


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _without_district(city: str | None) -> str | None:
    """The city alone: "Stockholm" of "Stockholm (Kista)", so that a city counts as one."""
    return city.partition(" (")[0] if city else None


def _degrees(value: Json) -> float | None:
    """The coordinate to ten metres; some files write numbers as text or in single precision."""
    if isinstance(value, str):
        try:
            return round(float(value), 4)
        except ValueError:
            return None
    return round(float(value), 4) if isinstance(value, int | float) else None
