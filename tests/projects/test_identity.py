import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.analytics.records import Json, Profile
from app.projects.identity import Identity, merge_identity, merge_properties

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
PROPERTIES = st.dictionaries(st.sampled_from("abc"), VALUES)


@pytest.mark.parametrize(
    ("known", "said", "merged"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": "x"}, {"a": "x"}),
        ({"a": 1}, {"a": None}, {"a": 1}),
        ({"a": 1}, {"a": ""}, {"a": 1}),
        ({"a": 1}, {"a": []}, {"a": 1}),
        ({"a": 1}, {"a": {}}, {"a": 1}),
        ({"a": 1}, {"a": {"b": None}}, {"a": 1}),
        ({"a": 1}, {"a": 0}, {"a": 0}),
        ({"a": True}, {"a": False}, {"a": False}),
        ({}, {"a": None}, {}),
        ({}, {"a": ""}, {"a": ""}),
        ({"a": ""}, {"a": "x"}, {"a": "x"}),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1}}, {"a": {"b": None, "c": ""}}, {"a": {"b": 1, "c": ""}}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"b": 1, "c": None}}, {"a": {"b": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    ],
)
def test_properties_join_key_by_key(
    known: dict[str, Json], said: dict[str, Json], merged: dict[str, Json]
) -> None:
    assert merge_properties(known, said) == merged


# How long an example takes says more about the machine's load than about joining.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(known=PROPERTIES, said=PROPERTIES)
def test_joining_never_loses_a_key_and_changes_no_argument(
    known: dict[str, Json], said: dict[str, Json]
) -> None:
    before = (repr(known), repr(said))
    merged = merge_properties(known, said)
    assert set(known) <= set(merged)
    assert merge_properties(merged, said) == merged
    assert (repr(known), repr(said)) == before


def test_context_comes_after_what_the_caller_says() -> None:
    identity = Identity(
        profile_id="p",
        seen_at=5,
        properties={"country": "XX", "plan": "pro"},
        context={"country": "SE", "city": "", "os": None},
    )
    profile = merge_identity(None, identity, project=1, sequence=9)
    assert profile == Profile(
        project=1,
        id="p",
        is_external=True,
        created_at=5,
        last_seen_at=5,
        properties={"country": "SE", "plan": "pro", "city": ""},
        sequence=9,
    )


def test_empty_texts_erase_nothing() -> None:
    full = Identity(
        profile_id="p", seen_at=5, first_name="Jo", last_name="D", email="e", avatar="a"
    )
    known = merge_identity(None, full, project=1, sequence=1)
    empty = Identity(profile_id="p", seen_at=6, first_name="", last_name=None, email="")
    merged = merge_identity(known, empty, project=1, sequence=2)
    assert (merged.first_name, merged.last_name, merged.email, merged.avatar) == (
        "Jo",
        "D",
        "e",
        "a",
    )


@pytest.mark.parametrize("instants", [(5, 9, 7), (9, 7, 5), (7, 5, 9)])
def test_first_and_last_sight_do_not_depend_on_the_order(instants: tuple[int, ...]) -> None:
    profile: Profile | None = None
    for instant in instants:
        said = Identity(profile_id="p", seen_at=instant)
        profile = merge_identity(profile, said, project=1, sequence=1)
    assert profile is not None
    assert (profile.created_at, profile.last_seen_at) == (5, 9)


@pytest.mark.parametrize(
    ("first", "second", "is_external"),
    [(False, False, False), (False, True, True), (True, False, True)],
)
def test_profile_that_was_named_once_stays_named(
    first: bool,  # noqa: FBT001  a case of the table
    second: bool,  # noqa: FBT001  the same
    is_external: object,
) -> None:
    known = merge_identity(
        None, Identity(profile_id="p", seen_at=1, is_external=first), project=1, sequence=1
    )
    said = Identity(profile_id="p", seen_at=1, is_external=second)
    assert merge_identity(known, said, project=1, sequence=2).is_external is is_external
