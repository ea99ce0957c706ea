"""Cohorts of a project's profiles, kept as conditions and computed when they are asked of."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.analytics.codec import decode, encode
from app.analytics.cohorts import Cohort, check_cohort
from app.analytics.errors import InvalidQueryError, NotFoundError
from app.analytics.filters import Filter
from app.control.models import CohortRow
from app.control.repositories import cohorts
from app.control.store import ControlStore
from app.kit.clock import Clock
from app.kit.ids import time_ordered_id

_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCohort:
    """A cohort as it is kept; instants are in milliseconds.

    `number` names it to clients that know whole numbers only.
    """

    number: int
    project: int
    cohort: Cohort
    description: str
    created_at: int
    updated_at: int


class CohortDirectory:
    """Makes, changes, finds and lists the cohorts of projects, which are named by number."""

    def __init__(self, store: ControlStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(
        self, project: int, name: str, condition: Filter, description: str = ""
    ) -> StoredCohort:
        """The new cohort; raises InvalidQueryError for what can't be one."""
        _check(name, description, condition)
        now = self._clock.now_ms()
        row = CohortRow(
            id=time_ordered_id(),
            project=project,
            name=name,
            description=description,
            definition=encode(condition),
            created_at=now,
            updated_at=now,
        )
        async with self._store.write() as session:
            await session.add(row)
            return _stored(row)

    async def change(
        self, project: int, reference: str, name: str, condition: Filter, description: str = ""
    ) -> StoredCohort:
        """The cohort with a new definition; raises NotFoundError when there is none."""
        _check(name, description, condition)
        async with self._store.write() as session:
            row = _found(await cohorts.find(session, project, reference), reference)
            row.name, row.description = name, description
            row.definition = encode(condition)
            row.updated_at = self._clock.now_ms()
            return _stored(row)

    async def delete(self, project: int, reference: str) -> None:
        """Forgets the cohort; raises NotFoundError when there is none."""
        async with self._store.write() as session:
            row = _found(await cohorts.find(session, project, reference), reference)
            await session.delete(row)

    async def find(self, project: int, reference: str) -> StoredCohort | None:
        """The cohort with that id or number."""
        async with self._store.read() as session:
            row = await cohorts.find(session, project, reference)
        return None if row is None else _stored(row)

    async def list_all(self, project: int) -> list[StoredCohort]:
        """The project's cohorts, the oldest first."""
        async with self._store.read() as session:
            return [_stored(row) for row in await cohorts.list_all(session, project)]

    async def named(self, project: int, references: Iterable[str]) -> dict[str, Cohort]:
        """Those of the cohorts that exist, under the ids or numbers that were asked for."""
        found: dict[str, Cohort] = {}
        async with self._store.read() as session:
            for reference in references:
                row = await cohorts.find(session, project, reference)
                if row is not None:
                    found[reference] = _stored(row).cohort
        return found

    async def every(self, project: int) -> dict[str, Cohort]:
        """All cohorts of the project under their ids, the oldest first."""
        stored = await self.list_all(project)
        return {each.cohort.id: each.cohort for each in stored}


def _check(name: str, description: str, condition: Filter) -> None:
    if not 0 < len(name) <= _LONGEST_NAME or "\0" in name:
        message = f"A cohort's name has 1 to {_LONGEST_NAME} characters."
        raise InvalidQueryError.at("name", message=message)
    if len(description) > _LONGEST_DESCRIPTION or "\0" in description:
        message = f"A description has at most {_LONGEST_DESCRIPTION} characters."
        raise InvalidQueryError.at("description", message=message)
    check_cohort(condition)


def _found(row: CohortRow | None, reference: str) -> CohortRow:
    if row is None:
        raise NotFoundError(f"There is no cohort {reference!r}.")
    return row


def _stored(row: CohortRow) -> StoredCohort:
    return StoredCohort(
        number=row.number,
        project=row.project,
        cohort=Cohort(row.id, row.name, decode(row.definition)),
        description=row.description,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
