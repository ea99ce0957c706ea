"""What commands open: the stores of the data directory, for as long as they work."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from app.control.store import ControlStore
from app.importer.service import is_free, wait_stored
from app.ingest.log import EventLog, Ownership
from app.ingest.naming import SessionNames
from app.ingest.owners import ProfileOwners
from app.ingest.storer import Pace
from app.kit.clock import SystemClock
from app.kit.memory import use_one_arena
from app.projects.aliases import AliasBook
from app.projects.directory import ProjectDirectory
from app.projects.issuer import CredentialIssuer
from app.projects.profiles import ProfileDirectory
from app.settings import Settings
from app.terms import control_url, log_settings

Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Control:
    """The control store, and those who work with it."""

    clock: SystemClock
    store: ControlStore
    projects: ProjectDirectory
    issuer: CredentialIssuer


@asynccontextmanager
async def open_control(settings: Settings) -> AsyncGenerator[Control]:
    """The migrated control store; whether a server runs makes no difference."""
    # Before there are other threads.
    use_one_arena()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    store = ControlStore.open(control_url(settings))
    try:
        await store.migrate()
        projects = ProjectDirectory(store, clock)
        yield Control(clock, store, projects, CredentialIssuer(store, clock, projects))
    finally:
        await store.close()


@dataclass(frozen=True, slots=True)
class Bulk:
    """Work in bulk: its name in the journal, and when what it brings is stored.

    Nobody waits for one event: each transaction is as large as memory allows.
    """

    source: str
    pace: Pace


IMPORT: Final = Bulk(
    "import",
    Pace(
        interval_seconds=15.0,
        eager_rows=150_000,
        portion_rows=20_000,
        fitting_rows=200_000,
        reads_ahead=False,
    ),
)
"""Brings columns, which weigh a tenth.

What makes more than one of the engine's row groups (122,880) is written to its place at once,
and not to a log first. What is left over stays a group of its own if it is more than half of
one, and else is written again when groups are put together; one and five eighths are safe.
"""

DEMO: Final = Bulk("demo", Pace(interval_seconds=5.0, eager_rows=12_000, portion_rows=12_000))
"""Brings events one by one."""

MIGRATION: Final = replace(DEMO, source="migrate")
"""Brings nothing itself."""

_ENGINE_MEMORY: Final = "96MB"
"""What the engine may remember of a store that it only adds to."""


@asynccontextmanager
async def open_log(
    settings: Settings, control: Control, bulk: Bulk, ownership: Ownership
) -> AsyncGenerator[EventLog]:
    """The event log; it stores by itself if the event store is free, else the owner does.

    Its engine has one thread unless another number is set: more of them make storing no
    faster, and would take the cores from those who read lines. What it may remember is
    bounded too, since nobody asks it anything.
    """
    spared = {
        "duckdb_threads": settings.duckdb_threads or 1,
        "duckdb_memory": settings.duckdb_memory or _ENGINE_MEMORY,
    }
    settings = settings.model_copy(update=spared)
    async with AsyncExitStack() as resources:
        names = SessionNames(control.projects)
        await names.learn()
        owners = ProfileOwners(
            ProfileDirectory(control.store), AliasBook(control.store, control.clock)
        )
        terms = log_settings(settings, names, owners, control.clock, bulk.source)
        log = await EventLog.open(replace(terms, pace=bulk.pace), ownership)
        resources.push_async_callback(log.close)
        yield log


async def store_all(
    settings: Settings,
    control: Control,
    bulk: Bulk,
    work: Callable[[EventLog], Awaitable[Report]],
    phase: Callable[[str], None],
) -> Report:
    """What the work reports, once the events that it journalled are stored.

    By this process, or by the server that has the data directory; `phase` is told what is
    waited for.
    """
    async with open_log(settings, control, bulk, Ownership.IF_FREE) as log:
        report = await work(log)
        phase("Storing")
        await wait_stored(log, settings.data_dir)
        is_stored = log.owns_store
    if not is_stored and is_free(settings.data_dir):
        # The server that would have stored the events may have stopped meanwhile.
        async with open_log(settings, control, bulk, Ownership.IF_FREE) as log:
            await wait_stored(log, settings.data_dir)
    return report
