"""Lists inside lists: read together, and equal to what each would be alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.kit.clock import FixedClock
from app.projects.identity import Identity
from tests.schema.conftest import NOW, Server, opened, recorded, settings_in

pytestmark = pytest.mark.anyio

_PEOPLE = 7
_NESTED = (
    "events(first: 3) { nodes { eventId path } pageInfo { hasNextPage endCursor } }",
    "events(last: 2) { nodes { eventId } pageInfo { hasPreviousPage } }",
    'events(first: 2, filter: {path: {ne: "/1"}}) { edges { cursor node { id name } } }',
    "events { nodes { eventId } totalCount }",
)
_SESSIONS_OF_PROFILES = (
    "sessions(first: 2) { nodes { sessionId entryPath } pageInfo { hasNextPage } }",
    "sessions(last: 1) { edges { cursor node { startedAt } } pageInfo { hasPreviousPage } }",
)

_DASHBOARD = """
  totals(metrics: [{metric: EVENTS}, {metric: VISITORS}], range: {preset: LAST_7_DAYS}) {
    values { value } }
  timeseries(metrics: [{metric: EVENTS}], range: {preset: LAST_7_DAYS}, interval: DAY) {
    series { points } }
  breakdown(by: [{field: PATH}], metrics: [{metric: EVENTS}], range: {preset: LAST_7_DAYS}) {
    rows { values } }
"""


@pytest.fixture(scope="module", params=["duckdb", "sqlite"])
async def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """Seven profiles with up to seven events each, in several sessions; one without any."""
    directory = tmp_path_factory.mktemp("owners")
    settings = settings_in(directory)
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{directory}/events.sqlite"
        settings = settings.model_copy(update={"events_url": url})
    async with opened(settings, FixedClock(NOW)) as server:
        await server.keep(
            *(
                server.event(
                    40 * n + who,
                    id=f"{who}-{n}",
                    profile_id=f"p{who}",
                    device_id=f"d{who}",
                    path=f"/{n % 3}",
                    properties={"flag": (True, 1, "1.0")[n % 3]},
                )
                for who in range(_PEOPLE)
                for n in range(who)
            )
        )
        for who in range(_PEOPLE):
            await server.services.profiles.identify(
                server.project.number, Identity(profile_id=f"p{who}", seen_at=NOW)
            )
        yield server


async def rows(server: Server, query: str) -> list[dict[str, Any]]:
    """The nodes of the only list that the project is asked for."""
    (found,) = (
        (await server.ask(f'{{ project(id: "demo") {{ {query} }} }}')).data["project"].values()
    )
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


@pytest.mark.parametrize("nested", [*_NESTED, *_SESSIONS_OF_PROFILES])
async def test_lists_of_many_profiles_equal_those_of_each(filled: Server, nested: str) -> None:
    several = await rows(filled, f"profiles {{ nodes {{ profileId own: {nested} }} }}")
    assert len(several) == _PEOPLE
    for profile in several:
        alone = await filled.ask(
            f'{{ project(id: "demo") {{ profile(id: "{profile["profileId"]}") {{ own: {nested} }}'
            " } }"
        )
        assert profile["own"] == alone.data["project"]["profile"]["own"]


async def test_true_and_one_are_asked_for_apart(filled: Server) -> None:
    flagged = 'filter: {{where: [{{on: {{property: "flag"}}, is: {{eq: {}}}}}]}}'
    sides = ("true", "1")
    lists = " ".join(
        f"{name}: events({flagged.format(side)}) {{ totalCount nodes {{ eventId }} }}"
        for name, side in zip("ab", sides, strict=True)
    )
    counts = ", ".join(f"{{metric: EVENTS, {flagged.format(side)}}}" for side in sides)
    answer = await filled.ask(
        f"""{{ project(id: "demo") {{ profiles(first: 3) {{ nodes {{ {lists} }} }}
        totals(metrics: [{counts}], range: {{preset: ALL}}) {{ values {{ value }} }} }} }}"""
    )
    project = answer.data["project"]
    for profile in project["profiles"]["nodes"]:
        for name in "ab":
            assert len(profile[name]["nodes"]) == profile[name]["totalCount"]
        ids = [{one["eventId"] for one in profile[name]["nodes"]} for name in "ab"]
        assert not ids[0] & ids[1]
    true, one = (each["value"] for each in project["totals"]["values"])
    # Each of the 21 events opens a session, whose start has the same properties.
    assert (true, one) == (2 * 9, 2 * 12)


@pytest.mark.parametrize("nested", [one for one in _NESTED if "filter" not in one])
async def test_lists_of_many_sessions_equal_those_of_each(filled: Server, nested: str) -> None:
    several = await rows(filled, f"sessions {{ nodes {{ id own: {nested} }} }}")
    assert several
    for session in several:
        alone = await filled.ask(
            f"query ($id: ID!) {{ node(id: $id) {{ ... on Session {{ own: {nested} }} }} }}",
            {"id": session["id"]},
        )
        assert session["own"] == alone.data["node"]["own"]


@pytest.mark.parametrize(
    ("query", "questions"),
    [
        ("events { nodes { eventId } }", 1),
        ("events { nodes { profile { profileId } session { sessionId } } }", 2),
        ("profiles { nodes { profileId } }", 0),
        ("profiles { nodes { events(first: 3) { nodes { eventId } } } }", 1),
        ("profiles { nodes { sessions { nodes { sessionId } } } }", 1),
        ("sessions { nodes { events { nodes { eventId } } } }", 2),
        ("sessions { nodes { profile { profileId } events { nodes { eventId } } } }", 2),
        ("profiles { nodes { sessions { nodes { events(first: 1) { nodes { name } } } } } }", 2),
        (
            "profiles { nodes { a: events(first: 1) { nodes { id } } events { nodes { id } } } }",
            2,
        ),
        (_DASHBOARD, 3),
    ],
)
async def test_questions_do_not_grow_with_the_rows(
    filled: Server, query: str, questions: int
) -> None:
    asked = recorded(filled.services.reader)
    answer = await filled.ask(f'{{ project(id: "demo") {{ {query} }} }}')
    assert answer.data["project"]
    assert len(asked) == questions, asked
