import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.projects.arithmetic import with_added


@pytest.mark.parametrize(
    ("known", "name", "by", "expected"),
    [
        ({}, "visits", 1, {"visits": 1}),
        ({"visits": 2}, "visits", 3, {"visits": 5}),
        ({"visits": 2}, "visits", -3, {"visits": -1}),
        ({"visits": None}, "visits", 1, {"visits": 1}),
        ({"visits": ""}, "visits", 1, {"visits": 1}),
        ({"visits": 0.1}, "visits", 0.2, {"visits": 0.3}),
        ({"visits": 2.7}, "visits", 1, {"visits": 3.7}),
        ({"visits": 2**53}, "visits", 1, {"visits": 2**53 + 1}),
        ({"visits": "2.7"}, "visits", 1, {"visits": 3}),
        ({"visits": "12px"}, "visits", 1, {"visits": 13}),
        ({"visits": " -4"}, "visits", 1, {"visits": -3}),
        ({"visits": "007"}, "visits", 0.5, {"visits": 7.5}),
        ({}, "a.b.c", 1, {"a": {"b": {"c": 1}}}),
        ({"a": {"b": 2, "x": 1}}, "a.b", 1, {"a": {"b": 3, "x": 1}}),
        ({"a": None}, "a.b", 1, {"a": {"b": 1}}),
        ({"a.b": 5, "a": {"b": 1}}, "a.b", 1, {"a.b": 6, "a": {"b": 1}}),
    ],
)
def test_sum_replaces_the_value(
    known: dict[str, Json], name: str, by: float, expected: dict[str, Json]
) -> None:
    result = with_added(known, name, by)
    assert result == expected
    assert repr(result) == repr(expected)


@pytest.mark.parametrize(
    ("known", "name", "part", "message"),
    [
        ({"a": "abc"}, "a", "property", "Property value is not a number"),
        ({"a": True}, "a", "property", "Property value is not a number"),
        ({"a": [1]}, "a", "property", "Property value is not a number"),
        ({"a": {"b": 1}}, "a", "property", "Property value is not a number"),
        ({"a": "x"}, "a.b", "property", "Property value is not a number"),
        ({"a": [1]}, "a.0", "property", "Property value is not a number"),
        ({"a": "9" * 5000}, "a", "property", "Property value is not a number"),
        ({"a": "٣"}, "a", "property", "Property value is not a number"),
        ({}, "a..b", "property", "Each part of a property's name has a character."),
        ({}, ".", "property", "Each part of a property's name has a character."),
        ({"a": 2**63 - 1}, "a", "value", "The sum is out of range."),
        ({"a": 1.7e308}, "a", "value", "The sum is out of range."),
    ],
)
def test_what_is_no_number_is_refused(
    known: dict[str, Json], name: str, part: str, message: str
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        with_added(known, name, 1)
    assert [(issue.path, issue.message) for issue in refused.value.issues] == [
        (("payload", part), message)
    ]


@given(st.lists(st.integers(-1000, 1000)), st.integers(-1000, 1000))
def test_integers_add_up_exactly(steps: list[int], start: int) -> None:
    known: dict[str, Json] = {"n": start}
    for step in steps:
        known = with_added(known, "n", step)
    assert known == {"n": start + sum(steps)}


@given(st.lists(st.integers(-1000, 1000)))
def test_cents_add_up_as_people_write_them(cents: list[int]) -> None:
    known: dict[str, Json] = {}
    for cent in cents:
        known = with_added(known, "n", cent / 100)
    assert known.get("n", 0) == sum(cents) / 100


@given(st.dictionaries(st.text(max_size=2), st.integers() | st.text(max_size=3)))
def test_argument_stays_as_it_is(known: dict[str, Json]) -> None:
    before = dict(known)
    with_added({"deep": {"n": 1}, **known}, "deep.n" if "deep" not in known else "new.n", 1)
    assert known == before
