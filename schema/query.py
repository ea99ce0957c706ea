"""Where queries begin."""

from typing import Annotated

import strawberry

from app.analytics.errors import InvalidQueryError
from app.projects.records import Project as ProjectRecord
from schema.context import Info
from schema.definitions import object_type
from schema.ids import GlobalId, find_global_id
from schema.types.connections import Node
from schema.types.keeping import find_dashboard, find_export, find_insight
from schema.types.nodes import find_event, find_profile, find_session
from schema.types.people import find_cohort, find_group
from schema.types.project import Project, project_node
from schema.types.viewer import RateLimit, Viewer, rate_limit_of

_MOST_NODES = 100

NodeId = Annotated[
    strawberry.ID, strawberry.argument(name="id", description="An id that an answer held.")
]


@object_type
class Query:
    """Everything that can be asked."""

    @strawberry.field
    def viewer(self) -> Viewer:
        """Who asks, and what they may see."""
        return Viewer()

    @strawberry.field
    def rate_limit(
        self,
        info: Info,
        *,
        dry_run: Annotated[
            bool,
            strawberry.argument(
                description="Tell the price of the operation without paying it: nothing but this "
                "field is executed."
            ),
        ] = False,
    ) -> RateLimit:
        """What this operation costs, and what is left for others."""
        del dry_run  # It was heeded before anything was executed.
        return rate_limit_of(info.context)

    @strawberry.field
    async def project(
        self,
        info: Info,
        reference: Annotated[
            strawberry.ID,
            strawberry.argument(name="id", description="Its slug, its number or its id."),
        ],
    ) -> Project | None:
        """One project.

        An unknown one is an error with the code NOT_FOUND, another's one with FORBIDDEN.
        """
        return project_node(await find_project(info, reference))

    @strawberry.field
    async def node(self, info: Info, node_id: NodeId) -> Node | None:
        """Whatever has that id; null when it is not there."""
        return await _find_node(info, node_id, ("id",))

    @strawberry.field
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Ids that answers held; at most 100."),
        ],
    ) -> list[Node | None] | None:
        """Whatever has these ids, in their order; null in place of what is not there."""
        if len(ids) > _MOST_NODES:
            message = f"At most {_MOST_NODES} ids can be looked up at once."
            raise InvalidQueryError.at("ids", message=message)
        return [await _find_node(info, one, ("ids", place)) for place, one in enumerate(ids)]


async def find_project(info: Info, reference: str) -> ProjectRecord:
    """The project with that slug, number or global id; raises as `Context.get_project`."""
    found = find_global_id(reference)
    if found is not None and found.type == "Project":
        return await info.context.get_project(found.project)
    return await info.context.get_project(reference)


async def _find_node(info: Info, node_id: str, path: tuple[str | int, ...]) -> Node | None:
    info.context.get_principal()
    found = find_global_id(node_id)
    if found is None:
        raise InvalidQueryError.at(*path, message="This is not an id that an answer held.")
    return await _node_of(info, found)


async def _node_of(info: Info, found: GlobalId) -> Node | None:
    project = await info.context.get_project(found.project)
    match found.type:
        case "Project":
            return project_node(project)
        case "Event":
            return await find_event(info, project, found.key)
        case "Profile":
            return await find_profile(info, project, found.key)
        case "Session":
            return await find_session(info, project, found.key)
        case "Group":
            return await find_group(info.context, project, found.key)
        case "Cohort":
            return await find_cohort(info.context, project, found.key)
        case "Insight":
            return await find_insight(info.context, project, found.key)
        case "Dashboard":
            return await find_dashboard(info.context, project, found.key)
        case "Export":
            return await find_export(info.context, project, found.key)
        case _:
            return None
