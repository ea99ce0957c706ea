"""Insights, dashboards and people as this API shows them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.analytics.audiences import AudiencesQuery
from app.analytics.journeys import (
    FunnelQuery,
    FunnelTrendQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.queries import ChartQuery, SeriesQuery
from app.analytics.records import Json
from app.compat.posthog.encode import iso
from app.compat.posthog.sayings import query_said
from app.exports.panels import describe
from app.projects.dashboards import Dashboard, Tile
from app.projects.insights import Insight
from app.projects.records import Project

FORM: Final = "posthog"
"""Under which name the client's own query is kept."""

_NAMESPACE: Final = uuid.UUID("c0ffee00-0000-4000-8000-726f73657474")
_KINDS: Final[Mapping[type[object], str]] = {
    SeriesQuery: "TrendsQuery",
    ChartQuery: "TrendsQuery",
    AudiencesQuery: "TrendsQuery",
    FunnelQuery: "FunnelsQuery",
    FunnelTrendQuery: "FunnelsQuery",
    RetentionQuery: "RetentionQuery",
    PathsQuery: "PathsQuery",
    StickinessQuery: "StickinessQuery",
    LifecycleQuery: "LifecycleQuery",
}


@dataclass(frozen=True, slots=True)
class Computed:
    """An answer in this API's shape, and when it was computed (ms)."""

    result: Json
    at: int
    range: Json


def person(principal_id: str) -> dict[str, Json]:
    """Who made something: the key, because there are no other users."""
    return {
        "id": 1,
        "uuid": stable_uuid("user", principal_id),
        "distinct_id": principal_id,
        "first_name": principal_id.partition(":")[0].replace("_", " ").title(),
        "last_name": "",
        "email": "",
        "is_email_verified": None,
        "hedgehog_config": None,
        "role_at_organization": None,
    }


def stable_uuid(*parts: str) -> str:
    """The UUID that these parts always give."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def query_of(insight: Insight) -> Json:
    """The query as its client wrote it, or as it is said here; where it can't be, its kind."""
    kept = insight.forms.get(FORM) or query_said(insight.question, insight.display)
    if kept is not None:
        return kept
    kind = _KINDS.get(type(insight.question))
    source: Json = None if kind is None else {"kind": kind}
    return None if source is None else {"kind": "InsightVizNode", "source": source}


def encode_insight(
    insight: Insight, tiles: Sequence[Tile], computed: Computed | None, project: Project
) -> dict[str, Json]:
    """All fields; `result` is null where nothing was computed."""
    who = person(insight.created_by)
    return {
        "id": insight.number,
        "short_id": insight.short_id,
        "name": insight.name,
        "derived_name": describe(insight.question),
        "description": insight.description,
        "query": query_of(insight),
        "filters": {},
        "order": None,
        "deleted": insight.is_deleted,
        "dashboards": [tile.dashboard for tile in tiles],
        "dashboard_tiles": [
            {"id": tile.number, "dashboard_id": tile.dashboard, "deleted": None} for tile in tiles
        ],
        "tags": [*insight.tags],
        "favorited": insight.is_favorite,
        "saved": insight.is_saved,
        "created_at": iso(insight.created_at),
        "created_by": {**who},
        "updated_at": iso(insight.updated_at),
        "last_modified_at": iso(insight.updated_at),
        "last_modified_by": {**person(insight.updated_by)},
        "is_sample": False,
        "result": None if computed is None else computed.result,
        "columns": None,
        "types": None,
        "hasMore": None,
        "hogql": None,
        "last_refresh": None if computed is None else iso(computed.at),
        "cache_target_age": None,
        "next_allowed_client_refresh": None,
        "is_cached": False,
        "query_status": None,
        "timezone": project.timezone,
        "resolved_date_range": None if computed is None else computed.range,
        "effective_restriction_level": 21,
        "effective_privilege_level": 37,
        "user_access_level": "manager",
        "alerts": [],
        "last_viewed_at": None,
    }


def encode_dashboard(dashboard: Dashboard, project: Project) -> dict[str, Json]:
    """The fields of a list's row, which has no tiles."""
    return {
        "id": dashboard.number,
        "name": dashboard.name,
        "description": dashboard.description,
        "pinned": dashboard.is_pinned,
        "created_at": iso(dashboard.created_at),
        "created_by": {**person(dashboard.created_by)},
        "is_shared": False,
        "deleted": dashboard.is_deleted,
        "creation_mode": "default",
        "filters": dashboard.forms.get(FORM) or {},
        "variables": {},
        "persisted_filters": None,
        "persisted_variables": None,
        "breakdown_colors": [],
        "data_color_theme_id": None,
        "tags": [*dashboard.tags],
        "restriction_level": 21,
        "effective_restriction_level": 21,
        "effective_privilege_level": 37,
        "user_access_level": "manager",
        "last_accessed_at": None,
        "last_refresh": None,
        "team_id": project.number,
    }


def encode_tile(tile: Tile, place: int, insight: dict[str, Json] | None) -> dict[str, Json]:
    """A tile with the insight on it."""
    box = tile.box
    layouts: Json = {}
    if box is not None:
        layouts = {"sm": {"x": box.left, "y": box.top, "w": box.width, "h": box.height}}
    told: Json = None if tile.text is None else {"body": tile.text}
    return {
        "id": tile.number,
        "layouts": layouts,
        "color": tile.color,
        "order": place,
        "last_refresh": None if insight is None else insight.get("last_refresh"),
        "is_cached": False,
        "insight": insight,
        "text": told,
        "button_tile": None,
    }
