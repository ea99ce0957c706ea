"""Proves credentials: who sent this, and what it lets them do."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import anyio
import anyio.to_thread

from app.analytics.errors import UnauthenticatedError
from app.control.models import ClientRow
from app.control.repositories import credentials, projects
from app.control.store import ControlStore
from app.kit.clock import Clock
from app.projects.expiring import Expiring
from app.projects.hashing import Fingerprints, hash_token, is_client_secret, is_token
from app.projects.principals import Principal, PrincipalKind
from app.projects.records import Client, client_of
from app.projects.scopes import READING_AND_TRACKING, Scope, scopes_of_texts
from app.projects.verdicts import LIFETIME_MS, Verdicts

_CLIENT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_CLIENT_CAPACITY: Final = 10_000
_HASHING_THREADS: Final = 2

# What an unknown client's secret is compared with, so that knowing an id takes as long
# as not knowing it. No secret is known that has this hash.
_NOBODY: Final = f"{'0' * 32}.{'0' * 64}"


def _unlimited(client_id: str) -> None:
    """Lets every secret be tried."""
    del client_id


@dataclass(frozen=True, slots=True)
class VerifiedClient:
    """A client that exists, and whether it has proven itself by its secret.

    Without a valid secret the caller must ask for another reason to let it in, such as
    the request's origin.
    """

    client: Client
    is_secret_valid: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """A client as it is stored, and the fingerprints of secrets that have proven it."""

    row: ClientRow
    client: Client
    proofs: set[bytes] = field(default_factory=set[bytes])


class CredentialVerifier:
    """Tells what a credential is good for.

    Outcomes, good and bad, are remembered for five minutes: a client that is deleted, or
    whose secret changes, stops working within that time. A credential just made works at
    once, for nobody can have tried its random secret before.
    """

    def __init__(self, store: ControlStore, clock: Clock) -> None:
        self._store = store
        self._fingerprints = Fingerprints()
        self._clients = Expiring[str, _Known](
            clock, lifetime_ms=LIFETIME_MS, capacity=_CLIENT_CAPACITY
        )
        self._secrets = Verdicts[Literal[True]](clock)
        self._principals = Verdicts[Principal](clock)
        # Guesses must not take every worker thread from those who do real work.
        self._hashing = anyio.CapacityLimiter(_HASHING_THREADS)

    async def verify_client(
        self,
        client_id: str | None,
        secret: str | None,
        before_hashing: Callable[[str], None] = _unlimited,
    ) -> VerifiedClient:
        """The client of that id, which must be a lower-case UUID.

        `before_hashing` is told the id before the work that a secret costs which was not
        tried lately, and may refuse it by an error of its own.

        Without a secret the client comes back unproven. A wrong secret is an error, except
        for a client that ignores secrets, which then comes back unproven too.
        Raises UnauthenticatedError with OpenPanel's reasons: None for the id is a missing
        one, an empty text is an invalid one.
        """
        if client_id is None:
            raise UnauthenticatedError("Missing client id")
        if _CLIENT_ID.fullmatch(client_id) is None:
            raise UnauthenticatedError("Client ID must be a valid UUIDv4")
        known = self._clients.find(client_id) or await self._find_client(client_id)
        is_valid = False
        if secret:
            proof = self._fingerprints.of(secret)
            is_valid = known is not None and proof in known.proofs
            if not is_valid:
                row = None if known is None else known.row
                is_valid = await self._is_secret(client_id, secret, row, before_hashing)
                if known is not None and is_valid:
                    known.proofs.add(proof)
        if known is None:
            raise UnauthenticatedError("Invalid client id")
        if secret and not is_valid and not known.client.ignores_origin_and_secret:
            raise UnauthenticatedError("Invalid client secret")
        return VerifiedClient(known.client, is_valid)

    async def verify_service_account(self, username: str, secret: str) -> Principal:
        """The principal of a Mixpanel service account.

        Raises UnauthenticatedError, the same for a wrong name as for a wrong secret.
        """

        async def judge() -> Principal | None:
            async with self._store.read() as session:
                row = await credentials.find_service_account(session, username)
            is_valid = is_token(secret, hash_token("") if row is None else row.secret_hash)
            if row is None or not is_valid:
                return None
            return Principal(
                kind=PrincipalKind.SERVICE_ACCOUNT,
                id=f"service_account:{username}",
                projects=frozenset({row.project}),
                scopes=READING_AND_TRACKING,
            )

        fingerprint = self._fingerprints.of("service account", username, secret)
        return _proven(
            await self._principals.of(fingerprint, judge),
            "The service account's name or secret is wrong.",
        )

    async def verify_project_secret(self, secret: str) -> Principal:
        """The principal of a Mixpanel project secret.

        Raises UnauthenticatedError when no project has it.
        """

        async def judge() -> Principal | None:
            async with self._store.read() as session:
                row = await projects.find_by_secret_hash(session, hash_token(secret))
            if row is None or not is_token(secret, row.mixpanel_secret_hash):
                return None
            return Principal(
                kind=PrincipalKind.PROJECT_SECRET,
                id=f"project_secret:{row.number}",
                projects=frozenset({row.number}),
                scopes=READING_AND_TRACKING,
            )

        fingerprint = self._fingerprints.of("project secret", secret)
        return _proven(await self._principals.of(fingerprint, judge), "No project has this secret.")

    async def verify_project_token(self, token: str) -> Principal:
        """The principal of a Mixpanel project token, which is public and only good for writing.

        Raises UnauthenticatedError when no project has it.
        """

        async def judge() -> Principal | None:
            async with self._store.read() as session:
                row = await projects.find_by_token(session, token)
            if row is None:
                return None
            return Principal(
                kind=PrincipalKind.PROJECT_TOKEN,
                id=f"project_token:{row.number}",
                projects=frozenset({row.number}),
                scopes=frozenset({Scope.WRITE_EVENTS}),
            )

        fingerprint = self._fingerprints.of("project token", token)
        return _proven(await self._principals.of(fingerprint, judge), "No project has this token.")

    async def verify_api_key(self, key: str) -> Principal:
        """The principal of a PostHog personal API key, with the key's own scope texts.

        Raises UnauthenticatedError when there is no such key.
        """

        async def judge() -> Principal | None:
            async with self._store.read() as session:
                row = await credentials.find_api_key(session, hash_token(key))
            if row is None or not is_token(key, row.key_hash):
                return None
            return Principal(
                kind=PrincipalKind.API_KEY,
                id=f"api_key:{row.id}",
                projects=frozenset({row.project}),
                scopes=scopes_of_texts(row.scopes),
                scope_texts=frozenset(row.scopes),
            )

        fingerprint = self._fingerprints.of("api key", key)
        return _proven(
            await self._principals.of(fingerprint, judge), "The personal API key is invalid."
        )

    async def _find_client(self, client_id: str) -> _Known | None:
        async with self._store.read() as session:
            row = await credentials.find_client(session, client_id)
        if row is None:
            return None
        known = _Known(row, client_of(row))
        self._clients.keep(client_id, known)
        return known

    async def _is_secret(
        self,
        client_id: str,
        secret: str,
        row: ClientRow | None,
        before_hashing: Callable[[str], None],
    ) -> bool:
        stored = _NOBODY if row is None else row.secret_hash

        async def judge() -> Literal[True] | None:
            before_hashing(client_id)
            is_right = await anyio.to_thread.run_sync(
                is_client_secret, secret, stored, limiter=self._hashing
            )
            return True if is_right else None

        # The stored hash is a part of the key: with a new secret, old verdicts are void.
        fingerprint = self._fingerprints.of("client", client_id, secret, stored)
        return await self._secrets.of(fingerprint, judge) is not None


def _proven(principal: Principal | None, reason: str) -> Principal:
    if principal is None:
        raise UnauthenticatedError(reason)
    return principal
