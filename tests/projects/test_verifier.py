from dataclasses import dataclass

import anyio
import pytest
from sqlalchemy import select, update

from app.analytics.errors import UnauthenticatedError
from app.control.models import ApiKeyRow, ClientRow
from app.control.store import ControlStore
from app.kit.clock import FixedClock
from app.projects.directory import NewProject, ProjectDirectory
from app.projects.issuer import CredentialIssuer, NewClient
from app.projects.principals import Principal, PrincipalKind
from app.projects.records import ClientType
from app.projects.scopes import READING_AND_TRACKING, Scope
from app.projects.verdicts import LIFETIME_MS
from app.projects.verifier import CredentialVerifier, VerifiedClient

pytestmark = pytest.mark.anyio

STRANGER = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Office:
    """One client and what makes and proves credentials."""

    issuer: CredentialIssuer
    verifier: CredentialVerifier
    site: NewClient
    project: NewProject


@pytest.fixture
async def office(
    store: ControlStore, clock: FixedClock, directory: ProjectDirectory, demo: NewProject
) -> Office:
    issuer = CredentialIssuer(store, clock, directory)
    site = await issuer.create_client(demo.project, ClientType.WRITE, "site")
    return Office(issuer, CredentialVerifier(store, clock), site, demo)


async def set_ignore(store: ControlStore) -> None:
    async with store.write() as session:
        await session.change(
            update(ClientRow).values(ignore_cors_and_secret=True).returning(ClientRow.id)
        )


async def test_right_secret_proves_the_client(office: Office) -> None:
    site = office.site
    for _ in range(2):
        verified = await office.verifier.verify_client(site.client.id, site.secret)
        assert verified == VerifiedClient(site.client, is_secret_valid=True)


@pytest.mark.parametrize("secret", [None, ""])
async def test_client_without_secret_comes_back_unproven(
    office: Office, secret: str | None
) -> None:
    verified = await office.verifier.verify_client(office.site.client.id, secret)
    assert verified == VerifiedClient(office.site.client, is_secret_valid=False)


@pytest.mark.parametrize(
    ("client_id", "reason"),
    [
        (None, "Missing client id"),
        ("", "Client ID must be a valid UUIDv4"),
        ("demo", "Client ID must be a valid UUIDv4"),
        (STRANGER.replace("8", "A"), "Client ID must be a valid UUIDv4"),
        (STRANGER + "\n", "Client ID must be a valid UUIDv4"),
        (STRANGER, "Invalid client id"),
    ],
)
@pytest.mark.parametrize("secret", [None, "sec_00000000000000000000"])
async def test_bad_client_id_is_refused_with_its_reason(
    office: Office, client_id: str | None, reason: str, secret: str | None
) -> None:
    with pytest.raises(UnauthenticatedError) as refused:
        await office.verifier.verify_client(client_id, secret)
    assert refused.value.message == reason


@pytest.mark.parametrize("secret", ["sec_", "x", "\t", "\ud800", "sec_" + "0" * 100_000])
async def test_wrong_secret_is_refused_each_time(office: Office, secret: str) -> None:
    for _ in range(2):
        with pytest.raises(UnauthenticatedError) as refused:
            await office.verifier.verify_client(office.site.client.id, secret)
        assert refused.value.message == "Invalid client secret"
        assert secret not in str(refused.value)


async def test_wrong_secret_of_a_client_that_ignores_secrets_gives_no_privilege(
    office: Office, store: ControlStore
) -> None:
    await set_ignore(store)
    verified = await office.verifier.verify_client(office.site.client.id, "wrong")
    assert verified.client.ignores_origin_and_secret
    assert not verified.is_secret_valid


async def test_deleted_client_stops_working_within_five_minutes(
    office: Office, store: ControlStore, clock: FixedClock
) -> None:
    site = office.site
    await office.verifier.verify_client(site.client.id, site.secret)
    async with store.write() as session:
        await session.delete(await session.get(select(ClientRow)))
    clock.advance(LIFETIME_MS)
    with pytest.raises(UnauthenticatedError, match="Invalid client id"):
        await office.verifier.verify_client(site.client.id, site.secret)


