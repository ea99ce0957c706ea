"""Property names and conditions of this API, and what they are in the store."""

from collections.abc import Mapping
from typing import Final

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import (
    COLUMNS,
    PROFILE_COLUMNS,
    Field,
    GroupProperty,
    Membership,
    Memberships,
    ProfileProperty,
    Property,
    ValueType,
)
from app.analytics.filters import (
    EVERYTHING,
    All,
    Any,
    Case,
    Compare,
    Filter,
    InCohort,
    Not,
    Operand,
    Operator,
    simplified,
)
from app.analytics.metrics import named
from app.analytics.numbers import parse_number
from app.analytics.records import SCREEN_VIEW, Json
from app.compat.posthog.nodes import Node

EVENT_COLUMNS: Final[Mapping[str, str]] = {
    "$browser": "browser",
    "$browser_version": "browser_version",
    "$os": "os",
    "$os_version": "os_version",
    "$device_type": "device",
    "$device_id": "device_id",
    "$device_manufacturer": "brand",
    "$device_model": "model",
    "$pathname": "path",
    "$screen_name": "path",
    "$host": "origin",
    "$referrer": "referrer",
    "$referring_domain": "referrer_name",
    "$geoip_country_code": "country",
    "$geoip_subdivision_1_name": "region",
    "$geoip_city_name": "city",
    "$geoip_latitude": "latitude",
    "$geoip_longitude": "longitude",
    "$session_id": "session_id",
    "$user_id": "profile_id",
    "distinct_id": "profile_id",
    "$lib": "sdk_name",
    "$lib_version": "sdk_version",
    "$revenue": "revenue",
    "title": "title",
    **{
        f"utm_{name}": f"utm_{name}" for name in ("source", "medium", "campaign", "term", "content")
    },
}
"""The columns that keep what well-known event properties hold."""

SESSION_COLUMNS: Final[Mapping[str, str]] = {
    "$entry_pathname": "entry_path",
    "$exit_pathname": "exit_path",
    "$entry_utm_source": "utm_source",
    "$entry_utm_medium": "utm_medium",
    "$entry_utm_campaign": "utm_campaign",
    "$channel_type": "referrer_type",
    "$is_bounce": "is_bounce",
    "$pageview_count": "screen_view_count",
}
"""The same of sessions."""

PERSON_COLUMNS: Final[Mapping[str, str]] = {
    "id": "id",
    "email": "email",
    "$email": "email",
    "first_name": "first_name",
    "last_name": "last_name",
    "avatar": "avatar",
}
"""The same of people."""

_PAGE_EVENTS: Final = ("$pageview", "$screen")


def field_of(key: str, kind: str, node: Node) -> Field:
    """The field of that name; raises InvalidQueryError for a kind that there isn't."""
    match kind:
        case "event" | "event_metadata":
            column = EVENT_COLUMNS.get(key)
            if key == "event":
                return COLUMNS["name"]
            return COLUMNS[column] if column else Property(key)
        case "person":
            own = PERSON_COLUMNS.get(key)
            return PROFILE_COLUMNS[own] if own else ProfileProperty(key)
        case "session" if key in SESSION_COLUMNS:
            return COLUMNS[SESSION_COLUMNS[key]]
        case "group":
            return GroupProperty(key)
        case _:
            raise node.wrong("type", f"{kind} property {key!r} is not supported.")


def event_condition(event: str | None) -> Filter:
    """The condition that an event has the name that this API calls it by; None is any."""
    if event is None:
        return EVERYTHING
    return named(SCREEN_VIEW if event in _PAGE_EVENTS else event)


def conditions(node: Node, name: str = "properties") -> Filter:
    """The condition of a list of properties, or of a group of them."""
    value = node.get(name)
    if value is None or value == []:
        return EVERYTHING
    if isinstance(value, list):
        return simplified(All(tuple(map(_condition, node.children(name)))))
    return simplified(_group(node.child(name), 0))


_DEEPEST: Final = 20


def _group(node: Node, depth: int) -> Filter:
    if depth > _DEEPEST:
        raise InvalidQueryError.at(*node.path, message="Groups are nested too deeply.")
    members = tuple(
        _group(each, depth + 1) if "values" in each.fields else _condition(each)
        for each in node.children("values")
    )
    joined = node.choice("type", "AND").upper()
    if joined not in ("AND", "OR"):
        raise node.wrong("type", "Must be AND or OR.")
    return Any(members) if joined == "OR" and members else All(members)


_TEXTUAL: Final = {
    "icontains": (Operator.CONTAINS, Case.INSENSITIVE),
    "regex": (Operator.MATCHES, Case.SENSITIVE),
    "exact": (Operator.EQUALS, Case.SENSITIVE),
    "starts_with": (Operator.STARTS_WITH, Case.SENSITIVE),
    "ends_with": (Operator.ENDS_WITH, Case.SENSITIVE),
}
_NEGATED: Final = {
    "is_not": "exact",
    "not_icontains": "icontains",
    "not_regex": "regex",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
}
_MEMBERSHIPS: Final = {"in": False, "exact": False, "not_in": True, "is_not": True}
"""Whether the operator means those who are no members."""

