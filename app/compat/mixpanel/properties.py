"""What exported events are made of: each property's name, and where its value is stored.

The one table that export, `where` and connectors' catalogues read. `app.importer.mixpanel`
is its other direction.
"""

from collections.abc import Mapping
from typing import Final

from app.analytics.expressions.tree import (
    UNDEFINED,
    Apply,
    ColumnValue,
    Constant,
    Expression,
    Groups,
    Kind,
    OccurredAt,
    Op,
    Owner,
    Stored,
    nodes,
)
from app.analytics.records import REVENUE, SCREEN_VIEW, SESSION_END, SESSION_START

DEVICE_PREFIX: Final = "$device:"
HIDDEN_PREFIX: Final = "__"
"""Stored properties with such names are the server's own and shown under others."""

_NOTHING: Final = Constant(UNDEFINED)


def _column(name: str) -> ColumnValue:
    return ColumnValue(name)


def _hidden(name: str, only: Kind | None = None) -> Stored:
    return Stored((HIDDEN_PREFIX + name,), only=only)


def _when(condition: Expression, then: Expression, otherwise: Expression = _NOTHING) -> Apply:
    return Apply(Op.IF, (condition, then, otherwise))


def _is_event(name: str) -> Expression:
    return Apply(Op.SAME, (_column("name"), Constant(name)))


def _defined(expression: Expression) -> Expression:
    return Apply(Op.DEFINED, (expression,))


def _either(*conditions: Expression) -> Expression:
    return Apply(Op.OR, conditions)


def _both(*conditions: Expression) -> Expression:
    return Apply(Op.AND, conditions)


def _not(condition: Expression) -> Expression:
    return Apply(Op.NOT, (condition,))


def _seconds(milliseconds: Expression) -> Expression:
    amount = Apply(Op.DIVIDE, (milliseconds, Constant(1_000)))
    return _when(Apply(Op.GREATER, (milliseconds, Constant(0))), amount)


_DEVICE: Final = _column("device_id")
_PROFILE: Final = _column("profile_id")
_HAS_OWN_ID: Final = _hidden("distinct_id_is_device", Kind.BOOLEAN)
_IS_ANONYMOUS: Final = _both(
    _defined(_DEVICE),
    _not(_HAS_OWN_ID),
    _either(_not(_defined(_PROFILE)), Apply(Op.SAME, (_PROFILE, _DEVICE))),
)
_PAGE: Final = _both(_is_event(SCREEN_VIEW), _defined(_column("origin")))
_QUERY: Final = Apply(Op.QUERY_TEXT, (_hidden("query", Kind.OBJECT),))
_URL: Final = Apply(
    Op.JOIN, (_column("origin"), _column("path"), _QUERY, _hidden("hash", Kind.STRING))
)
_SCREEN: Final = _hidden("screen", Kind.STRING)


def _side(place: int) -> Expression:
    part = Apply(Op.SPLIT, (_SCREEN, Constant("x"), Constant(place)))
    return Apply(Op.TO_NUMBER, (part,))


def _host_of(column: str) -> Expression:
    return Apply(Op.HOST, (_column(column),))


DISTINCT_ID: Final = _when(
    _IS_ANONYMOUS,
    Apply(Op.ADD, (Constant(DEVICE_PREFIX), _DEVICE)),
    _when(_defined(_PROFILE), _PROFILE, Constant("")),
)
"""Who did it; the empty text where nobody knows, with which such an event can be imported."""
_OWN_START: Final = _both(_is_event(SESSION_START), _not(_defined(_column("imported_at"))))
"""A start that the server derived: it has the properties of another event, that one's id too."""

INSERT_ID: Final = Apply(
    Op.FIRST,
    (_when(_not(_OWN_START), _hidden("source_insert_id", Kind.STRING)), _column("id")),
)

