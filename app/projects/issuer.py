"""Makes credentials. Each secret is returned once and kept only as a hash."""

import re
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import anyio.to_thread

from app.analytics.errors import InvalidQueryError, Issue
from app.control.models import ApiKeyRow, ClientRow, ServiceAccountRow
from app.control.repositories import projects
from app.control.store import ControlStore
from app.kit.clock import Clock
from app.kit.ids import IdSource
from app.projects.directory import ProjectDirectory
from app.projects.hashing import hash_client_secret, hash_token, new_salt
from app.projects.origins import check_origins
from app.projects.records import Client, ClientType, Project, client_of

_SCOPE_TEXT: Final = re.compile(r"\*|[a-z_]+:(read|write)", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client just made, and its secret."""

    client: Client
    secret: str


@dataclass(frozen=True, slots=True)
class NewServiceAccount:
    """The name and the secret of a service account just made."""

    username: str
    secret: str


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A personal API key just made; `id` names it without giving it away."""

    id: str
    key: str


def random_uuid() -> str:
    """A new random UUID in lower case, as client ids are written."""
    return str(uuid.uuid4())


class CredentialIssuer:
    """Makes clients, service accounts and personal API keys."""

    def __init__(
        self,
        store: ControlStore,
        clock: Clock,
        directory: ProjectDirectory,
        *,
        new_id: IdSource = random_uuid,
        random_hex: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self._store = store
        self._clock = clock
        self._directory = directory
        self._new_id = new_id
        self._random_hex = random_hex

    async def create_client(
        self,
        project: Project | None,
        client_type: ClientType,
        name: str,
        origins: Sequence[str] = (),
    ) -> NewClient:
        """The new client and its secret, `sec_` and 20 hexadecimal characters.

        The origins are added to the project's. Raises InvalidQueryError when only a root
        client could be without a project, or when an origin can't be one.
        """
        _check_client(project, client_type, origins)
        secret = f"sec_{self._random_hex(10)}"
        row = ClientRow(
            id=self._new_id(),
            type=client_type.value,
            project=None if project is None else project.number,
            name=name,
            secret_hash=await anyio.to_thread.run_sync(hash_client_secret, secret, new_salt()),
            ignore_cors_and_secret=False,
            created_at=self._clock.now_ms(),
        )
        async with self._store.write() as session:
            await session.add(row)
            if project is not None and origins:
                await projects.add_origins(session, project.number, origins)
        if project is not None:
            self._directory.forget(project)
        return NewClient(client_of(row), secret)

    async def create_service_account(self, project: Project) -> NewServiceAccount:
        """A name like `rosetta-….mp-service-account` and a secret of 32 characters."""
        made = NewServiceAccount(
            f"rosetta-{self._random_hex(6)}.mp-service-account", self._random_hex(16)
        )
        row = ServiceAccountRow(
            username=made.username,
            project=project.number,
            secret_hash=hash_token(made.secret),
            created_at=self._clock.now_ms(),
        )
        async with self._store.write() as session:
            await session.add(row)
        return made

    async def create_api_key(
        self, project: Project, scopes: Sequence[str], label: str = ""
    ) -> NewApiKey:
        """A key of `phx_` and 48 hexadecimal characters, for that project alone.

        Raises InvalidQueryError without scopes, or for one that is neither `*` nor like
        `export:read`.
        """
        _check_scopes(scopes)
        made = NewApiKey(self._new_id(), f"phx_{self._random_hex(24)}")
        row = ApiKeyRow(
            id=made.id,
            project=project.number,
            key_hash=hash_token(made.key),
            scopes=list(dict.fromkeys(scopes)),
            label=label,
            created_at=self._clock.now_ms(),
        )
        async with self._store.write() as session:
            await session.add(row)
        return made


def _check_client(project: Project | None, client_type: ClientType, origins: Sequence[str]) -> None:
    if project is None and client_type is not ClientType.ROOT:
        raise InvalidQueryError.at("project", message="Only a root client can be without one.")
    if project is None and origins:
        raise InvalidQueryError.at("origins", message="Origins belong to a project.")
    check_origins(origins)


def _check_scopes(scopes: Sequence[str]) -> None:
    if not scopes:
        raise InvalidQueryError.at("scopes", message="A key without scopes would open nothing.")
    wrong = [
        Issue(("scopes", place), f'"{scope}" is not a scope such as export:read, or *.')
        for place, scope in enumerate(scopes)
        if _SCOPE_TEXT.fullmatch(scope) is None
    ]
    if wrong:
        raise InvalidQueryError(*wrong)
