import pytest

from app.analytics.fields import Property, PropertyPattern, property_of
from app.analytics.instants import parse_instant
from app.analytics.properties import texts_at

KEYS: list[tuple[str, object]] = [
    ("plan", Property("plan")),
    ("a.b.0", Property("a.b.0")),
    ("items.*.sku", PropertyPattern("items.*.sku")),
    ("tags[*]", PropertyPattern("tags.*")),
    ("tags.*", PropertyPattern("tags.*")),
    ("a[*].b[*]", PropertyPattern("a.*.b.*")),
    ("", None),
    ("a\0", None),
    ("*", None),
    ("*.a", None),
    ("a*", None),
    ("a..*", None),
    ('a".*', None),
    ("a\\.*", None),
    ("a.*.*.*.*", None),
    ("a.0.1.2.*", None),
    ("a." + "b" * 200 + ".*", None),
]


@pytest.mark.parametrize(("key", "field"), KEYS)
def test_key_with_stars_is_a_pattern(key: str, field: object) -> None:
    assert property_of(key) == field


TEXTS: list[tuple[str, list[str]]] = [
    ("items.*.sku", ["x", "5"]),
    ("items.0.*", ["x"]),
    ("tags.*", ["a", "true"]),
    ("address.*", ["0123"]),
    ("tags.*.x", []),
    ("none.*", []),
]


@pytest.mark.parametrize(("pattern", "texts"), TEXTS)
def test_pattern_leads_to_texts(pattern: str, texts: list[str]) -> None:
    properties = {
        "items": [{"sku": "x"}, {"sku": 5}, {"sku": None}, "y"],
        "tags": ["a", True, None],
        "address": {"zip": "0123"},
    }
    assert texts_at(properties, pattern) == texts  # type: ignore[arg-type]


INSTANTS = [
    ("2025-03-01", 1_740_787_200_000),
    ("2025-03-01T10:00", 1_740_823_200_000),
    ("2025-03-01 10:00:00.1239", 1_740_823_200_123),
    ("2025-03-01T10:00:00Z", 1_740_823_200_000),
    ("2025-03-01T10:00:00+02:00", 1_740_816_000_000),
    ("2025-03-01T10:00:00-0530", 1_740_843_000_000),
    ("1969-12-31T23:59:59.9995Z", -1),
    ("2025-02-30", None),
    ("2025-03-01T24:00:00Z", None),
    ("25-03-01", None),
    ("now", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "instant"), INSTANTS)
def test_instant_in_a_text(text: str, instant: int | None) -> None:
    assert parse_instant(text) == instant
