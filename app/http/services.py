"""Everything that a request handler may use, made once and passed in."""

from dataclasses import dataclass

from app.exports.service import ExportService
from app.http.ratelimit import RateLimiter
from app.http.slots import Slots
from app.importer.posted import RowImporter
from app.ingest.broadcast import Broadcast
from app.ingest.duplicates import DuplicateGuard
from app.ingest.geo import GeoLookup
from app.ingest.people import PeopleService
from app.ingest.presence import Acknowledgement, DeviceFinder
from app.ingest.service import IngestService
from app.kit.clock import Clock
from app.projects.aliases import AliasBook
from app.projects.bookmarks import Bookmarks
from app.projects.cohorts import CohortDirectory
from app.projects.dashboards import DashboardDirectory
from app.projects.directory import ProjectDirectory
from app.projects.groups import GroupDirectory
from app.projects.insights import InsightDirectory
from app.projects.profiles import ProfileDirectory
from app.projects.reader import Reader
from app.projects.verifier import CredentialVerifier
from app.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the front doors are given. Lives as long as the server does.

    Handlers find it as `request.state.services`.
    """

    settings: Settings
    clock: Clock
    bookmarks: Bookmarks
    projects: ProjectDirectory
    insights: InsightDirectory
    dashboards: DashboardDirectory
    exports: ExportService
    profiles: ProfileDirectory
    aliases: AliasBook
    groups: GroupDirectory
    cohorts: CohortDirectory
    verifier: CredentialVerifier
    reader: Reader
    ingest: IngestService
    people: PeopleService
    devices: DeviceFinder
    geo: GeoLookup
    duplicates: DuplicateGuard[Acknowledgement]
    imports: RowImporter
    news: Broadcast
    limiter: RateLimiter
    slots: Slots
