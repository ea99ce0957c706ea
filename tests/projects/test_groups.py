from dataclasses import replace

import anyio
import pytest

from app.control.store import ControlStore
from app.kit.clock import FixedClock
from app.projects.directory import NewProject
from app.projects.groups import GroupDirectory, GroupPage, GroupWord, Walk
from app.projects.identity import Identity
from app.projects.profiles import ProfileDirectory

pytestmark = pytest.mark.anyio


@pytest.fixture
def groups(store: ControlStore, demo: NewProject) -> GroupDirectory:
    assert demo.project.number == 1
    return GroupDirectory(store, FixedClock(0))


def word(group_id: str, said_at: int = 0, kind: str = "company", **properties: int) -> GroupWord:
    return GroupWord(
        id=group_id, type=kind, name=group_id.upper(), said_at=said_at, properties=properties
    )


async def test_group_is_made_then_joined_by_what_is_said_later(groups: GroupDirectory) -> None:
    made = await groups.upsert(1, word("acme", 5, seats=1, floor=2))
    assert (made.name, made.properties) == ("ACME", {"seats": 1, "floor": 2})
    changed = await groups.upsert(1, word("acme", 9, "team", seats=3))
    assert (changed.type, changed.properties) == ("team", {"seats": 3, "floor": 2})
    assert (changed.created_at, changed.updated_at) == (5, 9)
    assert await groups.find(1, "acme") == changed
    assert await groups.find(1, "nobody") is None
    assert await groups.find(2, "acme") is None
    assert await groups.get_many(1, ["acme", "nobody"]) == {"acme": changed}


async def test_words_said_at_once_lose_nothing(groups: GroupDirectory) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(30):
            said = replace(word("acme", number), properties={f"k{number}": number})
            tasks.start_soon(groups.upsert, 1, said)
    found = await groups.find(1, "acme")
    assert found is not None
    assert found.properties == {f"k{number}": number for number in range(30)}


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
async def test_pages_follow_each_other_both_ways(groups: GroupDirectory, limit: int) -> None:
    for group_id in "caebd":
        await groups.upsert(1, word(group_id))

    async def walk(way: Walk) -> str:
        pages: list[str] = []
        after = None
        while page := await groups.page(1, GroupPage(limit=limit, after=after, walk=way)):
            pages.append("".join(group.id for group in page))
            after = page[-1 if way is Walk.FORWARD else 0].id
        return "".join(pages if way is Walk.FORWARD else reversed(pages))

    assert await walk(Walk.FORWARD) == await walk(Walk.BACKWARD) == "abcde"


async def test_groups_of_one_type_are_listed_and_counted(groups: GroupDirectory) -> None:
    for group_id, kind in (("a", "team"), ("b", "company"), ("c", "team")):
        await groups.upsert(1, word(group_id, kind=kind))
    page = await groups.page(1, GroupPage(limit=10, type="team"))
    assert [group.id for group in page] == ["a", "c"]
    assert [await groups.count(1, kind) for kind in (None, "team", "none")] == [3, 2, 0]
    assert await groups.types(1) == ["company", "team"]


async def test_changes_come_once_each_oldest_first(groups: GroupDirectory) -> None:
    for group_id in "aba":
        await groups.upsert(1, word(group_id))
    changes = await groups.changed_since(0, 10)
    assert [group.id for group in changes] == ["b", "a"]
    assert await groups.changed_since(changes[0].sequence, 10) == changes[1:]


async def test_groups_of_a_profile_are_only_added(store: ControlStore, demo: NewProject) -> None:
    profiles = ProfileDirectory(store)
    for some in (("a", "b"), (), ("b", "c")):
        profile = await profiles.identify(
            demo.project.number, Identity(profile_id="p", seen_at=0, groups=some)
        )
    assert profile.groups == ("a", "b", "c")
