"""Asking the questions that can be kept."""

from typing import assert_never

from app.analytics.codec import Question
from app.analytics.errors import InvalidQueryError
from app.analytics.journeys import (
    FunnelQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.queries import BreakdownQuery, EventsQuery, SeriesQuery, TotalsQuery
from app.exports.tabulate import Answer
from app.projects.reader import Reader
from app.projects.records import Project


async def ask(reader: Reader, question: Question, project: Project) -> Answer:
    """The answer; raises InvalidQueryError for a question about events themselves."""
    match question:
        case TotalsQuery():
            return await reader.ask(question, project)
        case SeriesQuery():
            return await reader.ask(question, project)
        case BreakdownQuery():
            return await reader.ask(question, project)
        case FunnelQuery():
            return await reader.ask(question, project)
        case RetentionQuery() | PathsQuery() | StickinessQuery() | LifecycleQuery() | EventsQuery():
            kind = type(question).__name__
            raise InvalidQueryError.at("kind", message=f"A {kind} has no such answer.")
        case _:
            assert_never(question)
