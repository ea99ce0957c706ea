import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.records import Json
from app.compat.openpanel.javascript import instant_ms, number_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (1.5, "1.5"),
        (-2.25, "-2.25"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (0.1, "0.1"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (-2.5e-10, "-2.5e-10"),
        (9007199254740993, "9007199254740993"),
    ],
)
def test_number_is_written_as_javascript_does(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_survives_its_text(number: float) -> None:
    assert float(number_text(number)) == number


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("2025-01-01T12:00:00.123Z", 1_735_732_800_123),
        ("2025-01-01T13:00:00+01:00", 1_735_732_800_000),
        ("2025-01-01T12:00:00", 1_735_732_800_000),
        ("2025-01-01", 1_735_689_600_000),
        ("Wed, 01 Jan 2025 12:00:00 GMT", 1_735_732_800_000),
        ("Wed Jan 01 2025 13:00:00 GMT+0100 (Mitteleuropäische Normalzeit)", 1_735_732_800_000),
        ("Wed Jan 01 2025 12:00:00 GMT+0000", 1_735_732_800_000),
        (1_735_732_800_123, 1_735_732_800_123),
        (1_735_732_800_123.9, 1_735_732_800_123),
        (1e300, None),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ("yesterday", None),
        ("2025-02-30", None),
        ("", None),
        ("2" * 100, None),
        (True, None),
        (None, None),
        ([2025], None),
    ],
)
def test_date_is_read_as_javascript_does(value: Json, ms: int | None) -> None:
    assert instant_ms(value) == ms


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert isinstance(instant_ms(text), int | None)
