"""What a request's resolvers are given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import strawberry
from strawberry.dataloader import DataLoader

from app.analytics import records
from app.analytics.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from app.analytics.queries import EventsQuery, SessionsQuery
from app.analytics.results import EventsResult, SessionsResult
from app.http.ratelimit import Allowance
from app.http.services import Services
from app.ingest.calls import Caller
from app.projects.dashboards import Tile
from app.projects.insights import Insight
from app.projects.principals import Principal
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.execution.costs import Cost
from schema.owners import Owned

Key: TypeAlias = tuple[int, str]
"""A project's number and the id of a thing in it."""


@dataclass(frozen=True, slots=True)
class Loaders:
    """Look-ups by key that are put together into one per kind and turn of the loop."""

    profiles: DataLoader[Key, records.Profile | None]
    sessions: DataLoader[Key, records.Session | None]
    insights: DataLoader[int, Insight | None]
    tiles: DataLoader[int, Sequence[Tile]]
    events_of: DataLoader[Owned[EventsQuery], EventsResult]
    sessions_of: DataLoader[Owned[SessionsQuery], SessionsResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A proven credential and how it is called."""

    principal: Principal
    name: str


@dataclass(frozen=True, slots=True)
class Spending:
    """What the operation costs, and what is left for others. A dry run costs nothing."""

    cost: Cost
    allowance: Allowance
    is_dry_run: bool


@dataclass(slots=True, kw_only=True)
class Context:
    """One request: who asks, and what may be used to answer. `asker` is None for no one known.

    `payer` is the key of the budget; `spending` is known once the operation has been priced.
    What few operations need is found out by those: `find_caller` tells who is on the other
    side at that moment, `gather` makes the loaders.
    """

    services: Services
    asker: Identified | None
    payer: str
    request_id: str
    find_caller: Callable[[], Caller]
    gather: Callable[[], Loaders]
    spending: Spending | None = None
    _loaders: Loaders | None = field(default=None, init=False)

    @property
    def loaders(self) -> Loaders:
        """The loaders, the same ones each time."""
        if self._loaders is None:
            self._loaders = self.gather()
        return self._loaders

    def get_principal(self) -> Principal:
        """Who asks; raises UnauthenticatedError for no one known."""
        if self.asker is None:
            raise UnauthenticatedError(
                "Send a client's id and secret as openpanel-client-id and openpanel-client-secret."
            )
        return self.asker.principal

    async def get_project(self, reference: str | int) -> Project:
        """The project with that slug or number.

        Raises NotFoundError when there is none, ForbiddenError when it is another's, and
        UnauthenticatedError before either for no one known.
        """
        principal = self.get_principal()
        project = await self.services.projects.find_project(reference)
        if project is None:
            raise NotFoundError("There is no such project.")
        if not principal.may_see(project.number):
            raise ForbiddenError("This credential does not open that project.")
        return project

    def demand(self, scope: Scope) -> None:
        """Raises ForbiddenError unless the credential allows that."""
        if not self.get_principal().may(scope):
            raise ForbiddenError(f"This credential does not allow {scope.value}.")


Info: TypeAlias = strawberry.Info[Context, None]
"""What a resolver is told about its place in the operation."""
