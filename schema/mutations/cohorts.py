"""Making, changing and deleting cohorts."""

from typing import Annotated

import strawberry

from app.analytics.errors import InvalidQueryError, Issue, NotFoundError
from app.projects.cohorts import StoredCohort
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.context import Info
from schema.definitions import given, object_type
from schema.inputs.cohorts import CreateCohortInput, DeleteCohortInput, UpdateCohortInput
from schema.inputs.filters import filter_of
from schema.mutations.finding import find_project_of, missing
from schema.query import find_project
from schema.types.payloads import (
    CohortPayload,
    CohortSuccess,
    DeleteCohortPayload,
    DeleteCohortSuccess,
    InvalidInput,
    NotFound,
    invalid_input,
)
from schema.types.people import cohort_node


@object_type
class CohortMutations:
    """Changes of cohorts. All need MANAGE_INSIGHTS."""

    @strawberry.mutation
    async def create_cohort(
        self,
        info: Info,
        told: Annotated[
            CreateCohortInput, strawberry.argument(name="input", description="The cohort.")
        ],
    ) -> CohortPayload | None:
        """Makes a cohort. Needs MANAGE_INSIGHTS."""
        project = await find_project(info, told.project_id)
        return await _create(info, told, project)

    @strawberry.mutation
    async def update_cohort(
        self,
        info: Info,
        told: Annotated[
            UpdateCohortInput, strawberry.argument(name="input", description="The changes.")
        ],
    ) -> CohortPayload | None:
        """Changes a cohort. Needs MANAGE_INSIGHTS."""
        found = await _find(info, told.id)
        return found if isinstance(found, NotFound) else await _update(info, told, *found)

    @strawberry.mutation
    async def delete_cohort(
        self,
        info: Info,
        told: Annotated[
            DeleteCohortInput, strawberry.argument(name="input", description="Which cohort.")
        ],
    ) -> DeleteCohortPayload | None:
        """Deletes a cohort; questions that mention it fail from then on. Needs MANAGE_INSIGHTS."""
        found = await _find(info, told.id)
        if isinstance(found, NotFound):
            return found
        project, stored = found
        await info.context.services.cohorts.delete(project.number, stored.cohort.id)
        return DeleteCohortSuccess(deleted_id=told.id)


async def _create(
    info: Info, told: CreateCohortInput, project: Project
) -> CohortSuccess | InvalidInput:
    info.context.demand(Scope.MANAGE_INSIGHTS)
    try:
        stored = await info.context.services.cohorts.create(
            project.number, told.name, filter_of(told.members, ("members",)), told.description
        )
    except InvalidQueryError as error:
        return _told(error)
    return CohortSuccess(cohort=cohort_node(stored, project))


async def _update(
    info: Info, told: UpdateCohortInput, project: Project, stored: StoredCohort
) -> CohortSuccess | InvalidInput | NotFound:
    name, members = given(told.name), given(told.members)
    description = given(told.description)
    try:
        changed = await info.context.services.cohorts.change(
            project.number,
            stored.cohort.id,
            stored.cohort.name if name is None else name,
            stored.cohort.condition if members is None else filter_of(members, ("members",)),
            stored.description if description is None else description,
        )
    except InvalidQueryError as error:
        return _told(error)
    except NotFoundError as error:
        return NotFound(message=error.message, id=told.id)
    return CohortSuccess(cohort=cohort_node(changed, project))


async def _find(info: Info, told: strawberry.ID) -> tuple[Project, StoredCohort] | NotFound:
    found = await find_project_of(info, "Cohort", told)
    if isinstance(found, NotFound):
        return found
    project, key = found
    stored = await info.context.services.cohorts.find(project.number, key)
    return missing("Cohort", told) if stored is None else (project, stored)


def _told(error: InvalidQueryError) -> InvalidInput:
    """What is wrong, where the input has it: the condition of a cohort tells its members."""
    issues = [
        Issue(
            ("members", *one.path[1:]) if one.path[:1] == ("definition",) else one.path, one.message
        )
        for one in error.issues
    ]
    return invalid_input(InvalidQueryError(*issues))