_EXPORTED: Final[dict[str, Expression]] = {
    "$insert_id": INSERT_ID,
    "$device_id": _when(_not(_HAS_OWN_ID), _DEVICE),
    "$user_id": _when(_not(_IS_ANONYMOUS), _PROFILE),
    "$city": _column("city"),
    "$region": _column("region"),
    "mp_country_code": _column("country"),
    "$latitude": _column("latitude"),
    "$longitude": _column("longitude"),
    "$os": _column("os"),
    "$os_version": _column("os_version"),
    "$browser": _column("browser"),
    "$browser_version": _column("browser_version"),
    "$device": _column("device"),
    "$brand": _column("brand"),
    "$model": _column("model"),
    "$current_url": _when(_either(_defined(_column("origin")), _defined(_column("path"))), _URL),
    "current_page_title": _column("title"),
    "current_domain": _when(_PAGE, _host_of("origin")),
    "current_url_path": _when(_PAGE, _column("path")),
    "current_url_protocol": _when(_PAGE, Apply(Op.SCHEME, (_column("origin"),))),
    "current_url_search": _when(_PAGE, _QUERY),
    "$referrer": _column("referrer"),
    "$referring_domain": _host_of("referrer"),
    "$search_engine": _when(
        Apply(Op.SAME, (_column("referrer_type"), Constant("search"))),
        Apply(Op.LOWER, (_column("referrer_name"),)),
    ),
    "referrer_name": _column("referrer_name"),
    "referrer_type": _column("referrer_type"),
    "utm_source": _column("utm_source"),
    "utm_medium": _column("utm_medium"),
    "utm_campaign": _column("utm_campaign"),
    "utm_term": _column("utm_term"),
    "utm_content": _column("utm_content"),
    "$screen_width": _side(1),
    "$screen_height": _side(2),
    "$screen_dpi": _hidden("dpi"),
    "$app_version_string": _hidden("version"),
    "$app_build_number": _hidden("buildNumber"),
    "$language": _hidden("language"),
    "$timezone": _hidden("timezone"),
    "$user_agent": _hidden("userAgent"),
    "mp_lib": _column("sdk_name"),
    "$lib_version": _column("sdk_version"),
    "$duration": _when(_not(_is_event(SESSION_END)), _seconds(_column("duration"))),
    "$duration_s": _when(_is_event(SESSION_END), _seconds(_column("duration"))),
    "session_id": _column("session_id"),
    "revenue": _when(_is_event(REVENUE), _column("revenue"), Stored(("revenue",))),
    "$groups": Groups(),
    "$import": _when(_defined(_column("imported_at")), Constant(True)),
    "mp_processing_time_ms": Apply(Op.FIRST, (_column("imported_at"), _column("received_at"))),
    "$mp_api_timestamp_ms": _column("received_at"),
}

EXPORTED: Final[Mapping[str, Expression]] = dict(sorted(_EXPORTED.items()))
"""The values of all properties but `time`, `distinct_id` and those stored under their own names.

In the order in which they are exported, which is that of their bytes.
"""

RESERVED: Final = frozenset({"time", "distinct_id", *EXPORTED})
"""Names that no stored property is shown under."""

_IN_EXPRESSIONS: Final[Mapping[str, Expression]] = {
    **EXPORTED,
    "time": OccurredAt(),
    "$time": OccurredAt(),
    "distinct_id": DISTINCT_ID,
    "$distinct_id": DISTINCT_ID,
    "$event_name": _column("name"),
}

_OF_PROFILES: Final[Mapping[str, Expression]] = {
    "$email": ColumnValue("email", Owner.PROFILE),
    "$first_name": ColumnValue("first_name", Owner.PROFILE),
    "$last_name": ColumnValue("last_name", Owner.PROFILE),
    "$avatar": ColumnValue("avatar", Owner.PROFILE),
    "$distinct_id": ColumnValue("id", Owner.PROFILE),
    "$last_seen": Apply(
        Op.TO_STRING, (Apply(Op.TO_INSTANT, (ColumnValue("last_seen_at", Owner.PROFILE),)),)
    ),
}


def columns_of(expression: Expression) -> tuple[str, ...]:
    """The columns and stored properties of events that an exported property is made of.

    The name of the event is none: every event has one.
    """
    found: list[str] = []
    for node in nodes(expression):
        if isinstance(node, ColumnValue) and node.column != "name":
            found.append(node.column)
        elif isinstance(node, Stored):
            found.append(str(node.path[0]))
    return tuple(dict.fromkeys(found))


def event_property(key: str) -> Expression:
    """Where the property of that exported name is stored."""
    known = _IN_EXPRESSIONS.get(key)
    if known is not None:
        return known
    return _NOTHING if key.startswith(HIDDEN_PREFIX) else Stored((key,))


def profile_property(key: str) -> Expression:
    """Where the profile's property of that name is stored."""
    return _OF_PROFILES.get(key) or Stored((key,), Owner.PROFILE)
