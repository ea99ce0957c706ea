"""Look-ups that are gathered over one turn of the loop, so that n rows cost one question."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from strawberry.dataloader import DataLoader

from app.analytics.fields import COLUMNS
from app.analytics.filters import Compare, Operator
from app.analytics.queries import Page, SessionsQuery
from app.analytics.ranges import ANY_TIME
from app.analytics.records import Profile, Session
from app.http.services import Services
from app.projects.dashboards import Tile
from app.projects.insights import Insight
from schema.context import Key, Loaders
from schema.owners import read_events, read_sessions

_MOST_KEYS = 1000


def make_loaders(services: Services, *, remember: bool = True) -> Loaders:
    """Fresh loaders for one request: what they remember must not outlive it.

    For subscriptions, which last, they remember nothing.
    """

    async def profiles(keys: list[Key]) -> Sequence[Profile | None]:
        found: dict[Key, Profile] = {}
        for number, ids in _by_project(keys).items():
            known = await services.profiles.get_many(number, ids)
            found |= {(number, id_): profile for id_, profile in known.items()}
        return [found.get(key) for key in keys]

    async def sessions(keys: list[Key]) -> Sequence[Session | None]:
        found: dict[Key, Session] = {}
        for number, ids in _by_project(keys).items():
            for session in await _sessions_of(services, number, ids):
                found[number, session.id] = session
        return [found.get(key) for key in keys]

    async def insights(numbers: list[int]) -> Sequence[Insight | None]:
        found = await services.insights.get_many(numbers)
        return [found.get(number) for number in numbers]

    async def tiles(numbers: list[int]) -> Sequence[Sequence[Tile]]:
        found = await services.dashboards.tiles_of(numbers)
        return [found[number] for number in numbers]

    return Loaders(
        DataLoader(profiles, max_batch_size=_MOST_KEYS, cache=remember),
        DataLoader(sessions, max_batch_size=_MOST_KEYS, cache=remember),
        DataLoader(insights, max_batch_size=_MOST_KEYS, cache=remember),
        DataLoader(tiles, max_batch_size=_MOST_KEYS, cache=remember),
        DataLoader(partial(read_events, services), max_batch_size=_MOST_KEYS, cache=remember),
        DataLoader(partial(read_sessions, services), max_batch_size=_MOST_KEYS, cache=remember),
    )


async def _sessions_of(services: Services, number: int, ids: Sequence[str]) -> Iterable[Session]:
    project = await services.projects.get_project(number)
    query = SessionsQuery(
        project=number,
        range=ANY_TIME,
        # Sessions have no condition on their own id: they are found through their events.
        filter=Compare(COLUMNS["session_id"], Operator.EQUALS, tuple(ids)),
        page=Page(len(ids)),
    )
    return (await services.reader.ask(query, project)).sessions


def _by_project(keys: Iterable[Key]) -> Mapping[int, list[str]]:
    grouped: dict[int, list[str]] = {}
    for number, id_ in keys:
        grouped.setdefault(number, []).append(id_)
    return grouped
