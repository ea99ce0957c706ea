"""Projects and clients as the rest of the program sees them: no secrets, no rows."""

from dataclasses import dataclass
from enum import StrEnum

from app.control.models import ClientRow, ProjectRow
from app.projects.filters import ProjectFilter, filters_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project. `number` and `id`, its slug, name the same project everywhere.

    `timezone` is an IANA name, `origins` are the browser origins that may track without
    a secret, `created_at` is in milliseconds. `filters` say what is refused.
    `allow_unsafe_revenue` lets calls without a secret report revenue; `cross_domain` tells
    that its sites share their visitors. `token` is public and only good for writing; with
    `legacy_time`, Mixpanel's clients get times as local clocks show them. `conversions` are
    the names of the events that count as such.
    """

    number: int
    id: str
    name: str
    timezone: str
    origins: tuple[str, ...]
    created_at: int
    filters: tuple[ProjectFilter, ...] = ()
    allow_unsafe_revenue: bool = False
    cross_domain: bool = False
    token: str | None = None
    legacy_time: bool = False
    conversions: tuple[str, ...] = ()


class ClientType(StrEnum):
    """What a client is for."""

    READ = "read"
    WRITE = "write"
    ROOT = "root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A credential of the OpenPanel kind.

    `project` is a number, and None for a root client that stands above the projects.
    """

    id: str
    type: ClientType
    project: int | None
    name: str
    ignores_origin_and_secret: bool
    created_at: int


def project_of(row: ProjectRow) -> Project:
    """The project that the row holds."""
    return Project(
        number=row.number,
        id=row.slug,
        name=row.name,
        timezone=row.timezone,
        origins=tuple(row.origins),
        created_at=row.created_at,
        filters=filters_of(row.filters),
        allow_unsafe_revenue=row.allow_unsafe_revenue,
        cross_domain=row.cross_domain,
        token=row.mixpanel_token,
        legacy_time=row.legacy_time,
        conversions=tuple(row.conversions),
    )


def client_of(row: ClientRow) -> Client:
    """The client that the row holds, without its hash."""
    return Client(
        id=row.id,
        type=ClientType(row.type),
        project=row.project,
        name=row.name,
        ignores_origin_and_secret=row.ignore_cors_and_secret,
        created_at=row.created_at,
    )
