"""Generated worlds in an opened store of each engine, and questions to them.

A test module takes the fixture by importing it: `from tests.support.asking import engine`.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.analytics import runner
from app.analytics.answers.steps import Steps
from app.analytics.queries import Limits, Moment, Query
from app.analytics.records import Event, Group, Profile
from app.analytics.session_merging import (
    merge_sessions,
    session_ids,
)
from app.analytics.sessions import (
    sessionize,
)
from app.stores.base import Changes, EventStore
from app.stores.open import open_event_store
from tests.support.engines import ENGINES, IN_MEMORY, store_url
from tests.support.naming import name_session
from tests.support.oracle import World


@dataclass
class Engine:
    """One opened store; each world becomes a project of its own in it."""

    store: EventStore
    loop: asyncio.AbstractEventLoop
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def load(
        self, events: list[Event], people: list[Profile], companies: Sequence[Group] = ()
    ) -> tuple[int, World]:
        """Stores the facts as a new project's; its number and its facts."""
        number = next(self.numbers)
        groups = [replace(group, project=number) for group in companies]
        self.loop.run_until_complete(self.store.copy_groups(groups))
        profiles = [replace(profile, project=number, sequence=number) for profile in people]
        self.loop.run_until_complete(self.store.copy_profiles(profiles))
        mine = [
            replace(event, project=number, position=number * 1000 + event.position)
            for event in events
        ]
        outcome = merge_sessions((), sessionize(mine, name_session))
        ids = session_ids(mine, outcome)
        changes = Changes(
            journal="parity",
            position=number,
            events=mine,
            sessions=outcome.states,
            session_ids=ids,
        )
        self.loop.run_until_complete(self.store.apply(changes))
        stored = [replace(event, session_id=id_) for event, id_ in zip(mine, ids, strict=True)]
        return number, World.of(stored, profiles, groups=groups)

    def ask(self, query: Query, moment: Moment) -> Any:  # noqa: ANN401  Any kind of answer.
        moment = replace(moment, engine=self.store.capabilities)
        return self.loop.run_until_complete(self._drive(runner.answer(query, moment)))

    async def _drive(self, steps: Steps[Any]) -> Any:  # noqa: ANN401  The same.
        try:
            statements = next(steps)
            while True:
                rows = [await self.store.fetch(statement, 30) for statement in statements]
                statements = steps.send(rows)
        except StopIteration as finished:
            return finished.value


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine for the whole module."""
    directory: Path = tmp_path_factory.mktemp("parity")
    with asyncio.Runner() as runner_:
        # What is asked is the same of a file, whose every change waits for the disk.
        url = IN_MEMORY.get(request.param) or store_url(request.param, directory)
        store = open_event_store(url)
        runner_.run(store.migrate())
        yield Engine(store, runner_.get_loop())
        runner_.run(store.close())


def moment_of(now: int, zone: ZoneInfo) -> Moment:
    return Moment(now, zone, Limits(buckets=20_000))
