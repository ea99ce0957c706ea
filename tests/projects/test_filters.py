import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, Field, Property
from app.analytics.filters import Compare, Operand, Operator
from app.analytics.records import Event, Json
from app.projects.filters import (
    AddressFilter,
    EventCondition,
    EventFilter,
    ProfileFilter,
    ProjectFilter,
    check_filters,
    filters_json,
    filters_of,
)
from app.projects.refusals import drops_event, refuses_address, refuses_profile
from tests.support.oracle import World, holds

EVERY_KIND: tuple[ProjectFilter, ...] = (
    AddressFilter("203.0.113.7"),
    AddressFilter("2001:db8::/32"),
    ProfileFilter("bot"),
    EventFilter(name="ping"),
    EventFilter(
        conditions=(
            EventCondition(field="country", operator=Operator.EQUALS, values=("SE", "DE")),
            EventCondition(
                field="properties.n", operator=Operator.AT_LEAST, values=(1, 2.5), is_negated=True
            ),
            EventCondition(field="path", operator=Operator.IS_EMPTY),
        ),
        segment="user",
    ),
)


def event(**fields: object) -> Event:
    wanted: dict[str, object] = {"project": 1, "id": "e", "name": "click"}
    return Event(**{**wanted, "created_at": 0, "received_at": 0, **fields})  # type: ignore[arg-type]  # A table of fields.


def condition(
    field: str, operator: Operator, *values: Operand, is_negated: bool = False
) -> EventCondition:
    return EventCondition(field=field, operator=operator, values=values, is_negated=is_negated)


def test_filters_come_back_as_they_were_stored() -> None:
    check_filters(EVERY_KIND)
    stored: list[Json] = json.loads(json.dumps(filters_json(EVERY_KIND)))
    assert filters_of(stored) == EVERY_KIND


@pytest.mark.parametrize(
    "stored", [{}, {"type": "ip"}, {"type": "profile", "profile_id": 1}, {"type": "event"}]
)
def test_unknown_stored_form_is_an_error(stored: dict[str, Json]) -> None:
    with pytest.raises(ValueError, match="unknown form"):
        filters_of([stored])


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (AddressFilter("example.com"), ("filters", 1, "ip")),
        (AddressFilter(""), ("filters", 1, "ip")),
        (ProfileFilter(""), ("filters", 1, "profileId")),
        (EventFilter(name=""), ("filters", 1, "name")),
        *(
            (EventFilter(conditions=(wrong,)), ("filters", 1, "filters", 0))
            for wrong in (
                condition("entry_path", Operator.EQUALS, "x"),
                condition("nothing", Operator.EQUALS, "x"),
                condition("properties.", Operator.EQUALS, "x"),
                condition("path", Operator.EQUALS),
                condition("path", Operator.MATCHES, "("),
                condition("path", Operator.MATCHES, "x" * 1_001),
                condition("path", Operator.MATCHES, 5),
            )
        ),
        (
            EventFilter(conditions=(condition("path", Operator.IS_EMPTY),) * 51),
            ("filters", 1, "filters"),
        ),
    ],
)
def test_impossible_filter_is_refused_by_its_place(
    wrong: ProjectFilter, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        check_filters([ProfileFilter("p"), wrong])
    assert [issue.path for issue in refused.value.issues] == [path]


def test_too_many_filters_are_refused() -> None:
    with pytest.raises(InvalidQueryError):
        check_filters([ProfileFilter(str(number)) for number in range(201)])


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("::ffff:203.0.113.7", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("nonsense", False),
        ("", False),
        (None, False),
    ],
)
def test_address_is_refused_alone_or_by_its_network(address: str | None, *, expected: bool) -> None:
    assert refuses_address(EVERY_KIND, address) is expected
    assert not refuses_address(EVERY_KIND[2:], address)


def test_profile_is_refused_by_any_of_its_ids() -> None:
    assert refuses_profile(EVERY_KIND, "x", "bot")
    assert not refuses_profile(EVERY_KIND, "x", None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "ping"}, True),
        ({"country": "SE", "properties": {"n": 0}}, True),
        ({"country": "SE"}, True),
        ({"country": "SE", "properties": {"n": 2}}, False),
        ({"country": "SE", "path": "/"}, False),
        ({"country": "FR"}, False),
        ({}, False),
    ],
)
def test_event_is_dropped_when_name_and_every_condition_fit(
    fields: dict[str, object], *, expected: bool
) -> None:
    assert drops_event(EVERY_KIND, event(**fields)) is expected


FIELDS: dict[str, Field] = {
    "path": COLUMNS["path"],
    "revenue": COLUMNS["revenue"],
    "latitude": COLUMNS["latitude"],
    "properties.a": Property("a"),
    "properties.a.b": Property("a.b"),
    "properties.a.1": Property("a.1"),
}
SCALARS = st.sampled_from(["", "a", "ab", "b", "1", "1.0", "true", 0, 1, 2.5, True, False])
VALUES = (
    SCALARS
    | st.none()
    | st.lists(SCALARS, max_size=2)
    | st.dictionaries(st.sampled_from("bc"), SCALARS, max_size=2)
)


@given(
    field=st.sampled_from(sorted(FIELDS)),
    operator=st.sampled_from(sorted(Operator)),
    values=st.lists(SCALARS, max_size=2),
    path=st.sampled_from([None, "", "a", "ab", "1"]),
    revenue=st.integers(0, 2),
    properties=st.dictionaries(st.sampled_from(["a", "a.b", "a.1"]), VALUES),
)
def test_conditions_hold_as_they_do_in_questions(
    *,
    field: str,
    operator: Operator,
    values: list[Operand],
    path: str | None,
    revenue: int,
    properties: dict[str, Json],
) -> None:
    told = event(path=path, revenue=revenue, properties=properties)
    expected = holds(Compare(FIELDS[field], operator, tuple(values)), World.of([told]).row(told))
    for is_negated in (False, True):
        one = condition(field, operator, *values, is_negated=is_negated)
        assert drops_event([EventFilter(conditions=(one,))], told) is (expected is not is_negated)
