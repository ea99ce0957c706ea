import pytest

from app.projects.principals import ALL, Principal, PrincipalKind, principal_of_client
from app.projects.records import Client, ClientType
from app.projects.scopes import Scope, scopes_of_texts, text_grants


def client(client_type: ClientType, project: int | None) -> Client:
    return Client(
        id="c",
        type=client_type,
        project=project,
        name="",
        ignores_origin_and_secret=False,
        created_at=0,
    )


READING = {Scope.READ_STATS, Scope.READ_EVENTS, Scope.READ_PROFILES, Scope.EXPORT}


@pytest.mark.parametrize(
    ("client_type", "scopes"),
    [
        (ClientType.READ, READING),
        (ClientType.WRITE, {Scope.WRITE_EVENTS}),
        (ClientType.ROOT, set(Scope)),
    ],
)
def test_client_may_what_its_type_says(client_type: ClientType, scopes: set[Scope]) -> None:
    principal = principal_of_client(client(client_type, 1))
    assert principal.kind is PrincipalKind.CLIENT
    assert principal.id == "client:c"
    assert {scope for scope in Scope if principal.may(scope)} == scopes


@pytest.mark.parametrize(
    ("client_type", "project", "seen"),
    [
        (ClientType.READ, 1, [1]),
        (ClientType.WRITE, 2, [2]),
        (ClientType.READ, None, []),
        (ClientType.ROOT, None, [1, 2, 3]),
        (ClientType.ROOT, 1, [1, 2, 3]),
    ],
)
def test_client_sees_its_project_and_root_sees_all(
    client_type: ClientType, project: int | None, seen: list[int]
) -> None:
    principal = principal_of_client(client(client_type, project))
    assert [number for number in (1, 2, 3) if principal.may_see(number)] == seen


def test_principal_of_everything_sees_what_is_yet_to_come() -> None:
    principal = Principal(
        kind=PrincipalKind.CLIENT, id="x", projects=ALL, scopes=frozenset[Scope]()
    )
    assert principal.may_see(2**31)


@pytest.mark.parametrize(
    ("texts", "scopes"),
    [
        (["*"], set(Scope)),
        (["export:write"], {Scope.EXPORT}),
        (["query:read"], {Scope.READ_STATS, Scope.READ_EVENTS}),
        (["insight:write"], {Scope.READ_STATS, Scope.MANAGE_INSIGHTS}),
        (["flag:read"], set[Scope]()),
        (list[str](), set[Scope]()),
    ],
)
def test_scope_texts_allow_ours(texts: list[str], scopes: set[Scope]) -> None:
    assert scopes_of_texts(texts) == scopes


@pytest.mark.parametrize(
    ("granted", "wanted", "grants"),
    [
        ({"export:read"}, "export:read", True),
        ({"export:read"}, "export:write", False),
        ({"export:write"}, "export:read", True),
        ({"*"}, "dashboard:write", True),
        ({"insight:write"}, "export:read", False),
        (set[str](), "export:read", False),
    ],
)
def test_writing_grants_reading_and_a_star_grants_all(
    granted: set[str], wanted: str, grants: object
) -> None:
    assert text_grants(frozenset(granted), wanted) is grants
