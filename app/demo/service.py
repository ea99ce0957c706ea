"""Loads the demo: its traffic once, however often it is begun anew."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, TypeAlias

from app.demo.traffic import DAYS, Stretch, shards_of, traffic_of
from app.importer.service import wait_stored
from app.ingest.journal import ImportProgress
from app.ingest.log import EventLog
from app.kit.parallel import spread
from app.projects.profiles import ProfileDirectory
from app.projects.records import Project

SLUG: Final = "demo"
TIMEZONE: Final = "Europe/Stockholm"

_DAY_MS: Final = 24 * 60 * 60 * 1000
_UNSTORED_ROWS: Final = 200_000
"""How far the journal may run ahead of the store."""

_SMALL_EVENTS: Final = 10_000
"""Up to here, starting other processes costs more than they save."""

_UNTIL: Final = "demo:until"
_PLAN: Final = "demo:plan"
_DENSITY: Final = "demo:density"

Watcher: TypeAlias = Callable[[int, int], None]
"""Told how many events there are so far, twice: as the bar's place and as the count."""


class Renewal(Enum):
    """What becomes of a demo that was loaded before."""

    KEEP = "keep"
    """It stays as it is."""
    TOP_UP = "top_up"
    """It gets the traffic of the time since, as dense as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOrder:
    """How much traffic to make, until now (`at_ms`), in how many processes."""

    data_dir: Path
    at_ms: int
    events: int
    processes: int
    renewal: Renewal = Renewal.KEEP


@dataclass(frozen=True, slots=True)
class DemoReport:
    """How many events were added now, and how many there were before."""

    added: int
    already: int


async def load_demo(
    log: EventLog, profiles: ProfileDirectory, project: Project, order: DemoOrder, watch: Watcher
) -> DemoReport:
    """Fills the project with traffic until `order.at_ms`.

    Progress is kept with the events: a demo that was broken off is completed with the
    traffic that it was planned with. The same plan always gives the same events.
    """
    journal = _Ledger(log, project.number, order.data_dir)
    until = await journal.find(_UNTIL)
    plan = await journal.find(_PLAN)
    if until is not None and (plan is None or plan.offset == until.offset):
        if order.renewal is Renewal.KEEP or order.at_ms <= until.offset:
            return DemoReport(0, until.rows)
        plan = None
    already = until.rows if until else 0
    if plan is None:
        plan = await _planned(journal, until, order)
    start = until.offset if until else plan.offset - DAYS * _DAY_MS
    stretch = Stretch(project.number, project.timezone, start, plan.offset, plan.rows)
    added = await _fill(journal, profiles, stretch, order.processes, watch)
    await journal.write(_UNTIL, plan.offset, already + plan.rows)
    return DemoReport(added, already + plan.rows - added)


class _Ledger:
    """What is known of the demo's progress, kept where that of imports is."""

    def __init__(self, log: EventLog, project: int, data_dir: Path) -> None:
        self._log = log
        self._project = project
        self._data_dir = data_dir
        self._unstored = 0

    async def find(self, name: str) -> ImportProgress | None:
        return await self._log.find_progress(name, self._project)

    async def write(
        self, name: str, offset: int, rows: int, encoded: Sequence[bytes] = ()
    ) -> ImportProgress:
        step = ImportProgress(
            fingerprint=name, project=self._project, offset=offset, rows=rows, done=True
        )
        await self._log.append_encoded(encoded, step)
        self._unstored += len(encoded)
        if self._unstored >= _UNSTORED_ROWS:
            await wait_stored(self._log, self._data_dir)
            self._unstored = 0
        return step


async def _planned(
    journal: _Ledger, until: ImportProgress | None, order: DemoOrder
) -> ImportProgress:
    """Plans the traffic until now: all of it, or as dense as before since the last."""
    if until is None:
        await journal.write(_DENSITY, order.events, 0)
        return await journal.write(_PLAN, order.at_ms, order.events)
    density = await journal.find(_DENSITY)
    per_stretch = density.offset if density else order.events
    events = round(per_stretch * (order.at_ms - until.offset) / (DAYS * _DAY_MS))
    return await journal.write(_PLAN, order.at_ms, events)


async def _fill(
    journal: _Ledger,
    profiles: ProfileDirectory,
    stretch: Stretch,
    processes: int,
    watch: Watcher,
) -> int:
    """How many events were added to the stretch; the shards that are there are passed over."""
    steps = f"demo:steps:{stretch.end_ms}"
    before = await journal.find(steps)
    done, rows = (before.offset, before.rows) if before else (0, 0)
    added = 0
    shards = shards_of(stretch)[done:]
    lanes = processes if stretch.events > _SMALL_EVENTS else 0
    with closing(spread(traffic_of, shards, lanes)) as parts:
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            await profiles.identify_all(stretch.project, part.identities)
            done, rows = done + 1, rows + len(part.rows)
            await journal.write(steps, done, rows, part.rows)
            added += len(part.rows)
            watch(rows, rows)
    return added