async def test_client_made_after_a_guess_of_its_id_works_at_once(office: Office) -> None:
    with pytest.raises(UnauthenticatedError):
        await office.verifier.verify_client(STRANGER, "sec_a")
    made = await office.issuer.create_client(None, ClientType.ROOT, "")
    assert (await office.verifier.verify_client(made.client.id, made.secret)).is_secret_valid


async def test_requests_that_arrive_together_hash_once(office: Office) -> None:
    site = office.site
    proven: list[bool] = []

    async def ask() -> None:
        verified = await office.verifier.verify_client(site.client.id, site.secret)
        proven.append(verified.is_secret_valid)

    # Sixty-four hashes would take seconds on any machine.
    with anyio.fail_after(2):
        async with anyio.create_task_group() as group:
            for _ in range(64):
                group.start_soon(ask)
    assert proven == [True] * 64


async def test_loop_turns_while_a_secret_is_hashed(office: Office) -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.sleep(0.001)

    async with anyio.create_task_group() as group:
        group.start_soon(turn)
        await office.verifier.verify_client(office.site.client.id, office.site.secret)
        group.cancel_scope.cancel()
    assert turns > 2


async def test_service_account_reads_and_tracks_its_project(office: Office) -> None:
    account = await office.issuer.create_service_account(office.project.project)
    principal = await office.verifier.verify_service_account(account.username, account.secret)
    assert principal == Principal(
        kind=PrincipalKind.SERVICE_ACCOUNT,
        id=f"service_account:{account.username}",
        projects=frozenset({office.project.project.number}),
        scopes=READING_AND_TRACKING,
    )


async def test_wrong_service_account_does_not_tell_name_from_secret(office: Office) -> None:
    account = await office.issuer.create_service_account(office.project.project)
    messages: set[str] = set()
    for username, secret in [(account.username, "x"), ("x", account.secret), ("x", ""), ("", "")]:
        with pytest.raises(UnauthenticatedError) as refused:
            await office.verifier.verify_service_account(username, secret)
        messages.add(refused.value.message)
    assert len(messages) == 1


async def test_project_secret_reads_and_tracks_its_project(office: Office) -> None:
    principal = await office.verifier.verify_project_secret(office.project.secret)
    number = office.project.project.number
    assert principal.kind is PrincipalKind.PROJECT_SECRET
    assert principal.id == f"project_secret:{number}"
    assert principal.projects == frozenset({number})
    assert principal.scopes == READING_AND_TRACKING
    with pytest.raises(UnauthenticatedError):
        await office.verifier.verify_project_secret(office.project.secret[:-1])


async def test_api_key_carries_its_own_scopes_and_ours(office: Office) -> None:
    scopes = ["export:read", "person:read", "unknown:read"]
    key = await office.issuer.create_api_key(office.project.project, scopes)
    principal = await office.verifier.verify_api_key(key.key)
    assert principal.id == f"api_key:{key.id}"
    assert principal.projects == frozenset({office.project.project.number})
    assert principal.scope_texts == set(scopes)
    assert principal.scopes == {Scope.EXPORT, Scope.READ_PROFILES}


@pytest.mark.parametrize("key", ["", "phx_", "phc_x", "\ud800"])
async def test_unknown_api_key_is_refused(office: Office, key: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await office.verifier.verify_api_key(key)


async def test_deleted_api_key_stops_working_within_five_minutes(
    office: Office, store: ControlStore, clock: FixedClock
) -> None:
    key = (await office.issuer.create_api_key(office.project.project, ["*"])).key
    await office.verifier.verify_api_key(key)
    async with store.write() as session:
        await session.delete(await session.get(select(ApiKeyRow)))
    clock.advance(LIFETIME_MS - 1)
    await office.verifier.verify_api_key(key)
    clock.advance(1)
    with pytest.raises(UnauthenticatedError):
        await office.verifier.verify_api_key(key)


async def test_secret_of_one_kind_is_none_of_another(office: Office) -> None:
    key = (await office.issuer.create_api_key(office.project.project, ["*"])).key
    await office.verifier.verify_api_key(key)
    with pytest.raises(UnauthenticatedError):
        await office.verifier.verify_project_secret(key)
    await office.verifier.verify_project_secret(office.project.secret)
    with pytest.raises(UnauthenticatedError):
        await office.verifier.verify_api_key(office.project.secret)
