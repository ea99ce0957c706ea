"""Slices of events and sessions of several owners: the same slice of each, read together."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar, cast

from app.analytics.answers.slices import Slices, events_of_each, sessions_of_each
from app.analytics.fields import COLUMNS, Column
from app.analytics.filters import All, Compare, Filter, Operator
from app.analytics.filters import Any as AnyOf
from app.analytics.periods import TimeRange
from app.analytics.queries import EventsQuery, SessionsQuery
from app.analytics.results import EventsResult, SessionsResult
from app.http.services import Services

Asked = TypeVar("Asked", EventsQuery, SessionsQuery)
Result = TypeVar("Result", EventsResult, SessionsResult)

_ROWS_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Owner:
    """The profile or the session with that id in the column; `within` a range, if there is one."""

    column: Column
    id: str
    within: TimeRange | None = None


@dataclass(frozen=True, slots=True)
class Owned(Generic[Asked]):
    """The slice that the query tells, of the owner's rows alone."""

    query: Asked
    owner: Owner


def together(parts: Sequence[Owned[Asked]]) -> Asked:
    """One question for the slices of all these owners, which differ in nothing else."""
    owners = list(dict.fromkeys(part.owner for part in parts))
    column, query = owners[0].column, parts[0].query
    ids = tuple(owner.id for owner in owners)
    conditions: list[Filter] = [Compare(column, Operator.EQUALS, ids), query.filter]
    changes: dict[str, Any] = {}
    spans = [owner.within for owner in owners if owner.within is not None]
    if len(spans) == len(owners):
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        changes["range"] = TimeRange(start, end)
    if len(owners) > 1:
        conditions += [AnyOf(tuple(map(_rows_of, owners)))] if spans else []
        changes["page"] = replace(query.page, each=column)
        if isinstance(query, EventsQuery) and query.columns is not None:
            changes["columns"] = query.columns | {column.name}
    asked: Any = query
    return cast("Asked", replace(asked, filter=All(tuple(conditions)), **changes))


def _rows_of(owner: Owner) -> Filter:
    """That a row is the owner's, and in its range if there is one."""
    own = Compare(owner.column, Operator.EQUALS, (owner.id,))
    if owner.within is None:
        return own
    begun = Compare(COLUMNS["created_at"], Operator.AT_LEAST, (owner.within.start,))
    return All((own, begun, Compare(COLUMNS["created_at"], Operator.LESS, (owner.within.end,))))


async def read_events(
    services: Services, parts: Sequence[Owned[EventsQuery]]
) -> list[EventsResult | BaseException]:
    """The slice of each; an exception where it can't be told."""
    return await _read_in_groups(services, parts, events_of_each)


async def read_sessions(
    services: Services, parts: Sequence[Owned[SessionsQuery]]
) -> list[SessionsResult | BaseException]:
    """The slice of each; an exception where it can't be told."""
    return await _read_in_groups(services, parts, sessions_of_each)


async def _read_in_groups(
    services: Services,
    parts: Sequence[Owned[Asked]],
    of_each: Callable[[Asked, Column, Result], Slices[Result]],
) -> list[Result | BaseException]:
    """What is read of each part: of those that ask for the same slice together."""
    groups: dict[tuple[Asked, Column], list[int]] = {}
    for place, part in enumerate(parts):
        groups.setdefault((part.query, part.owner.column), []).append(place)
    portions = [
        places[start : start + size]
        for (query, _), places in groups.items()
        for size in (max(1, _ROWS_AT_ONCE // (query.page.limit + 1)),)
        for start in range(0, len(places), size)
    ]
    answers = await asyncio.gather(
        *(_read(services, [parts[place] for place in portion], of_each) for portion in portions),
        return_exceptions=True,
    )
    found: dict[int, Result | BaseException] = {}
    for portion, answer in zip(portions, answers, strict=True):
        several = [answer] * len(portion) if isinstance(answer, BaseException) else answer
        found.update(zip(portion, several, strict=True))
    return [found[place] for place in range(len(parts))]


async def _read(
    services: Services,
    parts: Sequence[Owned[Asked]],
    of_each: Callable[[Asked, Column, Result], Slices[Result]],
) -> Sequence[Result]:
    query = together(parts)
    project = await services.projects.get_project(query.project)
    found: Any = await services.reader.ask(query, project)
    if query.page.each is None:
        return [found] * len(parts)
    slices = of_each(query, query.page.each, found)
    return [slices.of(part.owner.id) for part in parts]
