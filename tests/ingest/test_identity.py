import pytest

from app.ingest.identity import DeviceIds, device_id, session_id
from app.projects.salts import Salts

SALT = "0123456789abcdef0123456789abcdef"
DEVICE = "911c232cf80bcbb466cca33c5caa5d09"


def test_device_id_of_the_reference_caller() -> None:
    named = device_id(
        user_agent="Mozilla/5.0 Test", ip="203.0.113.7", project_slug="demo-project", salt=SALT
    )
    assert named == DEVICE


@pytest.mark.parametrize(
    ("at_ms", "named"),
    [
        (1735732800000, "2GaH6JF8TlL-CI-8Un1WVg"),
        (1735732804999, "2GaH6JF8TlL-CI-8Un1WVg"),
        (1735732800000 - 1, "2GaH6JF8TlL-CI-8Un1WVg"),
        (1735732805000, "xA4WoeVqPQVXIY_sdYMzJA"),
        (1735732860000, "xA4WoeVqPQVXIY_sdYMzJA"),
    ],
)
def test_session_id_belongs_to_the_half_hour_with_five_seconds_of_grace(
    at_ms: int, named: str
) -> None:
    assert session_id(project_slug="demo-project", device_id=DEVICE, at_ms=at_ms) == named


def test_user_agent_that_is_not_text_still_gives_a_device() -> None:
    assert len(device_id(user_agent="\ud800", ip="", project_slug="p", salt=SALT)) == 32


@pytest.mark.parametrize("length", [10, 512, 513, 60_000])
def test_remembered_ids_are_those_of_both_salts_however_long_the_user_agent(length: int) -> None:
    salts = Salts(SALT, "f" * 32)
    candidates = DeviceIds(remembered=2).under(salts)
    agents = [letter * length for letter in "abca"]
    for agent in agents:
        told = {"user_agent": agent, "ip": "203.0.113.7", "project_slug": "demo"}
        assert candidates(*told.values()) == tuple(
            device_id(**told, salt=salt) for salt in (salts.current, salts.previous)
        )
