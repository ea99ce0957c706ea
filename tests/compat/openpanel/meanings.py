"""Generated filters, each as clients write it and as the core means it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from app.analytics.fields import (
    COLUMNS,
    GROUP_COLUMNS,
    PROFILE_COLUMNS,
    Cast,
    Field,
    GroupProperty,
    ProfileProperty,
    Property,
    PropertyPattern,
    ValueType,
)
from app.analytics.filters import All, Compare, Filter, Not, Operand, Operator, Performed
from app.analytics.filters import Any as AnyOf
from app.analytics.metrics import named
from app.analytics.ranges import ANY_TIME

Told: TypeAlias = tuple[dict[str, Any], Filter]
"""A filter as clients write it, and its condition."""

COHORT: Final = Performed(named("click"), 1, Operator.AT_LEAST, ANY_TIME)
"""What makes the members of the cohort that filters speak of."""

_TEXTS: Final[dict[str, Field]] = {
    **{name: COLUMNS[name] for name in ("referrer_name", "name", "origin", "title", "profile_id")},
    "properties.plan": Property("plan"),
    "properties.n.b": Property("n.b"),
    "properties.items.*.sku": PropertyPattern("items.*.sku"),
    "profile.email": PROFILE_COLUMNS["email"],
    "profile.properties.plan": ProfileProperty("plan"),
    "group.name": GROUP_COLUMNS["name"],
    "group.properties.plan": GroupProperty("plan"),
}
_NUMBERS: Final[dict[str, Field]] = {
    **{name: COLUMNS[name] for name in ("duration", "revenue", "longitude")},
    "session.screen_view_count": COLUMNS["screen_view_count"],
    "properties.price": Property("price"),
    "properties.n.b": Property("n.b"),
    "profile.properties.price": ProfileProperty("price"),
    "group.properties.price": GroupProperty("price"),
}
_CAST: Final[dict[str, Property | ProfileProperty]] = {
    "properties.price": Property("price"),
    "profile.properties.plan": ProfileProperty("plan"),
}
_PATHS: Final = {"path": COLUMNS["path"]}
_WORDS: Final = st.sampled_from(["a", "A", "Ä", "x", "10", "/a", "screen", "view", "ann", "s"])
_AMOUNTS: Final[st.SearchStrategy[Operand]] = st.sampled_from([0, 1, 5, 0.1, 18.07, 100, 2500])
_OPERATORS: Final = {
    "is": Operator.EQUALS,
    "contains": Operator.CONTAINS,
    "startsWith": Operator.STARTS_WITH,
    "endsWith": Operator.ENDS_WITH,
    "gt": Operator.GREATER,
    "gte": Operator.AT_LEAST,
    "lt": Operator.LESS,
    "lte": Operator.AT_MOST,
}
_ORDERED: Final = ("gt", "gte", "lt", "lte")
_TEXTUAL: Final = ("is", "contains", "startsWith", "endsWith")
_NEGATED: Final = {"is": "isNot", "contains": "doesNotContain"}


def filters(cohort: str) -> st.SearchStrategy[list[Told]]:
    """Up to two filters on anything but paths, with any of the operators."""
    one = st.one_of(_textual(_TEXTS), _matched(_TEXTS), _numeric(), _told_apart(), _members(cohort))
    return st.lists(st.one_of(one, _countries()), max_size=2)


def path_filters() -> st.SearchStrategy[list[Told]]:
    """One or two filters on paths, which ask for the numbers of pages."""
    return st.lists(st.one_of(_textual(_PATHS), _matched(_PATHS)), min_size=1, max_size=2)


@st.composite
def _textual(draw: st.DrawFn, fields: Mapping[str, Field]) -> Told:
    name = draw(st.sampled_from(sorted(fields)))
    word = draw(st.sampled_from(_TEXTUAL))
    # Without values a filter says nothing; one text in two is what paths look like.
    values = draw(st.lists(st.one_of(_WORDS, st.sampled_from(["/", "/a", "/b"])), max_size=2))
    meant = Compare(fields[name], _OPERATORS[word], tuple(values))
    told = {"name": name, "operator": word, "value": values}
    if not values:
        return told, All()
    if word in _NEGATED and draw(st.booleans()):
        return told | {"operator": _NEGATED[word]}, Not(meant)
    return told, meant


@st.composite
def _matched(draw: st.DrawFn, fields: Mapping[str, Field]) -> Told:
    """A pattern, or whether there is a value at all."""
    name = draw(st.sampled_from(sorted(fields)))
    empty = Compare(fields[name], Operator.IS_EMPTY)
    word = draw(st.sampled_from(["regex", "isNull", "isNotNull"]))
    if word == "regex":
        pattern = draw(st.sampled_from(["^[aA]", "a$", "x|S", "^/[ab]"]))
        meant = Compare(fields[name], Operator.MATCHES, (pattern,))
        return {"name": name, "operator": word, "value": [pattern]}, meant
    told: dict[str, Any] = {"name": name, "operator": word, "value": []}
    return told, empty if word == "isNull" else Not(empty)


@st.composite
def _numeric(draw: st.DrawFn) -> Told:
    name = draw(st.sampled_from(sorted(_NUMBERS)))
    word = draw(st.sampled_from(_ORDERED))
    values: Sequence[Operand] = draw(st.lists(_AMOUNTS, min_size=1, max_size=2))
    told = {"name": name, "operator": word, "value": values}
    return told, Compare(_NUMBERS[name], _OPERATORS[word], tuple(values))


@st.composite
def _told_apart(draw: st.DrawFn) -> Told:
    """Both sides are read as another type than text."""
    name = draw(st.sampled_from(sorted(_CAST)))
    field = _CAST[name]
    if draw(st.booleans()):
        value = draw(_AMOUNTS)
        word = draw(st.sampled_from(["is", *_ORDERED]))
        typed = {"name": name, "operator": word, "value": [str(value)], "type": "number"}
        return typed, Compare(field, _OPERATORS[word], (value,))
    truth = draw(st.booleans())
    told = {"name": name, "operator": "is", "value": [truth], "type": "boolean"}
    return told, Compare(Cast(field, ValueType.BOOLEAN), Operator.EQUALS, (truth,))


@st.composite
def _countries(draw: st.DrawFn) -> Told:
    names = draw(st.lists(st.sampled_from(["Sweden", "DE", "United States"]), min_size=1))
    codes = {"Sweden": "SE", "DE": "DE", "United States": "US"}
    meant = Compare(COLUMNS["country"], Operator.EQUALS, tuple(codes[name] for name in names))
    if draw(st.booleans()):
        return {"name": "country", "operator": "isNot", "value": names}, Not(meant)
    empty = Compare(COLUMNS["country"], Operator.IS_EMPTY)
    return {"name": "country", "operator": "is", "value": [*names, ""]}, AnyOf((meant, empty))


@st.composite
def _members(draw: st.DrawFn, cohort: str) -> Told:
    somebody = Not(Compare(COLUMNS["profile_id"], Operator.IS_EMPTY))
    members = All((somebody, COHORT))
    told = {"name": "cohort", "value": [], "cohortIds": [cohort]}
    if draw(st.booleans()):
        return told | {"operator": "inCohort"}, members
    return told | {"operator": "notInCohort"}, Not(members)
