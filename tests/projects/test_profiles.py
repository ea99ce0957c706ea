from pathlib import Path

import anyio
import pytest
from sqlalchemy.exc import IntegrityError

from app.analytics.errors import InvalidQueryError, NotFoundError
from app.control.engine import default_url
from app.control.store import ControlStore
from app.projects.directory import NewProject, ProjectDirectory
from app.projects.identity import Identity
from app.projects.profiles import ProfileDirectory, ProfileOrder, ProfilePage, Walk, key_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def profiles(store: ControlStore, demo: NewProject) -> ProfileDirectory:
    assert demo.project.number == 1
    return ProfileDirectory(store)


def said(profile_id: str, seen_at: int = 0, **properties: str | int) -> Identity:
    return Identity(profile_id=profile_id, seen_at=seen_at, properties=properties)


async def test_identified_profile_is_found_as_it_was_returned(profiles: ProfileDirectory) -> None:
    identity = Identity(
        profile_id="jö\x01",
        seen_at=1_735_732_800_123,
        first_name="Joe",
        properties={"deep": {"list": [1, 2.5, None, "ü"]}, "big": 2**70, "half": "\ud800"},
    )
    made = await profiles.identify(1, identity)
    assert await profiles.find(1, "jö\x01") == made
    assert made.properties == identity.properties
    assert made.sequence == 1


async def test_unknown_profile_is_none(profiles: ProfileDirectory) -> None:
    assert await profiles.find(1, "nobody") is None


async def test_same_id_in_two_projects_is_two_profiles(
    profiles: ProfileDirectory, directory: ProjectDirectory
) -> None:
    other = (await directory.create_project("other")).project.number
    await profiles.identify(1, said("p", plan="a"))
    await profiles.identify(other, said("p", plan="b"))
    assert [await profiles.count(number) for number in (1, other)] == [1, 1]
    found = await profiles.find(other, "p")
    assert found is not None
    assert found.properties == {"plan": "b"}


async def test_profile_of_no_project_is_refused(profiles: ProfileDirectory) -> None:
    with pytest.raises(IntegrityError):
        await profiles.identify(99, said("p"))


async def test_fifty_identities_at_once_lose_nothing(
    profiles: ProfileDirectory, tmp_path: Path
) -> None:
    second_store = ControlStore.open(default_url(tmp_path))
    doors = [profiles, ProfileDirectory(second_store)]
    async with anyio.create_task_group() as group:
        for number in range(50):
            identity = said("p", number, **{f"k{number}": number})
            group.start_soon(doors[number % 2].identify, 1, identity)
    await second_store.close()
    found = await profiles.find(1, "p")
    assert found is not None
    assert found.properties == {f"k{number}": number for number in range(50)}
    assert (found.sequence, found.created_at, found.last_seen_at) == (50, 0, 49)


async def test_batch_joins_in_turn_and_numbers_each_change(profiles: ProfileDirectory) -> None:
    assert await profiles.identify_all(1, []) == []
    batch = [said("a", plan="free"), said("b"), said("a", plan="pro")]
    changed = await profiles.identify_all(1, batch)
    assert [(profile.id, profile.sequence) for profile in changed] == [
        ("a", 1),
        ("b", 2),
        ("a", 3),
    ]
    assert await profiles.find(1, "a") == changed[2]


async def test_batch_that_fails_leaves_no_trace(profiles: ProfileDirectory) -> None:
    with pytest.raises(IntegrityError):
        await profiles.identify_all(99, [said("a"), said("b")])
    assert (await profiles.identify(1, said("c"))).sequence == 1


async def test_many_are_found_by_id(profiles: ProfileDirectory) -> None:
    await profiles.identify_all(1, [said(f"p{number}") for number in range(1500)])
    wanted = [f"p{number}" for number in range(1400)]
    found = await profiles.get_many(1, [*wanted, "nobody"])
    assert sorted(found) == sorted(wanted)
    assert found["p7"].id == "p7"
    assert await profiles.get_many(1, []) == {}


# The instants tie, so that the id has to settle the order.
SEEN = [("a", 30, 70), ("b", 10, 70), ("c", 30, 50), ("d", 20, 90), ("e", 30, 70)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (ProfileOrder.LAST_SEEN, "debac"),
        (ProfileOrder.FIRST_SEEN, "ecadb"),
        (ProfileOrder.ID, "abcde"),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5, 6])
async def test_pages_follow_each_other_both_ways(
    profiles: ProfileDirectory, order: ProfileOrder, expected: str, limit: int
) -> None:
    for profile_id, first, last in SEEN:
        await profiles.identify(1, said(profile_id, first))
        await profiles.identify(1, said(profile_id, last))

    async def walk(way: Walk) -> list[str]:
        pages: list[str] = []
        after = None
        while page := await profiles.page(
            1, ProfilePage(order=order, limit=limit, after=after, walk=way)
        ):
            pages.append("".join(profile.id for profile in page))
            after = key_of(page[-1 if way is Walk.FORWARD else 0], order)
        return pages

    assert "".join(await walk(Walk.FORWARD)) == expected
    assert "".join(reversed(await walk(Walk.BACKWARD))) == expected


async def test_page_of_another_project_is_empty(profiles: ProfileDirectory) -> None:
    await profiles.identify(1, said("a"))
    assert await profiles.page(2, ProfilePage(order=ProfileOrder.ID, limit=5)) == []


async def test_changes_come_once_each_oldest_first(profiles: ProfileDirectory) -> None:
    for profile_id in "abca":
        await profiles.identify(1, said(profile_id))
    changes = await profiles.changed_since(0, 10)
    assert [(profile.id, profile.sequence) for profile in changes] == [
        ("b", 2),
        ("c", 3),
        ("a", 4),
    ]
    assert [profile.id for profile in await profiles.changed_since(2, 1)] == ["c"]
    assert await profiles.changed_since(4, 10) == []


async def test_two_hundred_increments_at_once_lose_none(
    profiles: ProfileDirectory, tmp_path: Path
) -> None:
    await profiles.identify(1, said("p", visits=5))
    second_store = ControlStore.open(default_url(tmp_path))
    doors = [profiles, ProfileDirectory(second_store)]

    async def add(number: int) -> None:
        by = -1 if number % 4 == 0 else 2
        await doors[number % 2].increment(1, "p", "deep.visits", by, at_ms=number)

    async with anyio.create_task_group() as group:
        for number in range(200):
            group.start_soon(add, number)
    await second_store.close()
    found = await profiles.find(1, "p")
    assert found is not None
    assert found.properties == {"visits": 5, "deep": {"visits": 150 * 2 - 50}}
    assert (found.last_seen_at, found.sequence) == (199, 201)


async def test_increment_of_nobody_is_not_found(profiles: ProfileDirectory) -> None:
    with pytest.raises(NotFoundError, match=r"^Profile not found$"):
        await profiles.increment(1, "nobody", "visits", 1, at_ms=0)
    assert await profiles.count(1) == 0


async def test_refused_increment_leaves_no_trace(profiles: ProfileDirectory) -> None:
    made = await profiles.identify(1, said("p", plan="free"))
    with pytest.raises(InvalidQueryError, match=r"^Property value is not a number$"):
        await profiles.increment(1, "p", "plan", 1, at_ms=9)
    assert await profiles.find(1, "p") == made
