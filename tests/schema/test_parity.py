"""Every number that GraphQL tells equals the oracle's, on each engine, for random questions."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeAlias, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.periods import EPOCH, to_datetime
from app.analytics.queries import Limits, Moment
from app.analytics.records import Event, Profile
from app.analytics.sessions import merge_sessions, session_ids, sessionize
from app.kit.clock import FixedClock
from app.projects.reader import Reader
from app.stores.base import Changes, EventStore
from tests.schema.conftest import Server, opened, settings_in
from tests.support.engines import ENGINES, store_url
from tests.support.journeys import PEOPLE, SPREAD_MS, ZONES, worlds
from tests.support.naming import name_session
from tests.support.oracle import Oracle, World, close

pytestmark = pytest.mark.anyio

LONG_AGO: Final = 1_000_000_000_000
"""Before any generated event: the server closes no session of them while it is asked."""

NOTHING: Final[dict[str, Any]] = {}
Conditions: TypeAlias = st.SearchStrategy[dict[str, Any]]

TEXTS: Final = st.sampled_from(["", "a", "b", "A", "Ä", "/", "SE", "x", "10"])
DIMENSIONS: Final[Conditions] = st.sampled_from(
    [
        {"field": "NAME"}, {"field": "PATH"}, {"field": "COUNTRY"}, {"field": "DEVICE"},
        {"field": "REFERRER_NAME"}, {"field": "PROFILE_ID"}, {"property": "plan"},
        {"property": "price"}, {"profileField": "EMAIL"}, {"profileProperty": "plan"},
        {"groupField": "ID"},
    ]
)  # fmt: skip
METRICS: Final = st.lists(
    st.sampled_from(
        [
            *({"metric": name} for name in ("EVENTS", "PAGEVIEWS", "VISITORS", "SESSIONS")),
            *({"metric": name} for name in ("SCREEN_VIEWS", "BOUNCE_RATE", "SESSION_DURATION")),
            *({"metric": name} for name in ("VIEWS_PER_SESSION", "REVENUE", "PROFILES")),
            *({"metric": name, "of": {"property": "price"}} for name in ("SUM", "AVG", "MAX")),
            {"metric": "UNIQUE", "of": {"field": "PATH"}},
            {"metric": "EVENTS", "event": {"name": "a"}, "as": "renamed"},
            {"metric": "EVENTS", "filter": {"country": {"eq": "SE"}}},
        ]
    ),
    min_size=1,
    max_size=3,
)
MATCHES: Final[Conditions] = st.one_of(
    TEXTS.map(lambda text: {"eq": text}),
    TEXTS.map(lambda text: {"ne": text}),
    st.lists(TEXTS, max_size=2).map(lambda texts: {"in": texts}),
    TEXTS.map(lambda text: {"contains": text, "ignoreCase": True}),
    st.booleans().map(lambda empty: {"isNull": empty}),
)
NUMBERS: Final[Conditions] = st.sampled_from(
    [{"gt": 1}, {"gte": 7}, {"lt": 10.5}, {"eq": 10}, {"ne": 7}]
)
LEAVES: Final[Conditions] = st.one_of(
    st.tuples(st.sampled_from(["name", "path", "country", "device"]), MATCHES).map(
        lambda pair: dict([pair])
    ),
    st.tuples(DIMENSIONS, MATCHES | NUMBERS).map(
        lambda pair: {"where": [{"on": pair[0], "is": pair[1]}]}
    ),
    st.tuples(st.sampled_from(["a", "b", "screen_view"]), st.integers(0, 3)).map(
        lambda pair: {"did": {"event": {"name": pair[0]}, "atLeast": pair[1]}}
    ),
)
FILTERS: Final[Conditions] = st.recursive(
    st.just(NOTHING) | LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda members: {"and": members}),
        st.lists(inner, max_size=3).map(lambda members: {"or": members}),
        inner.map(lambda member: {"not": member}),
    ),
    max_leaves=4,
)


class Answering:
    """A server over one engine, whose questions to the core are remembered."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asked: list[Any] = []
        self._worlds = 0
        self._store: EventStore = cast("Any", server.services.ingest)._log.store
        reader: Reader = server.services.reader
        answer = reader.answer

        async def remember(query: Any, project: Any) -> Any:  # noqa: ANN401  As the reader's own.
            self.asked.append(query)
            return await answer(query, project)

        vars(reader)["answer"] = remember

    async def load(self, events: list[Event], people: list[Profile], zone: str) -> World:
        """Stores the facts as those of a new project."""
        self._worlds += 1
        place = self._worlds
        created = await self.server.services.projects.create_project(f"world-{place}", zone)
        number = created.project.number
        mine = [
            replace(event, project=number, position=place * 10_000 + event.position)
            for event in events
        ]
        outcome = merge_sessions((), sessionize(mine, name_session))
        ids = session_ids(mine, outcome)
        await self._store.apply(
            Changes(
                journal="parity",
                position=place,
                events=mine,
                sessions=outcome.states,
                session_ids=ids,
            )
        )
        profiles = [replace(one, project=number, sequence=place) for one in people]
        await self._store.copy_profiles(profiles)
        stored = [replace(event, session_id=id_) for event, id_ in zip(mine, ids, strict=True)]
        return World.of(stored, profiles)

    async def ask(self, field: str, variables: dict[str, Any]) -> tuple[Any, Any]:
        """The field of the newest project, and what the core was asked for it."""
        self.asked.clear()
        declared = {
            "m": "[MetricInput!]!", "r": "RangeInput!", "f": "EventFilterInput", "z": "TimeZone",
            "b": "[DimensionInput!]", "by": "[DimensionInput!]!", "c": "CompareInput",
        }  # fmt: skip
        heads = ", ".join(f"${name}: {declared[name]}" for name in variables)
        project = f'project(id: "world-{self._worlds}") {{ asked: {field} }}'
        answer = await self.server.ask(f"query ({heads}) {{ {project} }}", variables)
        return answer.data["project"]["asked"], self.asked[0]


