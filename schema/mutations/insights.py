"""Making, changing and deleting saved insights."""

from typing import Annotated, Final

import strawberry

from app.analytics.codec import Question
from app.analytics.errors import InvalidQueryError, NotFoundError
from app.projects import insights as core
from app.projects.insights import InsightChange, InsightDraft
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.context import Info
from schema.definitions import given, object_type
from schema.inputs.saved import CreateInsightInput, DeleteInsightInput, UpdateInsightInput
from schema.insights import AskedForInsights, kind_of
from schema.mutations.finding import find_project_of, missing
from schema.query import find_project
from schema.questions import question_of, within
from schema.saved_enums import InsightKind
from schema.types.keeping import number_of
from schema.types.payloads import InvalidInput, NotFound, invalid_input
from schema.types.saved import insight_node
from schema.types.saved_payloads import (
    DeleteInsightPayload,
    DeleteInsightSuccess,
    InsightPayload,
    InsightSuccess,
)

_USUAL: Final = {
    InsightKind.TOTALS: core.Display.NUMBER,
    InsightKind.TIMESERIES: core.Display.LINE,
    InsightKind.BREAKDOWN: core.Display.TABLE,
    InsightKind.FUNNEL: core.Display.FUNNEL,
    InsightKind.RETENTION: core.Display.RETENTION,
    InsightKind.PATHS: core.Display.PATHS,
    InsightKind.STICKINESS: core.Display.BAR,
    InsightKind.LIFECYCLE: core.Display.STACKED_BAR,
    InsightKind.EVENTS: core.Display.TABLE,
}


@object_type
class InsightMutations:
    """Changes of saved insights. All need MANAGE_INSIGHTS."""

    @strawberry.mutation
    async def create_insight(
        self,
        info: Info,
        told: Annotated[
            CreateInsightInput, strawberry.argument(name="input", description="The insight.")
        ],
    ) -> InsightPayload | None:
        """Saves a question, which is asked once to see that it can be. Needs MANAGE_INSIGHTS."""
        project = await find_project(info, told.project_id)
        info.context.demand(Scope.MANAGE_INSIGHTS)
        try:
            return await _create(info, told, project)
        except InvalidQueryError as error:
            return invalid_input(error)

    @strawberry.mutation
    async def update_insight(
        self,
        info: Info,
        told: Annotated[
            UpdateInsightInput, strawberry.argument(name="input", description="The changes.")
        ],
    ) -> InsightPayload | None:
        """Changes an insight, wherever it is shown. Needs MANAGE_INSIGHTS."""
        found = await find_project_of(info, "Insight", told.id)
        if isinstance(found, NotFound):
            return found
        try:
            return await _update(info, told, *found)
        except InvalidQueryError as error:
            return invalid_input(error)

    @strawberry.mutation
    async def delete_insight(
        self,
        info: Info,
        told: Annotated[
            DeleteInsightInput, strawberry.argument(name="input", description="Which insight.")
        ],
    ) -> DeleteInsightPayload | None:
        """Deletes an insight, also from dashboards. Needs MANAGE_INSIGHTS."""
        found = await find_project_of(info, "Insight", told.id)
        if isinstance(found, NotFound):
            return found
        change = InsightChange(changed_by=info.context.get_principal().id, is_deleted=True)
        changed = await _change(info, *found, change)
        return DeleteInsightSuccess(deleted_id=told.id) if changed else missing("Insight", told.id)


async def _create(
    info: Info, told: CreateInsightInput, project: Project
) -> InsightSuccess | InvalidInput:
    question = await checked_question(info, project, question_of(told.question, project.number))
    display = given(told.display)
    draft = InsightDraft(
        question=question,
        created_by=info.context.get_principal().id,
        name=told.name,
        description=told.description,
        display=_USUAL[kind_of(question)] if display is None else core.Display(display.value),
        tags=told.tags,
        is_favorite=told.is_favorite,
    )
    stored = await info.context.services.insights.create(project.number, draft)
    return InsightSuccess(insight=insight_node(stored, project))


async def _update(
    info: Info, told: UpdateInsightInput, project: Project, key: str
) -> InsightSuccess | NotFound:
    asked, display = given(told.question), given(told.display)
    question = None
    if asked is not None:
        question = await checked_question(info, project, question_of(asked, project.number))
    change = InsightChange(
        changed_by=info.context.get_principal().id,
        name=given(told.name),
        description=given(told.description),
        question=question,
        display=None if display is None else core.Display(display.value),
        tags=given(told.tags),
        is_favorite=given(told.is_favorite),
    )
    changed = await _change(info, project, key, change)
    if changed is None:
        return missing("Insight", told.id)
    return InsightSuccess(insight=insight_node(changed, project))


async def _change(
    info: Info, project: Project, key: str, change: InsightChange
) -> core.Insight | None:
    """The insight after the change; None when there is none."""
    insights, number = info.context.services.insights, number_of(key) or 0
    if await insights.find(project.number, number) is None:
        return None
    try:
        return await insights.change(project.number, number, change)
    except NotFoundError:
        return None


async def checked_question(info: Info, project: Project, question: Question) -> Question:
    """The question, which has been asked; raises InvalidQueryError if it has no answer."""
    with within("question"):
        await AskedForInsights(info.context, project).result(question)
    return question
