"""Where subscriptions begin."""

from collections.abc import AsyncGenerator, Hashable
from contextlib import aclosing
from typing import Annotated, Final

import strawberry

from app.analytics.errors import InvalidQueryError, NotFoundError
from app.analytics.matching import event_test
from app.exports import records as exports
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.analysis import Asked
from schema.context import Info
from schema.definitions import object_type
from schema.ids import find_global_id
from schema.inputs.filters import filter_of
from schema.insights import AskedForInsights
from schema.live.answers import changing
from schema.live.events import Sampled, events_as_they_come
from schema.live.exports import progress_of
from schema.query import find_project
from schema.types.analysis import Live
from schema.types.exports import Export, export_node
from schema.types.keeping import find_insight, number_of
from schema.types.nodes import Event, FilterArgument, event_node
from schema.types.saved import Insight

MOST_PER_SECOND: Final = 100
_LONGEST_PAUSE_SECONDS: Final = 3_600

ProjectId = Annotated[
    strawberry.ID,
    strawberry.argument(description="The project's slug, its number or its id."),
]
Pause = Annotated[
    int,
    strawberry.argument(description="Seconds between two looks; 1 to 3600."),
]


@object_type
class LiveEvent:
    """An event as it came, and what was left out since the one before."""

    event: Event = strawberry.field(description="The event.")
    sampled: bool = strawberry.field(
        description="Whether matching events were left out, because there were too many."
    )
    dropped: int = strawberry.field(description="How many were left out since the one before.")


@object_type
class Subscription:
    """Everything that can be followed.

    Equal subscriptions are computed once. A subscriber that reads too slowly loses the oldest
    results; the next one then has their number in `extensions.dropped`.
    """

    @strawberry.subscription
    async def event_added(
        self,
        info: Info,
        project_id: ProjectId,
        where: FilterArgument = strawberry.UNSET,
        max_per_second: Annotated[
            int, strawberry.argument(description="How many to give each second; 1 to 100.")
        ] = 10,
    ) -> AsyncGenerator[LiveEvent, None]:
        """Each event as it is acknowledged. Filters may look at the event itself alone."""
        project = await find_project(info, project_id)
        info.context.demand(Scope.READ_EVENTS)
        if not 1 <= max_per_second <= MOST_PER_SECOND:
            message = f"Between 1 and {MOST_PER_SECOND} events can be given each second."
            raise InvalidQueryError.at("maxPerSecond", message=message)
        test = event_test(filter_of(where))
        news = info.context.services.news
        return _shown(events_as_they_come(news, project.number, test, max_per_second), project)

    @strawberry.subscription
    async def live_changed(
        self,
        info: Info,
        project_id: ProjectId,
        window_seconds: Annotated[
            int, strawberry.argument(description="How far back, in seconds; at most a day.")
        ] = 300,
        every_seconds: Pause = 5,
    ) -> AsyncGenerator[Live, None]:
        """Who is here and what happens, now and whenever that has changed."""
        project = await find_project(info, project_id)
        asked = Asked(info.context, project)
        pause = checked_pause(every_seconds)

        async def essence(live: Live) -> Hashable:
            return (live.visitors, live.events)

        return await changing(lambda: asked.live(window_seconds), essence, pause)

    @strawberry.subscription
    async def insight_changed(
        self,
        info: Info,
        insight_id: Annotated[
            strawberry.ID,
            strawberry.argument(name="id", description="The insight's id, as answers hold it."),
        ],
        every_seconds: Pause = 15,
    ) -> AsyncGenerator[Insight, None]:
        """The insight, now and whenever it or its answer has changed; `result` has the answer."""
        project, key = await _project_of(info, "Insight", insight_id)
        info.context.demand(Scope.READ_STATS)
        pause = checked_pause(every_seconds)

        async def ask() -> Insight:
            found = await find_insight(info.context, project, key)
            if found is None:
                raise NotFoundError("There is no such insight.")
            return found

        async def essence(insight: Insight) -> Hashable:
            asked = AskedForInsights(info.context, project)
            return insight.stored, await asked.essence(insight.stored.question)

        return await changing(ask, essence, pause)

    @strawberry.subscription
    async def export_changed(
        self,
        info: Info,
        export_id: Annotated[
            strawberry.ID,
            strawberry.argument(name="id", description="The export's id, as answers hold it."),
        ],
    ) -> AsyncGenerator[Export, None]:
        """The export, now and whenever it has come further; ends when it is done or failed."""
        project, key = await _project_of(info, "Export", export_id)
        info.context.demand(Scope.EXPORT)
        stored = await info.context.services.exports.find(project.number, number_of(key) or 0)
        if stored is None:
            raise NotFoundError("There is no such export.")
        coming = progress_of(info.context.services.exports, stored)
        return _exports(coming, project)


async def _project_of(info: Info, kind: str, told: strawberry.ID) -> tuple[Project, str]:
    """The project of the thing, and the thing's own id; raises for what is none of that kind."""
    found = find_global_id(told)
    if found is None or found.type != kind:
        raise InvalidQueryError.at("id", message=f"This is not the id of an {kind.lower()}.")
    return await info.context.get_project(found.project), found.key


async def _exports(
    coming: AsyncGenerator[exports.Export], project: Project
) -> AsyncGenerator[Export]:
    async with aclosing(coming):
        async for one in coming:
            yield export_node(one, project)


async def _shown(coming: AsyncGenerator[Sampled], project: Project) -> AsyncGenerator[LiveEvent]:
    async with aclosing(coming):
        async for one in coming:
            event = event_node(one.event, project)
            yield LiveEvent(event=event, sampled=one.left_out > 0, dropped=one.left_out)


def checked_pause(seconds: int) -> int:
    """The seconds; raises InvalidQueryError for a pause that is too short or too long."""
    if not 1 <= seconds <= _LONGEST_PAUSE_SECONDS:
        message = f"A pause lasts 1 to {_LONGEST_PAUSE_SECONDS} seconds."
        raise InvalidQueryError.at("everySeconds", message=message)
    return seconds
