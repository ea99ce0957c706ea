"""Making, changing and deleting dashboards."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.filters import EVERYTHING
from app.projects.dashboards import Dashboard as StoredDashboard
from app.projects.dashboards import (
    DashboardChange,
    DashboardDraft,
    Overrides,
    TileDraft,
)
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.context import Info
from schema.definitions import given, object_type
from schema.ids import own_id
from schema.inputs.dimensions import Path
from schema.inputs.filters import filter_of
from schema.inputs.ranges import range_of
from schema.inputs.saved import (
    CreateDashboardInput,
    DeleteDashboardInput,
    TileInput,
    UpdateDashboardInput,
    box_of,
)
from schema.mutations.finding import find_project_of, missing
from schema.query import find_project
from schema.questions import within
from schema.types.keeping import number_of
from schema.types.payloads import NotFound, invalid_input
from schema.types.saved import MOST_TILES, dashboard_node
from schema.types.saved_payloads import (
    DashboardPayload,
    DashboardSuccess,
    DeleteDashboardPayload,
    DeleteDashboardSuccess,
)


@object_type
class DashboardMutations:
    """Changes of dashboards. All need MANAGE_INSIGHTS."""

    @strawberry.mutation
    async def create_dashboard(
        self,
        info: Info,
        told: Annotated[
            CreateDashboardInput, strawberry.argument(name="input", description="The dashboard.")
        ],
    ) -> DashboardPayload | None:
        """Makes a dashboard. Needs MANAGE_INSIGHTS."""
        project = await find_project(info, told.project_id)
        info.context.demand(Scope.MANAGE_INSIGHTS)
        try:
            return await _create(info, told, project)
        except InvalidQueryError as error:
            return invalid_input(error)

    @strawberry.mutation
    async def update_dashboard(
        self,
        info: Info,
        told: Annotated[
            UpdateDashboardInput, strawberry.argument(name="input", description="The changes.")
        ],
    ) -> DashboardPayload | None:
        """Changes a dashboard. Needs MANAGE_INSIGHTS."""
        found = await _find(info, told.id)
        if isinstance(found, NotFound):
            return found
        try:
            return await _update(info, told, *found)
        except InvalidQueryError as error:
            return invalid_input(error)

    @strawberry.mutation
    async def delete_dashboard(
        self,
        info: Info,
        told: Annotated[
            DeleteDashboardInput,
            strawberry.argument(name="input", description="Which dashboard."),
        ],
    ) -> DeleteDashboardPayload | None:
        """Deletes a dashboard; its insights stay. Needs MANAGE_INSIGHTS."""
        found = await _find(info, told.id)
        if isinstance(found, NotFound):
            return found
        project, stored = found
        change = DashboardChange(is_deleted=True)
        await info.context.services.dashboards.change(project.number, stored.number, change)
        return DeleteDashboardSuccess(deleted_id=told.id)


async def _create(info: Info, told: CreateDashboardInput, project: Project) -> DashboardSuccess:
    draft = DashboardDraft(
        name=told.name,
        created_by=info.context.get_principal().id,
        description=told.description,
        overrides=_overrides(told, Overrides()),
        tags=told.tags,
        is_pinned=told.is_pinned,
        tiles=await _tiles(info, project, told.tiles),
    )
    stored = await info.context.services.dashboards.create(project.number, draft)
    return DashboardSuccess(dashboard=dashboard_node(stored, project))


async def _update(
    info: Info, told: UpdateDashboardInput, project: Project, stored: StoredDashboard
) -> DashboardSuccess:
    tiles = given(told.tiles)
    overrides = _overrides(told, stored.overrides)
    change = DashboardChange(
        name=given(told.name),
        description=given(told.description),
        overrides=None if overrides == stored.overrides else overrides,
        tags=given(told.tags),
        is_pinned=given(told.is_pinned),
        tiles=None if tiles is None else await _tiles(info, project, tiles),
    )
    changed = await info.context.services.dashboards.change(project.number, stored.number, change)
    return DashboardSuccess(dashboard=dashboard_node(changed, project))


def _overrides(told: CreateDashboardInput | UpdateDashboardInput, before: Overrides) -> Overrides:
    """What was told; what was left out is as before, and null is nothing."""
    span, where = before.range, before.filter
    if told.span is not strawberry.UNSET:
        span = None if told.span is None else range_of(told.span)
    if told.where is not strawberry.UNSET:
        where = EVERYTHING if told.where is None else filter_of(told.where)
    return Overrides(span, where)


async def _tiles(info: Info, project: Project, asked: Sequence[TileInput]) -> list[TileDraft]:
    """The tiles; raises InvalidQueryError for the first one that shows nothing that is there."""
    if len(asked) > MOST_TILES:
        message = f"A dashboard has at most {MOST_TILES} tiles."
        raise InvalidQueryError.at("tiles", message=message)
    drafts = [_tile(one, project, ("tiles", place)) for place, one in enumerate(asked)]
    numbers = [draft.insight for draft in drafts if draft.insight is not None]
    known = await info.context.services.insights.get_many(numbers)
    for place, draft in enumerate(drafts):
        if draft.insight is None:
            continue
        found = known.get(draft.insight)
        if found is None or found.project != project.number:
            message = "There is no such insight."
            raise InvalidQueryError.at("tiles", place, "insight", message=message)
        if draft.insight in {before.insight for before in drafts[:place]}:
            message = "An insight stands once on a dashboard."
            raise InvalidQueryError.at("tiles", place, "insight", message=message)
    return drafts


def _tile(asked: TileInput, project: Project, path: Path) -> TileDraft:
    insight, text = given(asked.insight), given(asked.text)
    if (insight is None) == (text is None):
        raise InvalidQueryError.at(*path, message="A tile has an insight or a text.")
    with within(*path):
        box = box_of(asked.box, "box")
        # A text that is no number names no insight.
        number = None if insight is None else number_of(_own(insight, project)) or 0
    return TileDraft(insight=number, text=text, box=box, color=given(asked.color))


def _own(insight: str, project: Project) -> str:
    return own_id(insight, "Insight", project.number)


async def _find(info: Info, told: strawberry.ID) -> tuple[Project, StoredDashboard] | NotFound:
    found = await find_project_of(info, "Dashboard", told)
    if isinstance(found, NotFound):
        return found
    project, key = found
    stored = await info.context.services.dashboards.find(project.number, number_of(key) or 0)
    return missing("Dashboard", told) if stored is None else (project, stored)
