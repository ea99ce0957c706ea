"""Exports as this API shows them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from app.analytics.records import Json
from app.compat.posthog.wire import suffix_of
from app.exports.queue import ABANDONED
from app.exports.records import Export, ExportState
from app.projects.dashboards import Dashboard
from app.projects.insights import Insight

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STUCK_MS: Final = 630_000
"""The longest question and half a minute."""


def iso(instant: int) -> str:
    """The instant as `2025-03-04T09:15:22.104000Z`; whole seconds have no fraction."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    return moment.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Namesakes:
    """The insights and dashboards that exports may be named after, by number."""

    insights: Mapping[int, Insight] = field(default_factory=dict[int, Insight])
    dashboards: Mapping[int, Dashboard] = field(default_factory=dict[int, Dashboard])


def encode_export(export: Export, names: Namesakes, now_ms: int) -> dict[str, Json]:
    """The documented fields in their order, then what later versions and this server add."""
    order = export.order
    return {
        "id": export.number,
        "dashboard": order.dashboard,
        "insight": order.insight,
        "export_format": order.format,
        "created_at": iso(export.created_at),
        "has_content": export.state is ExportState.COMPLETE,
        "export_context": order.context,
        "filename": filename(export, names),
        "expires_after": None if order.expires_at is None else iso(order.expires_at),
        "exception": _exception(export, now_ms),
        "row_count": export.rows,
        "size_bytes": export.size,
        "progress": {"rows": export.done, "total": export.total},
    }


def _exception(export: Export, now_ms: int) -> str | None:
    """Told too of an export that nobody takes up: its owner need not wait for ever."""
    is_stuck = export.state is ExportState.WAITING and now_ms - export.created_at > _STUCK_MS
    return export.exception or (ABANDONED if is_stuck else None)


def filename(export: Export, names: Namesakes) -> str:
    """The name that the file has now: renaming a dashboard renames what it was exported to."""
    order = export.order
    suffix = suffix_of(order.format)
    dashboard = names.dashboards.get(order.dashboard or 0)
    insight = names.insights.get(order.insight or 0)
    if order.filename is not None:
        base = slug(order.filename)
    elif dashboard is not None:
        base = f"export-{slug(dashboard.name)}"
    elif insight is not None:
        base = f"export-{slug(insight.name or 'insight')}"
    else:
        base = "export"
    return f"{base or 'export'}.{suffix}"


def slug(text: str) -> str:
    """The text in small letters of ASCII, digits, `_` and single hyphens."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^\w\s-]", "", ascii_only.lower())
    return re.sub(r"[-\s]+", "-", kept).strip("-_")[:200]
