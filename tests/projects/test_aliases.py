from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from app.analytics.errors import InvalidQueryError
from app.control.engine import default_url
from app.control.models import AliasRow
from app.control.store import ControlStore
from app.kit.clock import FixedClock
from app.projects.aliases import AliasBook
from app.projects.directory import NewProject, ProjectDirectory
from app.projects.identity import Identity
from app.projects.profiles import ProfileDirectory, ProfileOrder, ProfilePage
from app.projects.sightings import Sighting

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[250_000, 0], ids=["copied", "looked up"])
def book(
    request: pytest.FixtureRequest, store: ControlStore, clock: FixedClock, demo: NewProject
) -> AliasBook:
    assert demo.project.number == 1
    return AliasBook(store, clock, capacity=request.param)


@pytest.fixture
def profiles(store: ControlStore) -> ProfileDirectory:
    return ProfileDirectory(store)


async def names(book: AliasBook, *ids: str) -> list[str]:
    return [await book.canonical(1, profile_id) for profile_id in ids]


async def ids_of(profiles: ProfileDirectory) -> list[str]:
    page = await profiles.page(1, ProfilePage(order=ProfileOrder.ID, limit=10))
    return [profile.id for profile in page]


@pytest.mark.parametrize(
    "pairs",
    [
        [("1", "a")],
        [("1", "a"), ("1", "a")],
        [("1", "a"), ("a", "b")],
        [("a", "b"), ("1", "a")],
        [("1", "a"), ("1", "b"), ("a", "b")],
        [("a", "b"), ("b", "c"), ("c", "d"), ("1", "a")],
    ],
)
async def test_every_name_leads_to_the_profile(
    book: AliasBook, pairs: Sequence[tuple[str, str]]
) -> None:
    for profile_id, alias in pairs:
        await book.alias(1, profile_id, alias)
    every = {name for pair in pairs for name in pair}
    assert set(await names(book, *every)) == {"1"}
    for name in every:
        ids = await book.all_ids(1, name)
        assert ids[0] == "1"
        assert sorted(ids) == sorted(every)


@pytest.mark.parametrize(
    ("before", "profile_id", "alias", "reason"),
    [
        ([], "1", "1", "itself"),
        ([("1", "a")], "a", "a", "itself"),
        ([("1", "a")], "a", "1", "circle"),
        ([("1", "a"), ("a", "b")], "b", "1", "circle"),
        ([("1", "a")], "2", "a", "another profile"),
        ([("1", "a"), ("2", "b")], "b", "a", "another profile"),
    ],
)
async def test_impossible_alias_is_refused_and_changes_nothing(
    book: AliasBook, before: Sequence[tuple[str, str]], profile_id: str, alias: str, reason: str
) -> None:
    for pair in before:
        await book.alias(1, *pair)
    kept = await book.changed_since(0, 100)
    with pytest.raises(InvalidQueryError, match=reason) as refused:
        await book.alias(1, profile_id, alias)
    assert [issue.path for issue in refused.value.issues] == [("payload", "alias")]
    assert await book.changed_since(0, 100) == kept


async def test_unknown_id_stands_for_itself(book: AliasBook) -> None:
    assert await names(book, "nobody") == ["nobody"]
    assert await book.all_ids(1, "nobody") == ("nobody",)
    await book.alias(1, "1", "a")
    assert await names(book, "nobody") == ["nobody"]
    assert await book.all_ids(1, "nobody") == ("nobody",)


async def test_alias_holds_in_its_project_alone(
    book: AliasBook, directory: ProjectDirectory
) -> None:
    other = (await directory.create_project("other")).project.number
    await book.alias(1, "1", "a")
    assert await book.canonical(other, "a") == "a"
    await book.alias(other, "2", "a")
    assert [await book.canonical(number, "a") for number in (1, other)] == ["1", "2"]


async def test_what_was_remembered_is_forgotten_when_an_alias_is_made(book: AliasBook) -> None:
    assert await names(book, "a", "b") == ["a", "b"]
    await book.alias(1, "1", "a")
    assert await names(book, "a", "b") == ["1", "b"]
    assert await book.all_ids(1, "1") == ("1", "a")
    await book.alias(1, "1", "b")
    assert await book.all_ids(1, "1") == ("1", "a", "b")
    await book.alias(1, "0", "1")
    assert await names(book, "a", "b", "1") == ["0", "0", "0"]


async def test_another_processes_alias_is_seen_after_five_seconds(
    book: AliasBook, tmp_path: Path, clock: FixedClock
) -> None:
    assert await names(book, "a") == ["a"]
    second_store = ControlStore.open(default_url(tmp_path))
    await AliasBook(second_store, clock).alias(1, "1", "a")
    await second_store.close()
    clock.advance(5_000)
    assert await names(book, "a") == ["1"]