_NUMERIC: Final = {
    "gt": Operator.GREATER,
    "gte": Operator.AT_LEAST,
    "min": Operator.AT_LEAST,
    "lt": Operator.LESS,
    "lte": Operator.AT_MOST,
    "max": Operator.AT_MOST,
}


def _condition(node: Node) -> Filter:
    if node.get("type") == "cohort":
        return _membership(node)
    key = node.text("key")
    if not key:
        raise node.wrong("key", "The property's name is missing.")
    field = field_of(key, node.choice("type", "event"), node)
    operator = node.choice("operator", "exact")
    values = _operands(node)
    match operator:
        case "is_set":
            return Not(Compare(field, Operator.IS_EMPTY))
        case "is_not_set":
            return Compare(field, Operator.IS_EMPTY)
        case "between" | "not_between" if len(values) == 2:
            low, high = (_numbers(node, values[place : place + 1]) for place in (0, 1))
            inside = All(
                (Compare(field, Operator.AT_LEAST, low), Compare(field, Operator.AT_MOST, high))
            )
            return Not(inside) if operator == "not_between" else inside
        case _ if operator in _NUMERIC:
            return Compare(field, _NUMERIC[operator], _numbers(node, values))
        case _ if operator in _TEXTUAL:
            return _textual(field, operator, values)
        case _ if operator in _NEGATED:
            return Not(_textual(field, _NEGATED[operator], values))
        case _:
            raise node.wrong("operator", f"{operator} is not supported.")


def _membership(node: Node) -> Filter:
    operator = node.choice("operator", "in")
    if operator not in _MEMBERSHIPS:
        raise node.wrong("operator", f"{operator} is not supported.")
    members = tuple(InCohort(_text(value)) for value in _operands(node))
    if not members:
        raise node.wrong("value", "The cohort's id is missing.")
    found = members[0] if len(members) == 1 else Any(members)
    return Not(found) if _MEMBERSHIPS[operator] else found


def _textual(field: Field, operator: str, values: tuple[Operand, ...]) -> Filter:
    meant, case = _TEXTUAL[operator]
    if meant is not Operator.EQUALS:
        return Compare(field, meant, tuple(map(_text, values)), case)
    if field.type is ValueType.BOOLEAN:
        told = {"true": True, "false": False}
        return Compare(field, meant, tuple(told.get(_text(value), value) for value in values))
    if field.name == "origin":
        values = tuple(
            f"{scheme}://{_text(each)}" for each in values for scheme in ("https", "http")
        )
    return Compare(field, meant, values)


def _text(value: Operand) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _numbers(node: Node, values: tuple[Operand, ...]) -> tuple[float, ...]:
    told = [parse_number(value) if isinstance(value, str) else value for value in values]
    numbers = tuple(number for number in told if number is not None)
    if len(numbers) < len(values) or not numbers:
        raise node.wrong("value", "A number is expected here.")
    return numbers


def _operands(node: Node) -> tuple[Operand, ...]:
    value: Json = node.get("value")
    told = value if isinstance(value, list) else [value]
    operands: list[Operand] = []
    for each in told:
        if isinstance(each, list | dict):
            raise node.wrong("value", "A text, a number or a list of them is expected here.")
        if each is not None:
            operands.append(each)
    return tuple(operands)


_EVERYBODY: Final = Membership("all", "all users", EVERYTHING)


def conditions_of(query: Node) -> Filter:
    """The conditions of a query; with a breakdown by cohorts, its rows are their members'."""
    fields = breakdown_fields(query.child("breakdownFilter"))
    cohorts = [field.cohorts for field in fields if isinstance(field, Memberships)]
    wanted = [
        Any(tuple(InCohort(each.cohort) for each in members))
        for members in cohorts
        if _EVERYBODY not in members
    ]
    return simplified(All((conditions(query), *wanted)))


def _cohort(key: Json) -> Membership:
    return _EVERYBODY if key == "all" else Membership(str(key))


def breakdown_fields(node: Node) -> tuple[Field, ...]:
    """The fields of a `breakdownFilter`."""
    several = list(node.children("breakdowns"))
    if several:
        return tuple(
            field_of(each.choice("property", ""), each.choice("type", "event"), each)
            for each in several
        )
    told = node.get("breakdown")
    if told is None:
        return ()
    keys = told if isinstance(told, list) else [told]
    kind = node.choice("breakdown_type", "event")
    if kind == "cohort":
        if not keys:
            raise node.wrong("breakdown", "The cohort's id is missing.")
        return (Memberships(tuple(map(_cohort, keys))),)
    return tuple(field_of(str(key), kind, node) for key in keys)
