"""Ordering exports."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Final, TypeAlias

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.periods import to_instant
from app.analytics.queries import EventsQuery
from app.exports.records import ColumnChoice, ExportFormat, ExportOrder
from app.exports.records import Theme as CoreTheme
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.context import Info
from schema.definitions import given, object_type
from schema.ids import own_id
from schema.inputs.saved import CreateExportInput, events_of
from schema.query import find_project
from schema.questions import question_of, within
from schema.types.exports import export_node
from schema.types.keeping import number_of
from schema.types.payloads import invalid_input
from schema.types.saved_payloads import ExportPayload, ExportSuccess

_LIFE_MS: Final = round(timedelta(days=183).total_seconds() * 1000)

_Find: TypeAlias = Callable[[int, int], Awaitable[object | None]]
"""Finds a thing of a project by both their numbers."""


@object_type
class ExportMutations:
    """Orders of exports."""

    @strawberry.mutation
    async def create_export(
        self,
        info: Info,
        told: Annotated[
            CreateExportInput, strawberry.argument(name="input", description="The file.")
        ],
    ) -> ExportPayload | None:
        """Orders a file, which is made in the background. Needs EXPORT."""
        project = await find_project(info, told.project_id)
        info.context.demand(Scope.EXPORT)
        try:
            order = await _order(info, told, project)
        except InvalidQueryError as error:
            return invalid_input(error)
        made = await info.context.services.exports.create(project.number, order)
        return ExportSuccess(export=export_node(made, project))


async def _order(info: Info, told: CreateExportInput, project: Project) -> ExportOrder:
    services, source = info.context.services, told.source
    columns, expires, now = given(told.columns), given(told.expires_at), services.clock.now_ms()
    question, events = given(source.question), given(source.events)
    asked = None
    with within("source"):
        if question is not None:
            asked = question_of(question, project.number)
        elif events is not None:
            with within("events"):
                asked = events_of(events, project.number)
        insight = await _kept("Insight", given(source.insight), project, services.insights.find)
        dashboard = await _kept(
            "Dashboard", given(source.dashboard), project, services.dashboards.find
        )
    if isinstance(asked, EventsQuery) and ExportFormat(told.format.value).is_picture:
        message = "Events themselves have no picture; choose a table format."
        raise InvalidQueryError.at("format", message=message)
    return ExportOrder(
        format=told.format.value,
        created_by=info.context.get_principal().id,
        insight=insight,
        dashboard=dashboard,
        question=asked,
        theme=CoreTheme(told.theme.value),
        columns=None if columns is None else tuple(ColumnChoice(one, one) for one in columns),
        filename=given(told.filename),
        expires_at=now + _LIFE_MS if expires is None else _expiry(to_instant(expires), now),
    )


def _expiry(instant: int, now: int) -> int:
    if instant <= now:
        raise InvalidQueryError.at("expiresAt", message="The file would be deleted at once.")
    return instant


async def _kept(kind: str, told: str | None, project: Project, find: _Find) -> int | None:
    """The number of the thing of that kind; raises InvalidQueryError when there is none."""
    if told is None:
        return None
    number = number_of(own_id(told, kind, project.number)) or 0
    if await find(project.number, number) is None:
        what = kind.lower()
        raise InvalidQueryError.at(what, message=f"There is no such {what}.")
    return number
