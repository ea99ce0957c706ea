"""Who is asking, after the proof: the one form that every kind of credential ends in."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, TypeAlias

from app.projects.records import Client, ClientType
from app.projects.scopes import Scope, scopes_of_client


class AllProjects(Enum):
    """The type of `ALL`."""

    ALL = "all"


ALL: Final = AllProjects.ALL
"""Every project, those to come included."""

Reach: TypeAlias = frozenset[int] | AllProjects
"""The numbers of the projects that a credential opens, or `ALL`."""


class PrincipalKind(StrEnum):
    """The kind of credential that was proven."""

    CLIENT = "client"
    SERVICE_ACCOUNT = "service_account"
    PROJECT_SECRET = "project_secret"  # noqa: S105  the name of a kind
    PROJECT_TOKEN = "project_token"  # noqa: S105  the same
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A proven credential.

    `id` begins with the kind, never holds a secret, and is fit to be the key of a rate
    limit. `scope_texts` are the scopes of a personal API key in its own words.
    """

    kind: PrincipalKind
    id: str
    projects: Reach
    scopes: frozenset[Scope]
    scope_texts: frozenset[str] = frozenset()

    def may(self, scope: Scope) -> bool:
        """Whether the credential allows that."""
        return scope in self.scopes

    def may_see(self, project_number: int) -> bool:
        """Whether the credential opens that project."""
        return self.projects is ALL or project_number in self.projects


def principal_of_client(client: Client) -> Principal:
    """The principal of a client that has proven itself; a root client opens every project."""
    reach: Reach = ALL
    if client.type is not ClientType.ROOT:
        reach = frozenset() if client.project is None else frozenset({client.project})
    return Principal(
        kind=PrincipalKind.CLIENT,
        id=f"client:{client.id}",
        projects=reach,
        scopes=scopes_of_client(client.type),
    )
