"""Lists of people, pickers, what goes on now, and every number beside another: the oracle's too."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.periods import TimeRange, bucket_start, buckets
from app.analytics.queries import BreakdownQuery, Limits, Moment, SeriesQuery, TotalsQuery, Walk
from app.analytics.ranges import AutoInterval, interval_for
from app.analytics.records import Event, Group, Profile
from app.analytics.resolve import previous_range
from app.projects.groups import GroupWord
from app.projects.identity import Identity
from schema.enums import PropertyKind
from tests.schema.answering import LONG_AGO, Answering, answering, told
from tests.schema.asking import COMPARISONS, DIMENSIONS, Facts, measured, questions
from tests.support.journeys import COMPANIES, PEOPLE, worlds
from tests.support.oracle import Oracle, close, nothing_of

__all__ = ["answering"]

pytestmark = pytest.mark.anyio

UTC: Final = ZoneInfo("UTC")
EXAMPLES: Final = settings(max_examples=12)
IDS: Final = st.sampled_from(["a", "B", "b", "ä", "10", "9", "x y", "a\x01"])
SEEN: Final = st.lists(st.tuples(IDS, st.integers(0, 3)), max_size=12)
GROUPS: Final = st.dictionaries(IDS, st.sampled_from(["company", "team"]), max_size=8)
NAMED: Final = '{where: {on: {profileField: ID}, is: {contains: "b", ignoreCase: true}}}'
LIVE_MS: Final = 20 * 60_000
"""Shorter than a pause that ends a session: the server closes none while it is asked."""


async def profiles_in(answering: Answering, order: str, sliced: str) -> dict[str, Any]:
    shown = await answering.ask(
        f"""profiles(orderBy: {order}, {sliced}) {{ totalCount nodes {{ id: profileId }}
          edges {{ node {{ id: profileId }} }}
          pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}""",
        {},
    )
    return cast("dict[str, Any]", shown["profiles"])


async def groups_in(answering: Answering, kind: str, sliced: str) -> dict[str, Any]:
    shown = await answering.ask(
        f"""groups(type: {kind}, {sliced}) {{ totalCount nodes {{ id: groupId }}
          edges {{ node {{ id: groupId }} }}
          pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}""",
        {},
    )
    return cast("dict[str, Any]", shown["groups"])


async def walked(
    slice_of: Callable[[str], Awaitable[dict[str, Any]]], size: int, walk: Walk
) -> tuple[list[str], int]:
    """The ids of all rows, slice by slice forwards or backwards, and the count that is told."""
    ahead = walk is Walk.FORWARD
    way = ("first", "after") if ahead else ("last", "before")
    there, end = ("hasNextPage", "endCursor") if ahead else ("hasPreviousPage", "startCursor")
    whole: list[str] = []
    sliced = f"{way[0]}: {size}"
    while True:
        shown = await slice_of(sliced)
        rows = [node["id"] for node in shown["nodes"]]
        assert [edge["node"]["id"] for edge in shown["edges"]] == rows
        whole = [*whole, *rows] if ahead else [*rows, *whole]
        page = shown["pageInfo"]
        if not page[there]:
            return whole, shown["totalCount"]
        sliced = f'{way[0]}: {size}, {way[1]}: "{page[end]}"'


@EXAMPLES
@given(SEEN, GROUPS, st.sampled_from(["LAST_SEEN", "FIRST_SEEN", "ID"]), st.integers(1, 4))
async def test_lists_of_people_equal_plain_sorting(
    answering: Answering,
    seen: list[tuple[str, int]],
    groups: dict[str, str],
    order: str,
    size: int,
) -> None:
    await answering.load([], [], "UTC")
    number = await answering.number()
    services = answering.server.services
    await services.profiles.identify_all(
        number, [Identity(profile_id=one, seen_at=at) for one, at in seen]
    )
    for group, kind in groups.items():
        word = GroupWord(id=group, type=kind, name=group, said_at=1)
        await services.groups.upsert(number, word)
    ids = {one for one, _ in seen}
    whole = {one: [at for other, at in seen if other == one] for one in ids}
    sort: dict[str, Callable[[str], tuple[int, str]]] = {
        "LAST_SEEN": lambda one: (max(whole[one]), one),
        "FIRST_SEEN": lambda one: (min(whole[one]), one),
        "ID": lambda one: (0, one),
    }
    expected = sorted(ids, key=sort[order], reverse=order != "ID")
    named = [one for one in expected if "b" in one.lower()]
    companies = sorted(one for one, kind in groups.items() if kind == "company")
    for walk in Walk:
        for ask, rows in (
            (partial(profiles_in, answering, order), expected),
            (partial(profiles_in, answering, f"{order}, filter: {NAMED}"), named),
            (partial(groups_in, answering, '"company"'), companies),
        ):
            assert await walked(ask, size, walk) == (rows, len(rows))
    every = await walked(partial(groups_in, answering, "null"), size, Walk.FORWARD)
    assert every == (sorted(groups), len(groups))


@EXAMPLES
@given(questions(worlds()), measured(), COMPARISONS, st.lists(DIMENSIONS, max_size=1))
async def test_numbers_beside_others_equal_the_oracle(
    answering: Answering,
    drawn: tuple[Facts, dict[str, Any]],
    metrics: list[dict[str, Any]],
    compare: dict[str, Any] | None,
    by: list[dict[str, Any]],
) -> None:
    (events, people, zone), arguments = drawn
    world = await answering.load(events, people, "UTC")
    shown = await answering.ask(
        """totals(metrics: $m, range: $r, filter: $f, compare: $c, timezone: $z) {
          values { value previous change } }
        timeseries(metrics: $m, range: $r, filter: $f, compare: $c, timezone: $z,
          breakdown: $b, top: 3) {
          interval previousBuckets series { key previousPoints total previousTotal } }
        breakdown(metrics: $m, by: [{field: NAME}], range: $r, filter: $f, timezone: $z) {
          totals rows { values share } edges { node { values } } }""",
        {**arguments, "m": metrics, "c": compare, "z": zone.key, "b": by},
    )
    oracle = Oracle(world, Moment(LONG_AGO, zone, Limits()))
    for one in shown["totals"]["values"]:
        grown = one["value"] is not None and one["previous"]
        change = (one["value"] - one["previous"]) / abs(one["previous"]) if grown else None
        assert close(one["change"], change)
    check_lines(oracle, answering.query(SeriesQuery), shown["timeseries"])
    whole = replace_by(answering.query(BreakdownQuery))
    totals = [value for value, _ in oracle.totals(whole)]
    ranked = shown["breakdown"]
    assert all(map(close, ranked["totals"], totals))
    assert [edge["node"]["values"] for edge in ranked["edges"]] == [
        row["values"] for row in ranked["rows"]
    ]
    for row in ranked["rows"]:
        first, total = row["values"][0], totals[0]
        assert close(row["share"], first / total if total and first is not None else None)


def replace_by(query: BreakdownQuery) -> TotalsQuery:
    """The same question without a breakdown."""
    return TotalsQuery(
        project=query.project,
        metrics=query.metrics,
        range=query.range,
        filter=query.filter,
        zone=query.zone,
    )


def check_lines(oracle: Oracle, query: SeriesQuery, shown: dict[str, Any]) -> None:
    """The totals of each line, and all that is told of the range compared with."""
    span, zone = oracle.span(query), query.zone or oracle.moment.zone
    size = query.interval
    if isinstance(size, AutoInterval):
        size = interval_for(span, zone, size)
    assert shown["interval"] == size.name
    cut = partial(bucket_start, interval=size, zone=zone, week_start=query.week_start)
    before = previous_range(query.compare, span, zone, oracle.moment, query.week_start)
    starts = None if before is None else [*buckets(before, size, zone, query.week_start)]
    shown_starts = shown["previousBuckets"]
    assert (shown_starts and [told(one) for one in shown_starts]) == starts
    ranges = [span] if before is None else [span, before]
    cells = [oracle.cells(query, query.breakdown, one, lambda _: None) for one in ranges]
    old = oracle.cells(query, query.breakdown, before, cut) if before is not None else {}
    empty = nothing_of(query.metrics)
    for place, line in enumerate(shown["series"]):
        index, key = place % len(query.metrics), tuple(line["key"])
        totals = [each.get((key, None), empty)[index] for each in cells]
        assert close(line["total"], totals[0])
        if starts is None:
            assert line["previousPoints"] is line["previousTotal"] is None
            continue
        assert close(line["previousTotal"], totals[1])
        for point, start in zip(line["previousPoints"], starts, strict=True):
            assert close(point, old.get((key, start), empty)[index]), (line, start)


@EXAMPLES
@given(
    st.tuples(worlds(), PEOPLE, COMPANIES),
    st.sampled_from(["", "c", "C", "Ev", "_"]),
    st.integers(0, 3),
    DIMENSIONS,
)
async def test_pickers_equal_the_oracle(
    answering: Answering,
    drawn: tuple[tuple[list[Event], int], list[Profile], list[Group]],
    search: str,
    first: int,
    dimension: dict[str, Any],
) -> None:
    (events, _), people, companies = drawn
    world = await answering.load(events, people, "UTC", companies)
    shown = await answering.ask(
        f"""catalog {{
          eventNames(search: "{search}", first: {first})
          propertyKeys(scope: EVENT, event: "click", search: "{search}", first: {first}) {{
            key count kinds }}
          ofProfiles: propertyKeys(scope: PROFILE, search: "{search}", first: {first}) {{
            key count }}
          ofGroups: propertyKeys(scope: GROUP, search: "{search}", first: {first}) {{ key count }}
          values(dimension: $d, search: "{search}", first: {first}) {{ value label count }} }}""",
        {"d": dimension},
    )
    found = shown["catalog"]
    ranked = top(Counter(event.name for event in world.events), search, first)
    assert found["eventNames"] == [name for name, _ in ranked]
    clicks = [event for event in world.events if event.name == "click"]
    keys = top(Counter(key for event in clicks for key in event.properties), search, first)
    assert [(one["key"], one["count"]) for one in found["propertyKeys"]] == keys
    for one in found["propertyKeys"]:
        assert one["kinds"] == kinds_of(event.properties.get(one["key"]) for event in clicks)
    for name, owners in (("ofProfiles", world.profiles), ("ofGroups", world.groups)):
        counted = Counter(key for owner in owners.values() for key in owner.properties)
        keys = top(counted, search, first)
        assert [(one["key"], one["count"]) for one in found[name]] == keys
    oracle = Oracle(world, Moment(LONG_AGO, UTC, Limits()))
    asked = [one for one in answering.asked if isinstance(one, BreakdownQuery)]
    rows, _ = oracle.breakdown(asked[-1])
    assert [(one["value"], one["label"], one["count"]) for one in found["values"]] == [
        (labels[0], labels[0], counted[0]) for labels, counted in rows
    ]


_KINDS: Final[dict[type[object], str]] = {
    str: "STRING",
    int: "NUMBER",
    float: "NUMBER",
    bool: "BOOLEAN",
    list: "LIST",
}


def kinds_of(values: Iterable[object]) -> list[str]:
    """What they are, the most frequent first and equally frequent ones in the enum's order."""
    seen = Counter(_KINDS.get(type(one), "OBJECT") for one in values if one is not None)
    order = [kind.name for kind in PropertyKind]
    return sorted(seen, key=lambda kind: (-seen[kind], order.index(kind)))


def top(counted: Counter[str], search: str, first: int) -> list[tuple[str, int]]:
    """The most frequent of those that contain the text, equal ones by themselves."""
    chosen = [one for one in counted.items() if one[0] and search.lower() in one[0].lower()]
    return sorted(chosen, key=lambda one: (-one[1], one[0]))[:first]


@EXAMPLES
@given(worlds(), PEOPLE, st.integers(1, 1200))
async def test_what_goes_on_now_equals_the_oracle(
    answering: Answering, drawn: tuple[list[Event], int], people: list[Profile], seconds: int
) -> None:
    recent = [
        replace(event, created_at=LONG_AGO - event.created_at % LIVE_MS) for event in drawn[0]
    ]
    world = await answering.load(recent, people, "UTC")
    shown = (
        await answering.ask(
            f"""live(windowSeconds: {seconds}) {{ visitors events at
              topPaths {{ value count }} countries {{ value count }} }}""",
            {},
        )
    )["live"]
    assert told(shown["at"]) == LONG_AGO
    oracle = Oracle(world, Moment(LONG_AGO, UTC, Limits()))
    (totals,) = [one for one in answering.asked if isinstance(one, TotalsQuery)]
    assert totals.range == TimeRange(LONG_AGO - seconds * 1000, LONG_AGO + 1)
    assert [shown["visitors"], shown["events"]] == [now for now, _ in oracle.totals(totals)]
    for query in (one for one in answering.asked if isinstance(one, BreakdownQuery)):
        name = "topPaths" if query.by[0].name == "path" else "countries"
        rows, _ = oracle.breakdown(query)
        assert [(one["value"], one["count"]) for one in shown[name]] == [
            (labels[0], counted[0]) for labels, counted in rows
        ]
