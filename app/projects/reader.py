"""Asking the event store: the one place where questions meet the clock and the engine."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, overload
from zoneinfo import ZoneInfo

import anyio
import structlog

from app.analytics import runner
from app.analytics.answers.steps import Steps
from app.analytics.audiences import AudiencesQuery
from app.analytics.catalog import Owner, PropertyKeysQuery
from app.analytics.chart_results import ChartResult
from app.analytics.cohorts import asks_for_all, cohorts_in
from app.analytics.fields import fields_of, uses_groups, uses_profiles
from app.analytics.journey_results import (
    FunnelProfilesResult,
    FunnelResult,
    LifecycleResult,
    PathsResult,
    RetentionResult,
    StickinessResult,
)
from app.analytics.journeys import (
    FunnelProfilesQuery,
    FunnelQuery,
    FunnelTrendQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.presence import ActiveQuery, LastSeenQuery, StaysQuery
from app.analytics.queries import (
    BreakdownQuery,
    ChartQuery,
    EventsQuery,
    Limits,
    Listing,
    Moment,
    PagesQuery,
    ProfilesQuery,
    Query,
    SeriesQuery,
    SessionsQuery,
    TotalsQuery,
)
from app.analytics.results import (
    ActiveResult,
    BreakdownResult,
    EventsResult,
    LastSeenResult,
    PagesResult,
    ProfilesResult,
    PropertyKeysResult,
    SeriesResult,
    SessionsResult,
    StaysResult,
    TotalsResult,
)
from app.analytics.shapes import Shape
from app.analytics.sql.build import Prepared, Statement
from app.analytics.streams import StreamQuery
from app.kit.clock import Clock
from app.projects.answer_cache import (
    AnswerCache,
    Answered,
    cache_key,
)
from app.projects.cohorts import CohortDirectory
from app.projects.horizons import Horizons
from app.projects.own_ids import Roots, under_own_ids
from app.projects.records import Project
from app.projects.slices import Slices, Wanted
from app.projects.streams import EventStream
from app.stores.base import EventStore, Lines, Row

Answer = TypeVar("Answer")

_log = structlog.get_logger("rosetta.query")


@dataclass(frozen=True, slots=True)
class Barriers:
    """What is awaited before a question, so that it sees what was acknowledged before it.

    Each returns when that can be read in the event store: `events` of every question,
    `profiles` and `groups` of those that are about such. `roots` tells which profiles are
    asked for by an alias.
    """

    events: Callable[[], Awaitable[object]]
    profiles: Callable[[], Awaitable[object]]
    groups: Callable[[], Awaitable[object]]
    roots: Roots


class Reader:
    """Answers questions about projects."""

    def __init__(
        self,
        store: EventStore,
        barriers: Barriers,
        cohorts: CohortDirectory,
        clock: Clock,
        *,
        timeout_seconds: float,
    ) -> None:
        self._store = store
        self._barriers = barriers
        self._cohorts = cohorts
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._cache = AnswerCache()
        self._horizons = Horizons()
        self._slices = Slices(store, self._horizons, timeout_seconds)

    @overload
    async def ask(self, query: TotalsQuery, project: Project) -> TotalsResult: ...
    @overload
    async def ask(self, query: SeriesQuery, project: Project) -> SeriesResult: ...
    @overload
    async def ask(self, query: AudiencesQuery, project: Project) -> SeriesResult: ...
    @overload
    async def ask(self, query: BreakdownQuery, project: Project) -> BreakdownResult: ...
    @overload
    async def ask(self, query: EventsQuery, project: Project) -> EventsResult: ...
    @overload
    async def ask(self, query: SessionsQuery, project: Project) -> SessionsResult: ...
    @overload
    async def ask(self, query: PagesQuery, project: Project) -> PagesResult: ...
    @overload
    async def ask(self, query: PropertyKeysQuery, project: Project) -> PropertyKeysResult: ...
    @overload
    async def ask(self, query: StaysQuery, project: Project) -> StaysResult: ...
    @overload
    async def ask(self, query: ActiveQuery, project: Project) -> ActiveResult: ...
    @overload
    async def ask(self, query: ProfilesQuery, project: Project) -> ProfilesResult: ...
    @overload
    async def ask(self, query: LastSeenQuery, project: Project) -> LastSeenResult: ...
    @overload
    async def ask(self, query: FunnelQuery, project: Project) -> FunnelResult: ...
    @overload
    async def ask(self, query: FunnelProfilesQuery, project: Project) -> FunnelProfilesResult: ...
    @overload
    async def ask(self, query: FunnelTrendQuery, project: Project) -> SeriesResult: ...
    @overload
    async def ask(self, query: ChartQuery, project: Project) -> ChartResult: ...
    @overload
    async def ask(self, query: RetentionQuery, project: Project) -> RetentionResult: ...
    @overload
    async def ask(self, query: PathsQuery, project: Project) -> PathsResult: ...
    @overload
    async def ask(self, query: StickinessQuery, project: Project) -> StickinessResult: ...
    @overload
    async def ask(self, query: LifecycleQuery, project: Project) -> LifecycleResult: ...
    async def ask(self, query: Query, project: Project) -> Any:
        """The answer, with local days in the project's zone unless the query names one.

        Raises InvalidQueryError for what can't be asked and QueryTimeoutError for what
        takes too long.
        """
        return (await self.answer(query, project)).result

    async def answer(self, query: Query, project: Project) -> Answered[Any]:
        """The answer as `ask` gives it, and when it was computed.

        An answer in numbers is kept until something is stored.
        """
        query = await under_own_ids(query, self._barriers.roots)
        moment = await self._moment(query, project)
        key = cache_key(query, moment)
        generation = self._store.generation(query.project)
        kept = None if key is None else self._cache.find(key, generation)
        if kept is not None:
            return kept
        steps: Steps[Any] = runner.answer(query, moment)
        result, rows = await self._drive(steps, type(query).__name__, project)
        if isinstance(query, EventsQuery) and result.reach is not None:
            self._horizons.learn(query, moment, result.reach)
        answered = Answered(result, moment.now)
        if key is not None:
            self._cache.keep(key, generation, answered, rows)
        return answered

    async def count(
        self, query: EventsQuery | SessionsQuery | ProfilesQuery, project: Project
    ) -> int:
        """How many rows the query has through all slices; errors as `ask`."""
        query = await under_own_ids(query, self._barriers.roots)
        steps = runner.count(query, await self._moment(query, project))
        return (await self._drive(steps, f"{type(query).__name__}.count", project))[0]

    async def event_lines(self, query: EventsQuery, shape: Shape, project: Project) -> Lines:
        """The slice as lines of that shape, each with its sort key behind it; errors as `ask`.

        Lines of a walk backward come in its order. Where they are not whole, some event has
        a value beyond the shape's bounds. They are kept for as long as they are true.
        """
        query = await under_own_ids(query, self._barriers.roots)
        moment = await self._moment(query, project)
        started = time.perf_counter()

        async def settle(steps: Steps[Listing]) -> Listing:
            return (await self._drive(steps, "EventsQuery.plan", project))[0]

        lines = await self._slices.read(Wanted(query, shape, moment, settle))
        _tell("EventsQuery.lines", project, started, lines.count)
        return lines

    async def stream(self, query: StreamQuery, project: Project) -> EventStream:
        """All events that the query is about, ready to be read; errors as `ask`."""
        query = await under_own_ids(query, self._barriers.roots)
        steps = runner.plan(query, await self._moment(query, project))
        stream, _ = await self._drive(steps, type(query).__name__, project)
        return EventStream(self._store, stream, self._timeout_seconds)

    async def _moment(self, query: Query | StreamQuery, project: Project) -> Moment:
        """What the question may know of the world, once everything it is about can be read."""
        mentioned = cohorts_in(query)
        cohorts = await self._cohorts.named(project.number, mentioned) if mentioned else {}
        if asks_for_all(query):
            cohorts |= await self._cohorts.every(project.number)
        await self._barriers.events()
        fields = (*fields_of(query), *fields_of(tuple(cohorts.values())))
        owner = query.owner if isinstance(query, PropertyKeysQuery) else None
        is_about_people = isinstance(query, ProfilesQuery | LastSeenQuery)
        if is_about_people or owner is Owner.PROFILE or uses_profiles(fields):
            await self._barriers.profiles()
        if owner is Owner.GROUP or uses_groups(fields):
            await self._barriers.groups()
        moment = Moment(
            self._clock.now_ms(),
            ZoneInfo(project.timezone),
            Limits(),
            cohorts=cohorts,
            engine=self._store.capabilities,
        )
        if isinstance(query, EventsQuery):
            return replace(moment, horizon=self._horizons.find(query, moment))
        return moment

    async def _drive(self, steps: Steps[Answer], kind: str, project: Project) -> tuple[Answer, int]:
        """The answer, and how many rows it was made of."""
        started = time.perf_counter()
        rows_read = 0
        try:
            statements = next(steps)
            while True:
                answers = await self._fetch_all(statements)
                rows_read += sum(map(len, answers))
                statements = steps.send(answers)
        except StopIteration as finished:
            _tell(kind, project, started, rows_read)
            answer: Answer = finished.value
            return answer, rows_read

    async def _fetch_all(self, statements: tuple[Statement | Prepared, ...]) -> list[list[Row]]:
        if len(statements) == 1:
            return [await self._store.fetch(statements[0], self._timeout_seconds)]
        answers: list[list[Row]] = [[] for _ in statements]

        async def fetch(index: int, statement: Statement | Prepared) -> None:
            answers[index] = await self._store.fetch(statement, self._timeout_seconds)

        try:
            async with anyio.create_task_group() as group:
                for index, statement in enumerate(statements):
                    group.start_soon(fetch, index, statement)
        except BaseExceptionGroup as several:
            # The first failure stopped the others; it alone tells what went wrong.
            raise several.exceptions[0] from None
        return answers


def _tell(kind: str, project: Project, started: float, rows: int) -> None:
    """Writes the log's line about a question that was answered."""
    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    _log.info("query", kind=kind, project=project.id, ms=elapsed_ms, rows=rows)