@pytest.fixture(scope="module", params=ENGINES)
async def answering(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Answering]:
    directory = tmp_path_factory.mktemp("parity")
    configured = settings_in(directory / "data").model_copy(
        update={"events_url": store_url(request.param, directory), "rate_limits": False}
    )
    async with opened(configured, FixedClock(LONG_AGO)) as server:
        yield Answering(server)


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Event], list[Profile], ZoneInfo, dict[str, Any]]:
    """Facts, a zone, and the arguments that all analyses have."""
    events, now = draw(worlds())
    zone = draw(st.sampled_from(ZONES))
    ends = sorted(draw(st.tuples(*[st.integers(now - SPREAD_MS, now + 1)] * 2)))
    first, last = (to_datetime(end, zone).isoformat() for end in (ends[0], ends[1] + 1))
    arguments = {
        "m": draw(METRICS),
        "r": {"between": {"from": first, "to": last}},
        "f": draw(FILTERS),
    }
    return events, draw(PEOPLE), zone, arguments


def told(instant: str) -> int:
    """The instant in milliseconds."""
    return round((datetime.fromisoformat(instant) - EPOCH).total_seconds() * 1000)


@settings(max_examples=30)
@given(questions(), st.sampled_from([None, {"previous": "PERIOD"}, {"previous": "WEEK"}]))
async def test_totals(
    answering: Answering,
    drawn: tuple[list[Event], list[Profile], ZoneInfo, dict[str, Any]],
    compare: dict[str, Any] | None,
) -> None:
    events, people, zone, arguments = drawn
    world = await answering.load(events, people, zone.key)
    shown, query = await answering.ask(
        "totals(metrics: $m, range: $r, filter: $f, compare: $c) { values { value previous } }",
        {**arguments, "c": compare},
    )
    expected = Oracle(world, Moment(LONG_AGO, zone)).totals(query)
    found = [(one["value"], one["previous"]) for one in shown["values"]]
    for left, right in zip(found, expected, strict=True):
        assert all(map(close, left, right)), (found, expected)


@settings(max_examples=30)
@given(questions(), st.lists(DIMENSIONS, max_size=1), st.sampled_from(["AUTO", "DAY", "HOUR"]))
async def test_timeseries(
    answering: Answering,
    drawn: tuple[list[Event], list[Profile], ZoneInfo, dict[str, Any]],
    breakdown: list[dict[str, str]],
    interval: str,
) -> None:
    events, people, zone, arguments = drawn
    world = await answering.load(events, people, "UTC")
    shown, query = await answering.ask(
        f"timeseries(metrics: $m, range: $r, filter: $f, breakdown: $b, timezone: $z, top: 3, "
        f"interval: {interval}) {{ buckets series {{ key points }} }}",
        {**arguments, "b": breakdown, "z": zone.key},
    )
    starts, points = Oracle(world, Moment(LONG_AGO, zone, Limits())).series(query)
    assert [told(start) for start in shown["buckets"]] == starts
    assert len(shown["series"]) == len(points)
    for place, line in enumerate(shown["series"]):
        expected = points[place % len(query.metrics), tuple(line["key"])]
        assert all(map(close, line["points"], expected)), (line, expected)


@settings(max_examples=30)
@given(questions(), st.lists(DIMENSIONS, min_size=1, max_size=2), st.integers(0, 5))
async def test_breakdown(
    answering: Answering,
    drawn: tuple[list[Event], list[Profile], ZoneInfo, dict[str, Any]],
    by: list[dict[str, str]],
    first: int,
) -> None:
    events, people, zone, arguments = drawn
    world = await answering.load(events, people, zone.key)
    shown, query = await answering.ask(
        f"breakdown(by: $by, metrics: $m, range: $r, filter: $f, first: {first}) "
        "{ totalCount rows { key values } }",
        {**arguments, "by": by},
    )
    rows, total = Oracle(world, Moment(LONG_AGO, zone)).breakdown(query)
    assert shown["totalCount"] == total
    assert [tuple(row["key"]) for row in shown["rows"]] == [labels for labels, _ in rows]
    for row, (_, values) in zip(shown["rows"], rows, strict=True):
        assert all(map(close, row["values"], values)), (row, values)
