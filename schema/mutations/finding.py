"""What a mutation is about, which the credential may change."""

import strawberry

from app.projects.records import Project
from app.projects.scopes import Scope
from schema.context import Info
from schema.ids import find_global_id
from schema.types.payloads import NotFound


async def find_project_of(
    info: Info, kind: str, told: strawberry.ID
) -> tuple[Project, str] | NotFound:
    """The project of the thing and the thing's own id; whether it is there is not looked at.

    Raises ForbiddenError without MANAGE_INSIGHTS.
    """
    found = find_global_id(told)
    if found is None or found.type != kind:
        info.context.demand(Scope.MANAGE_INSIGHTS)
        return missing(kind, told)
    project = await info.context.get_project(found.project)
    info.context.demand(Scope.MANAGE_INSIGHTS)
    return project, found.key


def missing(kind: str, told: strawberry.ID) -> NotFound:
    """That there is no such thing."""
    return NotFound(message=f"There is no such {kind.lower()}.", id=told)
