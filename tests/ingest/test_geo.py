from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from structlog.testing import capture_logs

from app.ingest.geo import GeoFileError, MaxMindGeo, NoGeo, Place, open_geo
from app.ingest.reference import find_places
from app.kit.clock import SystemClock
from app.lifespan import open_services
from app.settings import Settings, SettingsError
from app.stores.base import ConfigurationError

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
        ({"country_code": "SE", "city": "Stockholm (Kista)"}, Place("SE", city="Stockholm")),
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


INSTALLED = find_places()


@pytest.fixture(scope="module")
def installed() -> Iterator[MaxMindGeo]:
    with MaxMindGeo(INSTALLED) as geo:
        yield geo


@pytest.mark.parametrize(
    ("ip", "country", "city"),
    [
        ("8.8.8.8", "US", None),
        ("::ffff:8.8.8.8", "US", None),
        ("128.112.0.1", "US", "Princeton"),
        ("130.237.28.1", "SE", "Stockholm"),
        ("193.10.64.1", "SE", "Stockholm"),
        ("133.11.0.1", "JP", None),
        ("194.109.6.66", "NL", None),
        ("212.58.244.1", "GB", None),
        ("200.160.2.3", "BR", None),
        ("2001:6b0::1", "SE", "Stockholm"),
        ("2001:638::1", "DE", "Berlin"),
        ("2001:660::1", "FR", "Paris"),
        ("2001:200::1", "JP", None),
        ("2400:cb00::1", "US", None),
    ],
)
def test_installed_files_know_well_known_addresses(
    installed: MaxMindGeo, ip: str, country: str, city: str | None
) -> None:
    place = installed.locate(ip)
    assert place.country == country
    assert place.latitude is not None
    assert place.longitude is not None
    assert city in (None, place.city)


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fe80::1%eth0"])
def test_installed_files_place_no_private_address(installed: MaxMindGeo, ip: str) -> None:
    assert installed.locate(ip) == Place()


def test_without_installed_files_nothing_is_found(tmp_path: Path) -> None:
    assert find_places(tmp_path) == ()


def test_own_file_replaces_the_installed_ones(tmp_path: Path) -> None:
    own = _file(tmp_path / "own.mmdb", 4, {"8.8.8.0/24": FLAT})
    with open_geo([own], INSTALLED) as geo:
        assert geo.locate("8.8.8.8") == STOCKHOLM
        assert geo.locate("1.1.1.1") == Place()


def test_missing_files_are_told_once_and_place_nothing(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mmdb"
    damaged.write_bytes(b"half a file")
    for installed in ([], [damaged]):
        with capture_logs() as lines, open_geo([], installed) as geo:
            assert geo.locate("8.8.8.8") == Place()
        assert [(line["log_level"], line["event"]) for line in lines] == [("warning", "no_places")]


def test_own_file_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    own = tmp_path / "own.mmdb"
    own.write_bytes(b"something else")
    with pytest.raises(GeoFileError, match=r"own\.mmdb"), open_geo([own], INSTALLED):
        pass


def test_wrong_path_names_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _file(tmp_path / "own.mmdb", 4, {"203.0.113.0/24": FLAT})
    monkeypatch.setenv("ROSETTA_GEOIP_PATH", str(own))
    assert Settings.from_env().geoip_path == (own,)
    monkeypatch.setenv("ROSETTA_GEOIP_PATH", f"{own}, {tmp_path}/none.mmdb")
    with pytest.raises(SettingsError, match=r"ROSETTA_GEOIP_PATH .*no file .*none\.mmdb"):
        Settings.from_env()


@pytest.mark.anyio
async def test_server_does_not_start_on_a_file_of_another_format(tmp_path: Path) -> None:
    own = tmp_path / "own.mmdb"
    own.write_bytes(b"something else")
    settings = Settings(data_dir=tmp_path / "data", geoip_path=(own,))
    with pytest.raises(ConfigurationError, match=r"ROSETTA_GEOIP_PATH .*own\.mmdb"):
        async with open_services(settings, SystemClock()):
            pass
