"""OpenPanel's credentials: where they stand in a request, and what they open."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from app.analytics.errors import ForbiddenError, InvalidQueryError, UnauthenticatedError
from app.http.services import Services
from app.projects.principals import Principal, principal_of_client
from app.projects.records import Client, Project
from app.projects.refusals import refuses_address, refuses_profile
from app.projects.scopes import Scope
from app.projects.verifier import CredentialVerifier

Guess: TypeAlias = Callable[[str], None]
"""Told the id of a client whose secret is tried at a cost; RateLimitedError for one too many."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says about its client, before any proof."""

    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)

    def or_else(self, client_id: str | None, secret: str | None) -> "Credentials":
        """The same with gaps filled from another place."""
        if self.client_id and self.secret:
            return self
        return Credentials(self.client_id or client_id, self.secret or secret)


def credentials_in(headers: Mapping[str, str]) -> Credentials:
    """The credentials in the headers; of both spellings the first that is not empty."""
    return Credentials(
        headers.get("openpanel-client-id") or headers.get("mixan-client-id") or None,
        headers.get("openpanel-client-secret") or headers.get("mixan-client-secret") or None,
    )


async def authenticate_reader(
    verifier: CredentialVerifier, credentials: Credentials, guess: Guess
) -> tuple[Client, Principal]:
    """The client that may read, proven by its secret.

    Raises UnauthenticatedError with OpenPanel's reason.
    """
    found = await verifier.verify_client(credentials.client_id, credentials.secret, guess)
    if not found.is_secret_valid:
        raise UnauthenticatedError("Invalid client secret")
    principal = principal_of_client(found.client)
    if not principal.may(Scope.EXPORT):
        raise UnauthenticatedError("Client is not allowed to export")
    return found.client, principal


async def choose_project(
    services: Services, client: Client, principal: Principal, reference: str | None
) -> Project:
    """The project with that slug or number, else the client's own.

    Raises NotFoundError for one that does not exist, ForbiddenError for another client's,
    InvalidQueryError where neither names one.
    """
    if reference is not None:
        project = await services.projects.get_project(reference)
    elif client.project is not None:
        project = await services.projects.get_project(client.project)
    else:
        raise InvalidQueryError.at("projectId", message="project_id or projectId is required")
    if not principal.may_see(project.number):
        raise ForbiddenError("You do not have access to this project")
    return project


async def authenticate_importer(
    verifier: CredentialVerifier, credentials: Credentials, guess: Guess
) -> tuple[Client, Principal]:
    """The client that may import, which each kind may when it is proven by its secret.

    Raises UnauthenticatedError with OpenPanel's reason.
    """
    found = await verifier.verify_client(credentials.client_id, credentials.secret, guess)
    if not found.is_secret_valid:
        raise UnauthenticatedError("Invalid client secret")
    return found.client, principal_of_client(found.client)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a tracking request shows besides its credentials.

    `origin` is the browser's; `has_revenue` tells that an amount of money is claimed.
    """

    origin: str | None
    has_revenue: bool


@dataclass(frozen=True, slots=True)
class Tracker:
    """A client that may track, its project, and whether a valid secret has proven it."""

    client: Client
    project: Project
    is_proven: bool


async def authorise_tracking(
    services: Services, credentials: Credentials, claim: Claim, guess: Guess
) -> Tracker:
    """The client that may track, and its project.

    Clients of every type may, a reading one too, as OpenPanel has it: the type tells what a
    client may read and manage. A valid secret lets in, as does an origin of the project's
    list where no secret is sent, and a client that ignores both. Money needs a valid secret
    unless the project trusts anyone with it. Raises UnauthenticatedError with OpenPanel's
    reason; a wrong secret is never good enough.
    """
    client_id, secret = credentials.client_id, credentials.secret
    found = await services.verifier.verify_client(client_id, secret, guess)
    client = found.client
    project, number = None, client.project
    if number is not None:
        projects = services.projects
        project = projects.recall_project(number) or await projects.find_project(number)
    if project is None:
        raise UnauthenticatedError("Client has no project")
    if claim.has_revenue and not (found.is_secret_valid or project.allow_unsafe_revenue):
        raise UnauthenticatedError("Revenue tracking is not allowed without a client secret")
    if not (
        found.is_secret_valid
        or client.ignores_origin_and_secret
        or is_allowed_origin(claim.origin, project.origins)
    ):
        raise UnauthenticatedError("Invalid cors or secret")
    return Tracker(client, project, found.is_secret_valid)


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whom a tracking request is from and about: every address and profile that it names."""

    addresses: tuple[str | None, ...]
    profile_ids: tuple[str | None, ...] = ()


async def find_refusal(services: Services, project: Project, subjects: Subjects) -> str | None:
    """OpenPanel's reason why the project's filters refuse one of them, or None.

    A profile is refused under each of its ids, whichever one the filter or the caller names.
    """
    if not project.filters:
        return None
    if any(refuses_address(project.filters, address) for address in subjects.addresses):
        return "IP address is blocked by project filter"
    for profile_id in filter(None, subjects.profile_ids):
        ids = await services.aliases.all_ids(project.number, profile_id)
        if refuses_profile(project.filters, profile_id, *ids):
            return "Profile id is blocked by project filter"
    return None


async def check_subjects(services: Services, project: Project, subjects: Subjects) -> None:
    """Raises UnauthenticatedError, with OpenPanel's reason, for what the project refuses."""
    reason = await find_refusal(services, project, subjects)
    if reason is not None:
        raise UnauthenticatedError(reason)


def is_allowed_origin(origin: str | None, allowed: tuple[str, ...]) -> bool:
    """Whether the browser's origin is one of those.

    Scheme, a first `www.` and a slash at the end make no difference to plain entries. In an
    entry with `*`, each stands for at least one character but no slash; such an entry has to
    match the whole origin, with its scheme if the entry has one.
    """
    if not origin:
        return False
    return any(_matches(origin.lower(), entry.lower()) for entry in allowed)


def _matches(origin: str, entry: str) -> bool:
    if entry == "*":
        return True
    if "*" in entry:
        told = origin if "://" in entry else _without_scheme(origin)
        return _pattern(entry.removesuffix("/")).fullmatch(told.removesuffix("/")) is not None
    return _plain(origin) == _plain(entry)


@lru_cache(maxsize=1024)
def _pattern(entry: str) -> re.Pattern[str]:
    # Trap: unanchored, or with stars that reach over a slash, a pattern for one domain
    # would let in every origin that only mentions it.
    return re.compile("[^/]+".join(map(re.escape, entry.split("*"))))


def _without_scheme(origin: str) -> str:
    return origin.partition("://")[2] or origin


def _plain(origin: str) -> str:
    return _without_scheme(origin).removeprefix("www.").removesuffix("/")
