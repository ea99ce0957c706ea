"""Who asks, and what they may see."""

import strawberry

from app.projects.records import Project as ProjectRecord
from schema.context import Identified, Info
from schema.definitions import object_type
from schema.enums import Scope
from schema.paging import AfterCursor, First, Slicing
from schema.types.connections import Connection, Row, connection_of
from schema.types.project import Project, project_node

_PAGE = 50


@object_type
class ApiClient:
    """A credential."""

    id: strawberry.ID = strawberry.field(
        description="The kind of credential and its name; never its secret."
    )
    name: str = strawberry.field(description="How people call it.")
    scopes: list[Scope] = strawberry.field(description="What it allows.")


@object_type
class Viewer:
    """Who asks."""

    @strawberry.field
    def client(self, info: Info) -> ApiClient | None:
        """The credential of this request; null without one."""
        asker = info.context.asker
        return None if asker is None else client_node(asker)

    @strawberry.field
    async def projects(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
    ) -> Connection[Project] | None:
        """The projects that the credential opens, by number. 50 by default."""
        principal = info.context.get_principal()
        window = Slicing(first, after).window(_PAGE, (int,))
        everything = await info.context.services.projects.list_projects()
        mine = [one for one in everything if principal.may_see(one.number)]
        last = window.key[0] if window.key else 0
        behind = [one for one in mine if one.number > int(last or 0)]
        rows = [_row(one) for one in behind[: window.limit]]

        async def count() -> int:
            return len(mine)

        return connection_of(rows, window, count, has_more=len(behind) > window.limit)


def client_node(asker: Identified) -> ApiClient:
    """The credential as the schema shows it."""
    principal = asker.principal
    scopes = [scope for scope in Scope if scope.value in principal.scopes]
    return ApiClient(id=strawberry.ID(principal.id), name=asker.name, scopes=scopes)


def _row(project: ProjectRecord) -> Row[Project]:
    return Row(project_node(project), (project.number,))
