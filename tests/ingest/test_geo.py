from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from app.ingest.geo import GeoFileError, MaxMindGeo, NoGeo, Place

STOCKHOLM = Place("SE", "Stockholm County", "Stockholm", 18.07, 59.33)
NESTED = {
    "country": {"iso_code": "SE", "names": {"en": "Sweden", "de": "Schweden"}},
    "subdivisions": [{"iso_code": "AB", "names": {"en": "Stockholm County"}}],
    "city": {"names": {"en": "Stockholm", "sv": "Stockholm"}},
    "location": {"latitude": 59.33, "longitude": 18.07, "time_zone": "Europe/Stockholm"},
}
FLAT = {
    "country_code": "SE",
    "state1": "Stockholm County",
    "state2": "",
    "city": "Stockholm",
    "postcode": "",
    "latitude": 59.33,
    "longitude": 18.07,
    "timezone": "",
}


def _file(path: Path, ip_version: int, records: Mapping[str, Mapping[str, Any]]) -> Path:
    writer = MMDBWriter(
        ip_version=ip_version, ipv4_compatible=False, database_type="Test", float_type="f64"
    )
    for network, record in records.items():
        writer.insert_network(IPSet([network]), dict(record))
    writer.to_db_file(str(path))
    return path


@pytest.mark.parametrize(
    ("record", "place"),
    [
        (NESTED, STOCKHOLM),
        (FLAT, STOCKHOLM),
        ({"country": {"iso_code": "SE"}}, Place("SE")),
        ({"country_code": "SE"}, Place("SE")),
        (
            {"country_code": "", "city": "", "latitude": "59.33", "longitude": "x"},
            Place(latitude=59.33),
        ),
        ({"subdivisions": [], "city": {"names": {"sv": "Lund"}}, "location": {}}, Place()),
        ({"traits": {"is_anycast": True}}, Place()),
    ],
)
def test_place_of_a_record(tmp_path: Path, record: Mapping[str, Any], place: Place) -> None:
    path = _file(tmp_path / "places.mmdb", 4, {"203.0.113.0/24": record})
    with MaxMindGeo([path]) as geo:
        assert geo.locate("203.0.113.7") == place
        assert geo.locate("203.0.113.7") == place


def test_files_for_both_kinds_of_address_stand_side_by_side(tmp_path: Path) -> None:
    four = _file(tmp_path / "4.mmdb", 4, {"203.0.113.0/24": FLAT})
    six = _file(tmp_path / "6.mmdb", 6, {"2001:db8::/32": {"country_code": "DE"}})
    for paths in ([four, six], [six, four]):
        with MaxMindGeo(paths) as geo:
            assert geo.locate("203.0.113.7") == STOCKHOLM
            assert geo.locate("2001:db8::7") == Place("DE")


@pytest.mark.parametrize("ip", [None, "", "198.51.100.1", "2001:db8::1", "here", "\ud800"])
def test_unknown_address_is_nowhere(tmp_path: Path, ip: str | None) -> None:
    path = _file(tmp_path / "4.mmdb", 4, {"203.0.113.0/24": FLAT})
    with MaxMindGeo([path]) as geo:
        assert geo.locate(ip) == Place()


def test_without_a_file_everything_is_nowhere() -> None:
    assert NoGeo().locate("203.0.113.7") == Place()


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other.mmdb"
    other.write_bytes(b"something else")
    for path in (other, tmp_path / "missing.mmdb"):
        with pytest.raises(GeoFileError, match=path.name):
            MaxMindGeo([path])
