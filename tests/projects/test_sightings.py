import pytest

from app.control.store import ControlStore
from app.projects.directory import NewProject
from app.projects.identity import Identity
from app.projects.profiles import ProfileDirectory
from app.projects.sightings import SeenBefore, Sighting, joined

pytestmark = pytest.mark.anyio

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def profiles(store: ControlStore, demo: NewProject) -> ProfileDirectory:
    assert demo.project.number == 1
    return ProfileDirectory(store)


def at(first: int, last: int | None = None, profile_id: str = "p", **more: str) -> Sighting:
    return Sighting(
        profile_id=profile_id,
        first_at=first,
        last_at=first if last is None else last,
        is_external=False,
        context=more,
    )


async def test_device_that_nobody_told_of_appears(profiles: ProfileDirectory) -> None:
    await profiles.seen(1, [at(20, 30, country="SE"), at(10, country="DE"), at(5, 5, "q")])
    found = await profiles.get_many(1, ["p", "q"])
    assert (found["p"].created_at, found["p"].last_seen_at) == (10, 30)
    assert (found["p"].is_external, found["p"].properties) == (False, {"country": "DE"})
    assert found["q"].properties == {}
    assert await profiles.count(1) == 2


@pytest.mark.parametrize(
    ("sighting", "first_and_last"),
    [
        (at(HOUR + 1, 2 * HOUR - 1), (0, HOUR)),
        (at(2 * HOUR), (0, 2 * HOUR)),
        (at(-1), (-1, HOUR)),
        (at(-1, 9 * HOUR), (-1, 9 * HOUR)),
    ],
)
@pytest.mark.parametrize("remembers", [True, False])
async def test_known_profile_is_stored_again_when_an_hour_passed_or_it_was_seen_earlier(
    profiles: ProfileDirectory,
    store: ControlStore,
    sighting: Sighting,
    first_and_last: tuple[int, int],
    remembers: bool,  # noqa: FBT001  A case of the table.
) -> None:
    await profiles.seen(1, [at(0, HOUR)])
    after = profiles if remembers else ProfileDirectory(store)
    await after.seen(1, [sighting])
    found = await profiles.find(1, "p")
    assert found is not None
    assert (found.created_at, found.last_seen_at) == first_and_last
    is_new = first_and_last != (0, HOUR)
    assert bool(await profiles.changed_since(1, 10)) is is_new


async def test_sighting_says_nothing_of_place_about_a_known_profile(
    profiles: ProfileDirectory,
) -> None:
    await profiles.identify(1, Identity(profile_id="p", seen_at=0, properties={"country": "SE"}))
    await profiles.seen(1, [at(9 * HOUR, country="DE", city="Kiel")])
    found = await profiles.find(1, "p")
    assert found is not None
    assert found.properties == {"country": "SE"}
    assert found.is_external


async def test_device_that_is_named_becomes_external(profiles: ProfileDirectory) -> None:
    await profiles.seen(1, [at(0)])
    await profiles.seen(1, [Sighting(profile_id="p", first_at=1, last_at=1)])
    found = await profiles.find(1, "p")
    assert found is not None
    assert found.is_external


async def test_many_are_taken_in_at_once_and_cost_nothing_again(
    profiles: ProfileDirectory,
) -> None:
    many = [at(number, profile_id=f"p{number}") for number in range(1_200)]
    await profiles.seen(1, many)
    await profiles.seen(1, many)
    assert await profiles.count(1) == 1_200
    assert (await profiles.changed_since(0, 2_000))[-1].sequence == 1_200
    await profiles.seen(1, [])


async def test_memory_forgets_the_oldest(profiles: ProfileDirectory) -> None:
    memory = SeenBefore(capacity=1)
    for profile_id in "pq":
        sighting = at(0, profile_id=profile_id)
        profile = await profiles.identify(1, Identity(profile_id=profile_id, seen_at=0))
        memory.note(sighting, profile)
    assert [memory.tells_nothing(1, at(0, profile_id=name)) for name in "pq"] == [False, True]


def test_one_sighting_says_what_several_say() -> None:
    external = Sighting(profile_id="p", first_at=7, last_at=8, context={"os": "a"})
    (one,) = joined([at(5, 6, os="b"), external, at(1, 20, os="c"), at(1, 2, os="d")])
    assert (one.first_at, one.last_at, one.is_external) == (1, 20, True)
    assert one.context == {"os": "c"}
