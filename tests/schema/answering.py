"""A server whose answers are compared: worlds are stored in it, and its questions remembered."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar, cast

import pytest

from app.analytics.cohorts import Cohort
from app.analytics.periods import EPOCH
from app.analytics.records import Event, Group, Profile
from app.analytics.session_merging import (
    merge_sessions,
    session_ids,
)
from app.analytics.sessions import (
    sessionize,
)
from app.kit.clock import FixedClock
from app.projects.reader import Reader
from app.stores.base import Changes, EventStore
from tests.schema.conftest import Server, opened, settings_in
from tests.support.engines import ENGINES, store_url
from tests.support.naming import name_session
from tests.support.oracle import World

Query = TypeVar("Query")

LONG_AGO: Final = 1_000_000_000_000
"""Before any generated event: the server closes no session of them while it is asked."""

DECLARED: Final = {
    "m": "[MetricInput!]!",
    "r": "RangeInput!",
    "f": "EventFilterInput",
    "z": "TimeZone",
    "b": "[DimensionInput!]",
    "by": "[DimensionInput!]!",
    "c": "CompareInput",
    "h": "[HavingInput!]",
    "s": "[FunnelStepInput!]!",
    "x": "[FunnelExclusionInput!]",
    "start": "EventMatchInput",
    "end": "EventMatchInput",
    "d": "DimensionInput!",
    "cohort": "ID!",
    "inside": "EventFilterInput",
}
"""The types of the variables that documents use."""


def told(instant: str) -> int:
    """The instant in milliseconds."""
    return round((datetime.fromisoformat(instant) - EPOCH).total_seconds() * 1000)


class Answering:
    """A server over one engine, whose questions to the core are remembered."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asked: list[Any] = []
        self._worlds = 0
        self._store: EventStore = cast("Any", server.services.ingest)._log.store
        reader: Reader = server.services.reader
        answer = reader.answer

        async def remember(query: Any, project: Any) -> Any:  # noqa: ANN401  As the reader's own.
            self.asked.append(query)
            return await answer(query, project)

        vars(reader)["answer"] = remember

    async def load(
        self,
        events: list[Event],
        people: list[Profile],
        zone: str,
        companies: Sequence[Group] = (),
    ) -> World:
        """Stores the facts as those of a new project."""
        self._worlds += 1
        place = self._worlds
        created = await self.server.services.projects.create_project(f"world-{place}", zone)
        number = created.project.number
        mine = [
            replace(event, project=number, position=place * 10_000 + event.position)
            for event in events
        ]
        outcome = merge_sessions((), sessionize(mine, name_session))
        ids = session_ids(mine, outcome)
        await self._store.apply(
            Changes(
                journal="parity",
                position=place,
                events=mine,
                sessions=outcome.states,
                session_ids=ids,
            )
        )
        groups = [replace(one, project=number, sequence=place) for one in companies]
        await self._store.copy_groups(groups)
        profiles = [replace(one, project=number, sequence=place) for one in people]
        await self._store.copy_profiles(profiles)
        stored = [replace(event, session_id=id_) for event, id_ in zip(mine, ids, strict=True)]
        return World.of(stored, profiles, groups=groups)

    async def ask(self, fields: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The fields of the newest project; what the core was asked for them is in `asked`."""
        self.asked.clear()
        heads = ", ".join(f"${name}: {DECLARED[name]}" for name in variables)
        begun = f"query ({heads})" if heads else "query"
        text = f'{begun} {{ project(id: "world-{self._worlds}") {{ {fields} }} }}'
        answer = await self.server.ask(text, variables)
        found: dict[str, Any] = answer.data["project"]
        return found

    async def number(self) -> int:
        """The newest project's number."""
        project = await self.server.services.projects.find_project(f"world-{self._worlds}")
        assert project is not None
        return project.number

    async def cohort(self, members: dict[str, Any]) -> Cohort:
        """A new cohort of the newest project."""
        made = await self.server.ask(
            """mutation ($p: ID!, $m: EventFilterInput!) {
              createCohort(input: {projectId: $p, name: "some", members: $m}) {
                ... on CohortSuccess { cohort { cohortId } } } }""",
            {"p": f"world-{self._worlds}", "m": members},
        )
        id_ = made.data["createCohort"]["cohort"]["cohortId"]
        return (await self.server.services.cohorts.named(await self.number(), [id_]))[id_]

    def query(self, kind: type[Query]) -> Query:
        """The only question of that kind that the core was asked."""
        found = [one for one in self.asked if isinstance(one, kind)]
        assert len(set(map(repr, found))) == 1, found
        return found[0]


@pytest.fixture(scope="module", params=ENGINES)
async def answering(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Answering]:
    directory = tmp_path_factory.mktemp("parity")
    configured = settings_in(directory / "data").model_copy(
        update={"events_url": store_url(request.param, directory), "rate_limits": False}
    )
    async with opened(configured, FixedClock(LONG_AGO)) as server:
        yield Answering(server)