async def test_both_profiles_become_one_and_the_profiles_own_word_counts(
    book: AliasBook, profiles: ProfileDirectory
) -> None:
    said = Identity(
        profile_id="a",
        seen_at=10,
        first_name="Anonymous",
        email="ann@example.com",
        groups=("x", "y"),
        properties={"plan": "free", "deep": {"a": 1}, "seen": 3},
    )
    await profiles.identify(1, said)
    known = Identity(
        profile_id="1",
        seen_at=20,
        first_name="Ann",
        groups=("y", "z"),
        properties={"plan": "pro", "deep": {"b": 2}},
        is_external=False,
    )
    await profiles.identify(1, known)
    joined = await book.alias(1, "1", "a")
    assert (joined.id, joined.first_name, joined.email) == ("1", "Ann", "ann@example.com")
    assert joined.properties == {"plan": "pro", "deep": {"a": 1, "b": 2}, "seen": 3}
    assert (set(joined.groups), joined.is_external) == ({"x", "y", "z"}, True)
    assert (joined.created_at, joined.last_seen_at) == (10, 20)
    assert await profiles.find(1, "1") == joined
    assert await ids_of(profiles) == ["1"]
    assert await profiles.changed_since(2, 10) == [joined]


async def test_profile_is_found_by_its_alias(book: AliasBook, profiles: ProfileDirectory) -> None:
    made = await book.alias(1, "1", "a")
    assert await profiles.find(1, "a") == made
    assert await profiles.get_many(1, ["a", "1", "nobody"]) == {"a": made, "1": made}


async def test_what_is_said_of_an_alias_is_said_of_the_profile(
    book: AliasBook, profiles: ProfileDirectory
) -> None:
    await book.alias(1, "1", "a")
    await profiles.identify_all(
        1,
        [
            Identity(profile_id="a", seen_at=0, properties={"k": 1}),
            Identity(profile_id="1", seen_at=0, properties={"l": 1}),
        ],
    )
    await profiles.increment(1, "a", "k", 2, at_ms=0)
    await profiles.seen(1, [Sighting(profile_id="a", first_at=-5, last_at=-5)])
    found = await profiles.find(1, "1")
    assert found is not None
    assert found.properties == {"k": 3, "l": 1}
    assert found.created_at == -5
    assert await ids_of(profiles) == ["1"]


async def test_saying_it_again_changes_nothing(
    book: AliasBook, profiles: ProfileDirectory, clock: FixedClock
) -> None:
    first = await book.alias(1, "1", "a")
    changes = await book.changed_since(0, 10)
    clock.advance(1_000)
    assert await book.alias(1, "1", "a") == first
    assert await book.changed_since(0, 10) == changes
    assert await profiles.changed_since(first.sequence, 10) == []


async def test_changes_come_in_order_and_moved_aliases_come_again(book: AliasBook) -> None:
    await book.alias(1, "a", "b")
    await book.alias(1, "a", "c")
    seen = await book.changed_since(0, 10)
    assert [(one.alias, one.profile_id) for one in seen] == [("b", "a"), ("c", "a")]
    await book.alias(1, "1", "a")
    moved = await book.changed_since(seen[-1].sequence, 10)
    assert [(one.alias, one.profile_id) for one in moved] == [("a", "1"), ("b", "1"), ("c", "1")]
    assert sorted({one.sequence for one in moved}) == [one.sequence for one in moved]
    assert await book.changed_since(0, 1) == moved[:1]


async def test_aliases_made_at_once_agree(book: AliasBook, profiles: ProfileDirectory) -> None:
    refused: list[str] = []

    async def link(profile_id: str, alias: str) -> None:
        try:
            await book.alias(1, profile_id, alias)
        except InvalidQueryError:
            refused.append(alias)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(link, f"p{number}", f"p{number + 1}")
            group.start_soon(link, f"p{number + 1}", f"p{number}")
    assert refused == ["p0"]
    roots = set(await names(book, *(f"p{number}" for number in range(21))))
    assert len(roots) == 1
    assert await ids_of(profiles) == list(roots)
    assert len(await book.all_ids(1, "p7")) == 21


async def test_copy_follows_many_and_gives_way_to_look_ups_when_there_are_too_many(
    store: ControlStore, clock: FixedClock, demo: NewProject
) -> None:
    rows = [
        AliasRow(
            project=demo.project.number,
            alias=f"a{number}",
            profile_id=f"p{number % 7}",
            created_at=0,
            sequence=number,
        )
        for number in range(1, 2_501)
    ]
    async with store.write() as session:
        await session.add(*rows)
    for capacity in (2_500, 2_499):
        book = AliasBook(store, clock, capacity=capacity)
        assert await names(book, "a1", "a2500", "a2501") == ["p1", "p1", "a2501"]
        ids = await book.all_ids(1, "a3")
        assert (ids[0], ids[1], ids[-1], len(ids)) == ("p3", "a3", "a2495", 358)


async def test_answer_asked_for_before_the_alias_is_not_kept(book: AliasBook) -> None:
    await book.alias(1, "1", "z")
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(book.canonical, 1, "a")
        group.start_soon(book.alias, 1, "1", "a")
    assert await names(book, "a") == ["1"]
