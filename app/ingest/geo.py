"""Where an address is: a lookup in files of MaxMind's format, or none at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol, Self, cast

import maxminddb

from app.analytics.records import Json


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

    Files for IPv4 and IPv6 may be separate. Records may nest as MaxMind's do or be flat
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
        for reader in self._readers:
            try:
                record = cast("Json", reader.get(ip))  # pyright: ignore[reportUnknownMemberType]
            except (ValueError, TypeError):
                # No address at all, or one of IPv6 asked of a file for IPv4.
                continue
            if isinstance(record, dict):
                return _place(record)
        return NOWHERE_KNOWN


def _open(path: Path) -> maxminddb.Reader:
    try:
        return maxminddb.open_database(path)  # pyright: ignore[reportUnknownMemberType]
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise GeoFileError(f"The geo database {path} can't be read: {error}") from error


def _place(record: dict[str, Json]) -> Place:
    if "country_code" in record:
        return Place(
            country=_text(record.get("country_code")),
            region=_text(record.get("state1")),
            city=_text(record.get("city")),
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


def _degrees(value: Json) -> float | None:
    """The coordinate; some files write numbers as text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) else None
