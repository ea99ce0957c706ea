"""Opening everything that the server needs, in order, and closing it again."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress

from app.control.replays import ReplayStore, default_replay_url
from app.control.store import ControlStore
from app.exports.opening import ExportSettings, Sources, open_exports
from app.http.ratelimit import IN_MEMORY, RateLimiter
from app.http.services import Services
from app.http.slots import Slots
from app.importer.posted import RowImporter
from app.ingest.agents import AgentReader
from app.ingest.bots import load_bots
from app.ingest.draft import Enricher
from app.ingest.duplicates import DuplicateGuard
from app.ingest.geo import GeoFileError, GeoLookup, open_geo
from app.ingest.log import EventLog
from app.ingest.naming import SessionNames
from app.ingest.owners import ProfileOwners
from app.ingest.people import PeopleService, ReplayRetention
from app.ingest.presence import DeviceFinder
from app.ingest.reference import find_places
from app.ingest.referrer_books import referrer_book
from app.ingest.retention import purge_regularly
from app.ingest.service import IngestService, Registers
from app.kit.clock import Clock
from app.kit.ids import time_ordered_id
from app.projects.alias_feed import AliasFeed
from app.projects.aliases import AliasBook
from app.projects.bookmarks import Bookmarks
from app.projects.cohorts import CohortDirectory
from app.projects.dashboards import DashboardDirectory
from app.projects.directory import ProjectDirectory
from app.projects.feeds import group_feed, profile_feed
from app.projects.groups import GroupDirectory
from app.projects.insights import InsightDirectory
from app.projects.profiles import ProfileDirectory
from app.projects.reader import Barriers, Reader
from app.projects.salts import SaltBook
from app.projects.verifier import CredentialVerifier
from app.settings import Settings
from app.stores.base import ConfigurationError
from app.terms import control_url, log_settings


def export_settings(settings: Settings) -> ExportSettings:
    """How exports are made and kept under these settings."""
    return ExportSettings(
        folder=settings.data_dir / "exports",
        url=settings.exports_url,
        workers=settings.export_workers,
        lease_seconds=settings.export_lease_seconds,
    )


@asynccontextmanager
async def open_services(settings: Settings, clock: Clock) -> AsyncGenerator[Services]:
    """Everything that requests need, while the server runs.

    The control store is migrated, and what was journalled before is stored. Raises
    ConfigurationError and StoreLockedError for what an operator has to mend.
    """
    async with AsyncExitStack() as resources:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        control = ControlStore.open(control_url(settings))
        resources.push_async_callback(control.close)
        await control.migrate()
        projects = ProjectDirectory(control, clock)
        names = SessionNames(projects)
        await names.learn()
        aliases = AliasBook(control, clock)
        seen = ProfileDirectory(control)
        owners = ProfileOwners(seen, aliases)
        log = await EventLog.open(log_settings(settings, names, owners, clock, "server"))
        resources.push_async_callback(log.close)
        profiles = ProfileDirectory(control, log.settled)
        groups, cohorts = GroupDirectory(control, clock), CohortDirectory(control, clock)
        salts = SaltBook(control)
        agents, geo = AgentReader(), resources.enter_context(_places(settings))
        enricher = Enricher(
            agents=agents,
            referrers=referrer_book(),
            geo=geo,
            new_id=time_ordered_id,
        )
        ingest = IngestService(
            log=log,
            enricher=enricher,
            salts=salts,
            registers=Registers(projects=projects, profiles=profiles, aliases=aliases),
            names=names,
        )
        feed = AliasFeed(aliases, log.store, log.settled, log.rename_profiles)
        # An alias that was made right before the end of the last run may not be followed yet.
        await feed.catch_up()
        people = PeopleService(
            profiles=profiles,
            aliases=feed,
            groups=groups,
            replays=await _replays(settings, resources),
            retention=ReplayRetention(days=settings.replay_days),
        )
        await resources.enter_async_context(_meanwhile(purge_regularly(people, clock)))
        load_bots()
        reader = Reader(
            log.store,
            Barriers(
                events=log.settled,
                profiles=profile_feed(seen, log.store).catch_up,
                groups=group_feed(groups, log.store).catch_up,
                roots=aliases.roots,
            ),
            cohorts,
            clock,
            timeout_seconds=settings.query_timeout_seconds,
        )
        sources = Sources(
            control=control,
            clock=clock,
            projects=projects,
            insights=InsightDirectory(control, clock),
            dashboards=DashboardDirectory(control, clock),
            reader=reader,
        )
        exports = await resources.enter_async_context(
            open_exports(export_settings(settings), sources)
        )
        yield Services(
            settings=settings,
            clock=clock,
            bookmarks=Bookmarks(clock),
            projects=projects,
            insights=sources.insights,
            dashboards=sources.dashboards,
            exports=exports,
            profiles=profiles,
            aliases=aliases,
            groups=groups,
            cohorts=cohorts,
            verifier=CredentialVerifier(control, clock),
            reader=reader,
            ingest=ingest,
            people=people,
            devices=DeviceFinder(log=log, agents=agents, salts=salts, names=names),
            geo=geo,
            duplicates=DuplicateGuard(),
            imports=RowImporter(log, names),
            news=log.news,
            limiter=RateLimiter(IN_MEMORY if settings.rate_limits else None),
            slots=Slots(),
        )


async def _replays(settings: Settings, resources: AsyncExitStack) -> ReplayStore:
    replays = ReplayStore.open(settings.replays_url or default_replay_url(settings.data_dir))
    resources.push_async_callback(replays.close)
    await replays.migrate()
    return replays


@asynccontextmanager
async def _meanwhile(work: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    """Does the work beside everything else, until left."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@contextmanager
def _places(settings: Settings) -> Generator[GeoLookup]:
    try:
        with open_geo(settings.geoip_path, find_places()) as geo:
            yield geo
    except GeoFileError as error:
        raise ConfigurationError(f"ROSETTA_GEOIP_PATH has a wrong value: {error}") from error
