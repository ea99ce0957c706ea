import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.records import Json
from app.compat.openpanel.flatten import flatten


@pytest.mark.parametrize(
    ("properties", "flat"),
    [
        ({}, {}),
        (
            {"a": {"b": [1, None, "x"]}, "e": "", "f": True},
            {"a.b.0": "1", "a.b.2": "x", "f": "true"},
        ),
        ({"n": 1.5, "m": 2.0, "o": False}, {"n": "1.5", "m": "2", "o": "false"}),
        ({"t": "  padded ", "u": "   "}, {"t": "padded"}),
        ({"j": ' {"x": [1, {"y": "z"}]} '}, {"j.x.0": "1", "j.x.1.y": "z"}),
        ({"j": "[1,2]"}, {"j.0": "1", "j.1": "2"}),
        ({"j": '{"cut": "of', "k": "[1,2", "l": "{1]"}, {}),
        ({"j": "{not json}"}, {"j": "{not json}"}),
        ({"j": '["{\\"deep\\": 1}"]'}, {"j.0.deep": "1"}),
        ({"s": "cut \ud83d"}, {"s": "cut "}),
        ({"empty": {}, "list": [], "null": None}, {}),
        ({"__query": {"utm_source": "Google"}}, {"__query.utm_source": "Google"}),
    ],
)
def test_properties_become_one_level_of_text(
    properties: dict[str, Json], flat: dict[str, str]
) -> None:
    assert flatten(properties) == flat


def test_order_is_kept() -> None:
    assert list(flatten({"b": 1, "a": {"z": 1, "y": [2, 3]}, "c": 1})) == [
        "b",
        "a.z",
        "a.y.0",
        "a.y.1",
        "c",
    ]


def test_any_depth_is_flattened() -> None:
    value: Json = 1
    for _ in range(5_000):
        value = [value]
    assert list(flatten({"a": value}).values()) == ["1"]


@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
            ),
            max_leaves=12,
        ),
        max_size=4,
    )
)
def test_all_that_is_left_is_text(properties: dict[str, Json]) -> None:
    assert all(flatten(properties).values())
