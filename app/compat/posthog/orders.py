"""Orders for exports: what they refer to is looked up, what they describe is decoded."""

from typing import Final

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.compat.posthog.admission import Admitted
from app.compat.posthog.errors import invalid
from app.compat.posthog.heatmaps import check_heatmap
from app.compat.posthog.lookup import find_insight
from app.compat.posthog.queries import Decoded, decode_query, sources_of
from app.compat.posthog.wire import VIDEOS, OrderFields, default_expiry, order_fields
from app.exports.records import ColumnChoice, ExportOrder, Theme

_NO_SOURCE: Final = "Either dashboard, insight or export_context is required for an export."
_RECORDINGS: Final = "Recordings of sessions can't be exported as files by this server."
_NOTHING: Final = (
    "Export is missing required dashboard, insight ID, or session_recording_id in export_context"
)
_THEMES: Final = {str(theme): theme for theme in Theme}


async def order_of(asked: Admitted) -> ExportOrder:
    """The order of the request's body; raises ApiError for the first field that is wrong.

    A source that can't be exported is no wrong field: the order tells then why it will fail.
    """
    fields = order_fields(asked.body)
    await _check_references(asked, fields)
    context = fields.context or {}
    if not (fields.dashboard or fields.insight or context):
        raise invalid(_NO_SOURCE)
    if fields.format in VIDEOS and not context.get("session_recording_id"):
        raise invalid("Video export supports session recordings only.", "export_format")
    check_heatmap(context)
    decoded, exception = await _source(asked, fields, context)
    named = context.get("filename")
    expiry = fields.expires_at or default_expiry(asked.services.clock.now_ms())
    return ExportOrder(
        format=fields.format,
        created_by=asked.principal.id,
        insight=fields.insight,
        dashboard=fields.dashboard,
        question=None if decoded is None else decoded.question,
        display=None if decoded is None else decoded.display,
        theme=_THEMES.get(str(context.get("theme")), Theme.LIGHT),
        columns=_columns(context) or (None if decoded is None else decoded.columns),
        filename=named if isinstance(named, str) and named else None,
        context=fields.context,
        expires_at=expiry,
        exception=exception,
    )


async def _check_references(asked: Admitted, fields: OrderFields) -> None:
    services, project = asked.services, asked.project.number
    if fields.dashboard is not None:
        dashboard = await services.dashboards.find_anywhere(_key(fields.dashboard))
        if dashboard is None:
            raise _unknown(fields.dashboard, "dashboard")
        _check_team(dashboard.project == project, "dashboard")
    if fields.insight is not None:
        insight = await services.insights.find_anywhere(_key(fields.insight))
        if insight is None:
            raise _unknown(fields.insight, "insight")
        _check_team(insight.project == project, "insight")


def _key(number: int) -> int:
    """A number beyond the column's width names nothing."""
    return number if 0 < number < 2**31 else 0


def _unknown(number: int, name: str) -> Exception:
    return invalid(f'Invalid pk "{number}" - object does not exist.', name, "does_not_exist")


def _check_team(is_same: bool, name: str) -> None:  # noqa: FBT001 — the outcome of a comparison.
    if not is_same:
        raise invalid(f"This {name} does not belong to your team.", name)


async def _source(
    asked: Admitted, fields: OrderFields, context: dict[str, Json]
) -> tuple[Decoded | None, str | None]:
    """The question of the context, if it has one, and why there is nothing to export."""
    project = asked.project.number
    if fields.format in VIDEOS or context.get("session_recording_id"):
        return None, _RECORDINGS
    if context.get("heatmap_url"):
        return None, "Heat maps of pages can't be exported by this server."
    try:
        if context.get("source"):
            return decode_query(context["source"], project, "source"), None
        if context.get("path") and not (fields.insight or fields.dashboard):
            return await _of_path(asked, str(context["path"])), None
    except InvalidQueryError as error:
        places = ("__".join(map(str, issue.path)) for issue in error.issues)
        told = zip(places, error.issues, strict=True)
        return None, "; ".join(f"{place}: {issue.message}" for place, issue in told)
    return None, None if fields.insight or fields.dashboard else _NOTHING


async def _of_path(asked: Admitted, path: str) -> Decoded:
    """The saved insight that an API path names."""
    parts = sources_of(path)
    if len(parts) >= 2 and parts[-2] == "insights":
        found = await find_insight(asked, parts[-1])
        if found is not None:
            return Decoded(found.question, found.display)
    raise InvalidQueryError.at(
        "path", message=f"{path[:200]!r} names nothing that can be exported."
    )


def _columns(context: dict[str, Json]) -> tuple[ColumnChoice, ...] | None:
    told = context.get("columns")
    if not isinstance(told, list) or not told:
        return None
    return tuple(ColumnChoice(str(name), str(name)) for name in told)
