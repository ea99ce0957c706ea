"""Who asks, and what they may see."""

from datetime import datetime, timedelta

import strawberry

from app.analytics.periods import EPOCH
from schema.context import Context, Identified, Info
from schema.definitions import object_type
from schema.enums import Scope
from schema.paging import AfterCursor, First, Slicing
from schema.scalars import Long
from schema.types.connections import Connection, connection_by_number
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
        return connection_by_number(mine, window, lambda one: one.number, project_node)


@object_type
class RateLimit:
    """What an operation costs, in points, and what is left of the credential's budget."""

    cost: Long = strawberry.field(description="Points that this operation costs.")
    node_count: Long = strawberry.field(description="Rows that it may give, as far as is known.")
    limit: int = strawberry.field(description="Points of one minute.")
    remaining: int = strawberry.field(description="Points left in this minute.")
    used: int = strawberry.field(description="Points spent in this minute.")
    reset_at: datetime = strawberry.field(description="When the budget is whole again.")


def rate_limit_of(context: Context) -> RateLimit:
    """The price of the operation that is being executed."""
    spending = context.spending
    assert spending is not None  # noqa: S101  Nothing is executed before it is priced.
    allowance = spending.allowance
    now = context.services.clock.now_ms()
    return RateLimit(
        cost=Long(spending.cost.points),
        node_count=Long(spending.cost.nodes),
        limit=allowance.limit,
        remaining=allowance.remaining,
        used=allowance.limit - allowance.remaining,
        reset_at=EPOCH + timedelta(milliseconds=now, seconds=allowance.reset_seconds),
    )


def client_node(asker: Identified) -> ApiClient:
    """The credential as the schema shows it."""
    principal = asker.principal
    scopes = [scope for scope in Scope if scope.value in principal.scopes]
    return ApiClient(id=strawberry.ID(principal.id), name=asker.name, scopes=scopes)
