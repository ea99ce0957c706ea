import re
import sqlite3
from pathlib import Path

import pytest

from app.analytics.errors import InvalidQueryError
from app.control.store import ControlStore
from app.kit.clock import FixedClock
from app.projects.directory import NewProject, ProjectDirectory
from app.projects.issuer import CredentialIssuer
from app.projects.records import ClientType

pytestmark = pytest.mark.anyio


@pytest.fixture
def issuer(store: ControlStore, clock: FixedClock, directory: ProjectDirectory) -> CredentialIssuer:
    return CredentialIssuer(store, clock, directory)


async def test_credentials_look_as_their_clients_expect(
    issuer: CredentialIssuer, demo: NewProject
) -> None:
    made = await issuer.create_client(demo.project, ClientType.WRITE, "site")
    account = await issuer.create_service_account(demo.project)
    key = await issuer.create_api_key(demo.project, ["export:read"], "nightly")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made.client.id)
    assert re.fullmatch(r"sec_[0-9a-f]{20}", made.secret)
    assert re.fullmatch(r"rosetta-[0-9a-f]{12}\.mp-service-account", account.username)
    assert re.fullmatch(r"[0-9a-f]{32}", account.secret)
    assert re.fullmatch(r"phx_[0-9a-f]{48}", key.key)
    assert made.client.project == demo.project.number
    assert not made.client.ignores_origin_and_secret


async def test_no_secret_is_stored_as_it_is(
    issuer: CredentialIssuer, demo: NewProject, store: ControlStore, tmp_path: Path
) -> None:
    secrets = [
        demo.secret,
        (await issuer.create_client(demo.project, ClientType.READ, "")).secret,
        (await issuer.create_service_account(demo.project)).secret,
        (await issuer.create_api_key(demo.project, ["*"])).key,
    ]
    await store.close()
    with sqlite3.connect(tmp_path / "control.sqlite3") as connection:
        stored = "\n".join(connection.iterdump())
    connection.close()
    assert "rosetta-" in stored
    assert [secret for secret in secrets if secret in stored] == []


async def test_origins_join_those_of_the_project(
    issuer: CredentialIssuer, demo: NewProject, directory: ProjectDirectory
) -> None:
    await directory.get_project("demo")
    await issuer.create_client(demo.project, ClientType.WRITE, "", ["https://b", "https://a"])
    await issuer.create_client(demo.project, ClientType.WRITE, "", ["https://a", "*"])
    assert (await directory.get_project("demo")).origins == ("https://b", "https://a", "*")


async def test_root_client_can_be_without_project(issuer: CredentialIssuer) -> None:
    made = await issuer.create_client(None, ClientType.ROOT, "operator")
    assert made.client.project is None


@pytest.mark.parametrize("client_type", [ClientType.READ, ClientType.WRITE])
async def test_other_client_needs_a_project(
    issuer: CredentialIssuer, client_type: ClientType
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await issuer.create_client(None, client_type, "")
    assert refused.value.issues[0].path == ("project",)


async def test_origins_need_a_project(issuer: CredentialIssuer) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await issuer.create_client(None, ClientType.ROOT, "", ["https://a"])
    assert refused.value.issues[0].path == ("origins",)


async def test_each_impossible_origin_is_named(issuer: CredentialIssuer, demo: NewProject) -> None:
    origins = ["", "https://fine.example", "two words", "x" * 256]
    with pytest.raises(InvalidQueryError) as refused:
        await issuer.create_client(demo.project, ClientType.WRITE, "", origins)
    assert [issue.path for issue in refused.value.issues] == [
        ("origins", 0),
        ("origins", 2),
        ("origins", 3),
    ]


@pytest.mark.parametrize(
    ("scopes", "paths"),
    [
        ([], [("scopes",)]),
        (["export:read", "export", "Export:read", "x:admin"], [("scopes", n) for n in (1, 2, 3)]),
    ],
)
async def test_impossible_scopes_are_named(
    issuer: CredentialIssuer, demo: NewProject, scopes: list[str], paths: list[object]
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await issuer.create_api_key(demo.project, scopes)
    assert [issue.path for issue in refused.value.issues] == paths
