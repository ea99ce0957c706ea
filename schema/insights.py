"""Saved questions: asked of the core, and shown as the schema's types."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, assert_never

from app.analytics.audiences import AudiencesQuery
from app.analytics.codec import Question
from app.analytics.errors import InvalidQueryError
from app.analytics.journeys import (
    FunnelQuery,
    FunnelTrendQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.queries import (
    BreakdownQuery,
    ChartQuery,
    EventsQuery,
    SeriesQuery,
    TotalsQuery,
)
from app.exports.asking import answered
from schema.journeys import AskedForJourneys
from schema.saved_enums import InsightKind
from schema.types.analysis import BreakdownConnection, Timeseries, Totals
from schema.types.journey_answers import Funnel, Lifecycle, Paths, Retention, Stickiness

_KINDS: Final[Mapping[type[Any], InsightKind]] = {
    TotalsQuery: InsightKind.TOTALS,
    SeriesQuery: InsightKind.TIMESERIES,
    ChartQuery: InsightKind.TIMESERIES,
    AudiencesQuery: InsightKind.TIMESERIES,
    FunnelTrendQuery: InsightKind.TIMESERIES,
    BreakdownQuery: InsightKind.BREAKDOWN,
    FunnelQuery: InsightKind.FUNNEL,
    RetentionQuery: InsightKind.RETENTION,
    PathsQuery: InsightKind.PATHS,
    StickinessQuery: InsightKind.STICKINESS,
    LifecycleQuery: InsightKind.LIFECYCLE,
    EventsQuery: InsightKind.EVENTS,
}

_MOVING: Final = frozenset({"range", "previous_range"})


def kind_of(question: Question) -> InsightKind:
    """What the question asks."""
    return _KINDS[type(question)]


def classes_of(kind: InsightKind) -> frozenset[str]:
    """The names of the core's questions that are of that kind."""
    return frozenset(cls.__name__ for cls, known in _KINDS.items() if known is kind)


class AskedForInsights(AskedForJourneys):
    """One project, and the request that asks a saved question about it."""

    async def result(
        self, question: Question
    ) -> (
        Totals
        | Timeseries
        | BreakdownConnection
        | Funnel
        | Retention
        | Paths
        | Stickiness
        | Lifecycle
    ):
        """The answer to the question as it is now."""
        match question:
            case TotalsQuery():
                return await self.totals(question)
            case SeriesQuery():
                return await self.timeseries(question)
            case ChartQuery() | AudiencesQuery() | FunnelTrendQuery():
                return await self.lines(question)
            case BreakdownQuery():
                return await self.breakdown(question)
            case EventsQuery():
                message = "Events themselves have no such answer: list or export them."
                raise InvalidQueryError.at("question", message=message)
            case _:
                return await self._journey(question)

    async def essence(self, question: Question) -> tuple[object, ...]:
        """What differs when the answer does; that its range moves on makes no other answer."""
        reader = self.context.services.reader
        result = (await answered(reader, question, self.project)).result
        names = (part.name for part in fields(result) if part.name not in _MOVING)
        return tuple(getattr(result, name) for name in names)

    async def _journey(
        self,
        question: FunnelQuery | RetentionQuery | PathsQuery | StickinessQuery | LifecycleQuery,
    ) -> Funnel | Retention | Paths | Stickiness | Lifecycle:
        match question:
            case FunnelQuery():
                return await self.funnel(question)
            case RetentionQuery():
                return await self.retention(question)
            case PathsQuery():
                return await self.paths(question)
            case StickinessQuery():
                return await self.stickiness(question)
            case LifecycleQuery():
                return await self.lifecycle(question)
            case _:
                assert_never(question)
