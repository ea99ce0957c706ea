"""Generated traffic and generated questions, for holding the engines to the oracle."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from app.analytics.fields import (
    CLOCK_PARTS,
    COLUMNS,
    GROUP_COLUMNS,
    PROFILE_COLUMNS,
    Cast,
    Field,
    GroupProperty,
    HasProfile,
    Membership,
    Memberships,
    ProfileProperty,
    Property,
    PropertyPattern,
    ValueType,
)
from app.analytics.filters import (
    EVERYTHING,
    All,
    Any,
    Case,
    Compare,
    Filter,
    Not,
    Operator,
    Performed,
)
from app.analytics.formulas import parse_formula
from app.analytics.metrics import (
    BUILT_IN,
    EVENTS_PER_PROFILE,
    LATEST_PER_PROFILE,
    Metric,
    Operation,
    calculated,
    named,
    narrowed,
    percentile_of,
    statistic_of,
    unique_of,
)
from app.analytics.periods import DAY_MS, HOUR_MS, MINUTE_MS, Interval, TimeRange, to_instant
from app.analytics.ranges import ANY_TIME, AllTime, Between, RangeSpec, last_days, rolling
from app.analytics.records import Event, Group, Json, Profile

ZONES: Final = tuple(
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Santiago",
    )
)

CHANGES: Final = (
    datetime(2025, 3, 30, 1, tzinfo=ZoneInfo("UTC")),  # Berlin springs forward.
    datetime(2025, 11, 2, 6, tzinfo=ZoneInfo("UTC")),  # New York falls back.
    datetime(2025, 4, 5, 15, tzinfo=ZoneInfo("UTC")),  # Lord Howe falls back by half an hour.
    datetime(2025, 9, 7, 4, tzinfo=ZoneInfo("UTC")),  # Santiago skips midnight.
)
"""Instants around which days have 23, 23.5, 24.5 or 25 hours."""

SPREAD_MS: Final = 5 * DAY_MS

_TEXTS: Final = st.sampled_from([None, "", "a", "b", "Ä", "ä", "A"])
_COUNTRIES: Final = st.sampled_from([None, "", "SE", "DE", "US"])
_PROPERTY_VALUES: Final[list[Json]] = [
    *["", "x", "10", " 7 ", "1_0", "nan", "1e2"],
    *[None, 5, 5.0, 10, 0.1, -3, True, False],
    [1, "x", None],
    {"b": 2},
    ["x", "2025-03-30"],
    [{"sku": "x"}, {"sku": 5}, {"sku": None}, "x"],
    {"k": {"sku": ""}, "0": {"sku": "A"}},
    *["2025-04-05T15:00:00Z", "2025-04-05 15:00:00.5+10:30", "2025-02-30", "TRUE", "0"],
]
_PROPERTIES: Final = st.dictionaries(
    st.sampled_from(["plan", "price", "n", "n.b", 'odd"key', "0", "items"]),
    st.sampled_from(_PROPERTY_VALUES),
    max_size=4,
)


@st.composite
def worlds(draw: st.DrawFn, *, most: int = 30) -> tuple[list[Event], int]:
    """Events in order of arrival around a clock change, and the instant of now."""
    middle = to_instant(draw(st.sampled_from(CHANGES)))
    step = draw(st.sampled_from([MINUTE_MS, 20 * MINUTE_MS, 3 * HOUR_MS]))
    steps = SPREAD_MS // step
    count = draw(st.integers(0, most))
    events = [draw(_event(middle, step, steps, position)) for position in range(1, count + 1)]
    return events, middle + draw(st.integers(0, 5)) * DAY_MS


@st.composite
def _event(draw: st.DrawFn, middle: int, step: int, steps: int, position: int) -> Event:
    device = draw(st.sampled_from([None, "d1", "d1", "d2", "d3"]))
    created_at = middle + draw(st.integers(-min(steps, 60), min(steps, 60))) * step
    created_at += draw(st.sampled_from([0, 0, 1, 999]))
    return Event(
        project=1,
        id=f"e{draw(st.integers(0, 9))}-{position}",
        name=draw(st.sampled_from(["screen_view", "screen_view", "click", "revenue"])),
        created_at=created_at,
        received_at=created_at,
        position=position,
        device_id=device,
        profile_id=draw(st.sampled_from([None, device, "ann", "bob", ""])),
        path=draw(st.sampled_from([None, "", "/", "/a", "/b"])),
        origin=draw(st.sampled_from([None, "", "https://x.test"])),
        title=draw(st.sampled_from([None, "", "A", "B"])),
        referrer_name=draw(_TEXTS),
        country=draw(_COUNTRIES),
        longitude=draw(st.sampled_from([None, 0.0, 18.07])),
        duration=draw(st.sampled_from([0, 1500])),
        revenue=draw(st.sampled_from([0, 100, 2500])),
        groups=draw(st.sampled_from([(), (), ("g1",), ("g1", "g2"), ("g2", "g3"), ("other",)])),
        properties=draw(_PROPERTIES),
    )


_CASTS: Final = (ValueType.NUMBER, ValueType.INSTANT, ValueType.BOOLEAN)
_COLUMN_NAMES: Final = (
    *(
        "name",
        "path",
        "referrer_name",
        "country",
        "profile_id",
        "session_id",
        "entry_path",
        "exit_path",
    ),
    *("duration", "revenue", "is_bounce", "longitude", "screen_view_count", "created_at"),
)
MEMBERSHIPS: Final = (
    Membership("1", "Clickers", Performed(named("click"))),
    Membership("2", "", Compare(PROFILE_COLUMNS["email"], Operator.EQUALS, ("a",))),
)
_COHORTS: Final = Memberships(
    (
        Membership("1", "Clickers", Performed(named("click"))),
        Membership("2", "A", Compare(PROFILE_COLUMNS["email"], Operator.EQUALS, ("a",))),
        # Cohorts of one name are one.
        Membership("3", "Clickers", Compare(PROFILE_COLUMNS["email"], Operator.IS_EMPTY)),
    )
)

FIELDS: Final[list[Field]] = [
    *(COLUMNS[name] for name in _COLUMN_NAMES),
    *(Property(key) for key in ("plan", "price", "n.b", "n", 'odd"key', "0")),
    *(PROFILE_COLUMNS[name] for name in ("email", "is_external", "last_seen_at")),
    *(ProfileProperty(key) for key in ("plan", "n.b")),
    *(PropertyPattern(key) for key in ("n.*", "items.*.sku", "items.0.*")),
    *GROUP_COLUMNS.values(),
    GroupProperty("plan"),
    *CLOCK_PARTS.values(),
    HasProfile(),
    _COHORTS,
    *(Cast(Property(key), kind) for key in ("plan", "price") for kind in _CASTS),
    Cast(PropertyPattern("n.*"), ValueType.NUMBER),
    Cast(GroupProperty("plan"), ValueType.INSTANT),
]

_OPERANDS: Final = st.one_of(
    st.sampled_from(["", "a", "A", "SE", "/a", "10", "x", "true", "Ä"]),
    st.sampled_from([0, 1, 5, 10, 2, 100, 2**63, -(2**70)]),
    st.sampled_from([0.1, 5.0, 18.07]),
    st.booleans(),
)


PEOPLE: Final = st.lists(
    st.builds(
        Profile,
        project=st.just(1),
        id=st.sampled_from(["ann", "bob", "d1"]),
        is_external=st.booleans(),
        created_at=st.just(5),
        last_seen_at=st.sampled_from([5, 10, 100]),
        email=st.sampled_from([None, "", "a", "ann@x.test"]),
        groups=st.sampled_from([(), ("g1",), ("g2", "g3")]),
        properties=_PROPERTIES,
    ),
    max_size=3,
    unique_by=lambda profile: profile.id,
)
"""Profiles of some of those who do things in the generated worlds."""


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    """A comparison that makes sense for its field."""
    field = draw(st.sampled_from(FIELDS))
    if isinstance(field, Cast) and field.type is ValueType.INSTANT:
        instants = [to_instant(change) for change in CHANGES]
        ordered = [Operator.EQUALS, Operator.AT_LEAST, Operator.LESS, Operator.IS_EMPTY]
        chosen = draw(st.lists(st.sampled_from(instants), max_size=2))
        return Compare(field, draw(st.sampled_from(ordered)), tuple(chosen))
    operator = draw(st.sampled_from(list(Operator)))
    if operator is Operator.IS_EMPTY:
        return Compare(field, operator)
    if operator is Operator.MATCHES:
        values: list[str | int | float | bool] = [
            draw(st.sampled_from(["^a", "[aA]$", "/.", "S|D"]))
        ]
    else:
        values = draw(st.lists(_OPERANDS, max_size=3))
    return Compare(field, operator, tuple(values), draw(st.sampled_from(Case)))


COMPANIES: Final = st.lists(
    st.builds(
        Group,
        project=st.just(1),
        id=st.sampled_from(["g1", "g2", "g3"]),
        type=st.sampled_from(["company", "team"]),
        name=st.sampled_from(["a", "A", "b", ""]),
        properties=_PROPERTIES,
        created_at=st.just(5),
        updated_at=st.just(5),
        sequence=st.just(1),
    ),
    max_size=3,
    unique_by=lambda group: group.id,
)
"""What is known of some of the groups in the generated worlds."""


@st.composite
def deeds(draw: st.DrawFn) -> Performed:
    """Something that a profile may have done, seldom or often."""
    start = to_instant(draw(st.sampled_from(CHANGES))) - draw(st.integers(0, 5)) * DAY_MS
    operators = [Operator.EQUALS, Operator.AT_LEAST, Operator.AT_MOST]
    return Performed(
        draw(st.one_of(comparisons(), st.just(named("click")))),
        draw(st.integers(0, 3)),
        draw(st.sampled_from(operators)),
        draw(st.sampled_from([ANY_TIME, TimeRange(start, start + 5 * DAY_MS)])),
    )


FILTERS: Final[st.SearchStrategy[Filter]] = st.one_of(
    st.just(EVERYTHING),
    st.recursive(
        st.one_of(comparisons(), comparisons(), comparisons(), deeds()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda members: All(tuple(members))),
            st.lists(inner, max_size=3).map(lambda members: Any(tuple(members))),
            inner.map(Not),
        ),
        max_leaves=4,
    ),
)

_NUMERIC: Final[list[Field]] = [Property("price"), Property("n.b"), COLUMNS["revenue"]]

METRICS: Final[st.SearchStrategy[tuple[Metric, ...]]] = st.lists(
    st.one_of(
        st.sampled_from(BUILT_IN),
        st.builds(
            statistic_of,
            st.sampled_from(Operation),
            st.sampled_from(_NUMERIC),
        ),
        st.builds(percentile_of, st.sampled_from([0.0, 0.5, 0.9, 1.0]), st.sampled_from(_NUMERIC)),
        st.sampled_from([EVENTS_PER_PROFILE, LATEST_PER_PROFILE]),
        st.sampled_from(
            [
                unique_of(Property("plan")),
                unique_of(COLUMNS["path"]),
                unique_of(GROUP_COLUMNS["id"]),
                statistic_of(Operation.SUM, PropertyPattern("n.*")),
            ]
        ),
        st.builds(
            narrowed,
            st.sampled_from((*BUILT_IN, LATEST_PER_PROFILE)),
            st.one_of(comparisons(), st.just(named("click"))),
        ),
    ),
    min_size=1,
    max_size=3,
).map(tuple)


@st.composite
def _with_formula(draw: st.DrawFn) -> tuple[Metric, ...]:
    """Some metrics, and behind them perhaps one that is calculated from them."""
    metrics = draw(METRICS)
    last = chr(ord("A") + len(metrics) - 1)
    texts = [None, f"A / {last}", f"100 * ({last} - A) / A", f"sqrt({last}) + 1", "7"]
    text = draw(st.sampled_from(texts))
    return metrics if text is None else (*metrics, calculated(parse_formula(text), metrics))


CALCULATED: Final = _with_formula()


@st.composite
def ranges(draw: st.DrawFn, now: int) -> RangeSpec:
    """A range around now, in one of the ways that a range can be told."""
    start = now - draw(st.integers(1, 9)) * DAY_MS + draw(st.sampled_from([0, 1, HOUR_MS]))
    day = datetime.fromtimestamp(now / 1000, tz=ZoneInfo("UTC")).date()
    specs: list[RangeSpec] = [
        TimeRange(start, now),
        TimeRange(now, now),
        last_days(7),
        last_days(1),
        rolling(36, Interval.HOUR),
        Between(day, day, last_days(7)),
        Between(None, day, last_days(3)),
        Between(date(2025, 1, 1), None, AllTime()),
        AllTime(),
    ]
    return draw(st.sampled_from(specs))


def breakable(field: Field) -> bool:
    """Whether the field makes good labels: texts, not fine-grained numbers."""
    return field.type is ValueType.STRING and (isinstance(field, Property) or field.name != "id")


def _tuple(fields: list[Field]) -> tuple[Field, ...]:
    return tuple(fields)


LABELS: Final = st.lists(
    st.sampled_from([*(field for field in FIELDS if breakable(field)), *MEMBERSHIPS]),
    min_size=1,
    max_size=2,
    unique=True,
).map(_tuple)
"""One or two fields to break down by."""
