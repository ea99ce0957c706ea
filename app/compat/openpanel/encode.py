"""From answers to JSON: names, rounding, dates."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.analytics.metrics import (
    BOUNCE_RATE,
    SCREEN_VIEWS,
    SESSION_DURATION,
    SESSIONS,
    TOTAL_REVENUE,
    VIEWS_PER_SESSION,
    VISITORS,
    Number,
)
from app.analytics.periods import FIXED_SIZES, Interval, to_datetime
from app.analytics.plans import Label
from app.analytics.records import Event, Json, Profile
from app.analytics.results import (
    BreakdownResult,
    BreakdownRow,
    PageRow,
    PagesResult,
    SeriesResult,
    TotalsResult,
)
from app.compat.openpanel.breakdowns import Shape
from app.compat.openpanel.countries import country_name
from app.compat.openpanel.decode import EventsRequest
from app.compat.openpanel.selection import KEYS, iso_ms
from app.projects.records import Project

_OVERVIEW_KEYS = {
    BOUNCE_RATE.slug: "bounce_rate",
    VISITORS.slug: "unique_visitors",
    SESSIONS.slug: "total_sessions",
    SESSION_DURATION.slug: "avg_session_duration",
    SCREEN_VIEWS.slug: "total_screen_views",
    VIEWS_PER_SESSION.slug: "views_per_session",
    TOTAL_REVENUE.slug: "total_revenue",
}


def rounded(number: Number | None) -> int | float:
    """The number with at most two decimals; nothing is 0."""
    if number is None or isinstance(number, int):
        return number or 0
    return round(number, 2)


def encode_metrics(result: SeriesResult) -> dict[str, Json]:
    """The overview: one number per metric, and one per metric and bucket."""
    keys = [_OVERVIEW_KEYS[line.metric.slug] for line in result.lines]
    totals = {key: rounded(line.total) for key, line in zip(keys, result.lines, strict=True)}
    series: list[Json] = []
    for place, start in enumerate(result.buckets):
        points = (rounded(line.points[place]) for line in result.lines)
        date = local_date(start, result.interval, result.zone)
        series.append({"date": date, **dict(zip(keys, points, strict=True))})
    return {"metrics": {**totals}, "series": series}


def local_date(start: int, interval: Interval, zone: ZoneInfo) -> str:
    """The local start of the bucket, written with a `Z` as these clients expect it."""
    local = to_datetime(start, zone).replace(tzinfo=None)
    if interval not in FIXED_SIZES:
        # A day may begin at one o'clock, where clocks skip midnight; its date says enough.
        local = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{local.isoformat(timespec='milliseconds')}Z"


def encode_live(result: TotalsResult) -> dict[str, Json]:
    """How many are here now."""
    return {"visitors": rounded(result.values[0].value)}


def encode_pages(result: PagesResult) -> list[Json]:
    """One row per page."""
    return [_page_row(row) for row in result.rows]


def _page_row(row: PageRow) -> Json:
    return {
        "title": row.title or "",
        "origin": row.origin or "",
        "path": row.path,
        "sessions": row.sessions,
        "bounce_rate": rounded(row.bounce_rate),
        "avg_duration": rounded(row.seconds),
        "pageviews": row.views,
        "revenue": row.revenue,
    }


def encode_breakdown(result: BreakdownResult, shape: Shape) -> list[Json]:
    """One row per value; the empty value is null."""
    return [_breakdown_row(row, shape) for row in result.rows]


def _breakdown_row(row: BreakdownRow, shape: Shape) -> Json:
    label, *prefix = row.labels
    told: dict[str, Json] = {}
    if shape.prefix is not None:
        told["prefix"] = _name_of(shape.prefix.name, prefix[0])
    told["name"] = _name_of(shape.field.name, label)
    if shape.field.name == "country":
        told["code"] = label
    sessions, bounce_rate, duration, views, revenue = map(rounded, row.values)
    return told | {
        "sessions": sessions,
        "bounce_rate": bounce_rate,
        "avg_session_duration": duration,
        "pageviews": views,
        "revenue": revenue,
    }


def _name_of(field: str, label: Label) -> Label:
    return country_name(label) if field == "country" and isinstance(label, str) else label


@dataclass(frozen=True, slots=True)
class ExportedPage:
    """A page of events with what stands beside them. `profiles` are those that exist, by id."""

    asked: EventsRequest
    project: Project
    events: tuple[Event, ...]
    total_count: int
    profiles: Mapping[str, Profile]
    now: int


def encode_events(page: ExportedPage) -> dict[str, Json]:
    """The events and what they are a page of."""
    return {
        "meta": {
            "count": len(page.events),
            "totalCount": page.total_count,
            "pages": math.ceil(page.total_count / page.asked.query.page.limit),
            "current": page.asked.page,
        },
        "data": [_event_row(event, page) for event in page.events],
    }


def _event_row(event: Event, page: ExportedPage) -> dict[str, Json]:
    selection = page.asked.selection
    row: dict[str, Json] = {key: KEYS[key].show(event) for key in selection.keys}
    row["projectId"] = page.project.id
    row.setdefault("groups", [])
    if selection.has_profile:
        profile = page.profiles.get(event.profile_id or "") or _unknown(event, page.now)
        row["profile"] = encode_profile(profile, page.project)
    if selection.has_meta:
        # Nothing is noted about names of events yet.
        row["meta"] = None
    return row


def encode_profile(profile: Profile, project: Project) -> dict[str, Json]:
    """A profile as exports show it; absent text is empty text."""
    return {
        "id": profile.id,
        "firstName": profile.first_name or "",
        "lastName": profile.last_name or "",
        "email": profile.email or "",
        "avatar": profile.avatar or "",
        "isExternal": profile.is_external,
        "properties": profile.properties,
        "groups": [*profile.groups],
        "createdAt": iso_ms(profile.created_at),
        "lastSeenAt": iso_ms(profile.last_seen_at),
        "projectId": project.id,
    }


def _unknown(event: Event, now: int) -> Profile:
    """What is shown of someone of whom nothing is known."""
    return Profile(
        project=event.project,
        id=event.profile_id or "",
        is_external=False,
        created_at=now,
        last_seen_at=now,
    )
