import pytest

from app.analytics.records import Json
from app.importer.rows import BadRowError, instant_of, whole_of

NOON = 1_735_732_800_000


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2025-01-01T12:00:00.000Z", NOON),
        ("2025-01-01T13:00:00+01:00", NOON),
        ("2025-01-01 12:00:00.000", NOON),
        ("2025-01-01 12:00:00.123", NOON + 123),
        ("2025-01-01 12:00:00", NOON),
        ("2025-01-01T12:00:00.123456Z", NOON + 123),
        (NOON, NOON),
        (NOON // 1000, NOON),
        (NOON / 1000 + 0.25, NOON + 250),
        (str(NOON // 1000), NOON),
        (0, 0),
    ],
)
def test_time_is_read_however_it_is_written(written: Json, instant: int) -> None:
    assert instant_of(written) == instant


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (None, "no time"),
        ("", "no time"),
        (True, "no time"),
        ([], "no time"),
        ("yesterday", "not a time"),
        ("2025-02-30T00:00:00Z", "not a time"),
        (-1, "outside the years"),
        (1e300, "outside the years"),
        ("nan", "outside the years"),
        ("0001-01-01T00:00:00Z", "outside the years"),
    ],
)
def test_what_is_no_time_is_refused(written: Json, reason: str) -> None:
    with pytest.raises(BadRowError, match=reason):
        instant_of(written)


@pytest.mark.parametrize(
    ("written", "whole"), [(3, 3), (2.6, 3), ("7", 7), ("x", 0), ("inf", 0), (None, 0), (True, 0)]
)
def test_whole_numbers_are_read_and_anything_else_is_none(written: Json, whole: int) -> None:
    assert whole_of(written) == whole
