"""The breakdown endpoints: what each is by, in one registry."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from app.analytics.fields import COLUMNS, Column, Source
from app.analytics.metrics import (
    BOUNCE_RATE,
    SCREEN_VIEWS,
    SESSION_DURATION,
    SESSIONS,
    Metric,
    Operation,
    Statistic,
    Unit,
)
from app.analytics.plans import Label
from app.analytics.queries import BreakdownQuery
from app.analytics.records import Json
from app.analytics.results import BreakdownResult
from app.analytics.results import BreakdownRow as Row
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.answer_wire import BreakdownRow
from app.compat.openpanel.countries import country_name
from app.compat.openpanel.encode import rounded
from app.compat.openpanel.insights.asking import filter_of, page_of, range_of
from app.compat.openpanel.insights.endpoint import Endpoint
from app.compat.openpanel.operations import FILTERS, PAGED, RANGE
from app.http.operations import Parameter


@dataclass(frozen=True, slots=True)
class Shape:
    """A breakdown by `field`, grouped together with `prefix` if there is one."""

    field: Column
    prefix: Column | None = None

    @property
    def by(self) -> tuple[Column, ...]:
        """The fields of the query; the prefix comes last."""
        return (self.field,) if self.prefix is None else (self.field, self.prefix)


_PREFIXES: Final = {
    "region": "country",
    "city": "country",
    "browser_version": "browser",
    "os_version": "os",
}

_NAMES: Final = (
    "referrer",
    "referrer_name",
    "referrer_type",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "country",
    "region",
    "city",
    "device",
    "brand",
    "model",
    "browser",
    "browser_version",
    "os",
    "os_version",
)

SHAPES: Final[Mapping[str, Shape]] = {
    name: Shape(COLUMNS[name], COLUMNS[_PREFIXES[name]] if name in _PREFIXES else None)
    for name in _NAMES
}
"""Every breakdown by the last part of its path."""

TRAFFIC: Final[Mapping[str, tuple[str, ...]]] = {
    "referrers": (
        "referrer_name",
        "referrer_type",
        "referrer",
        "utm_source",
        "utm_medium",
        "utm_campaign",
    ),
    "geo": ("country", "region", "city"),
    "devices": ("device", "browser", "os"),
}
"""The breakdowns that each endpoint under `traffic/` offers; the first is the usual one."""

SESSION_REVENUE: Final = Metric(
    "session_revenue",
    "Revenue of sessions",
    Unit.CURRENCY,
    Source.SESSIONS,
    (Statistic(Operation.SUM, COLUMNS["revenue"]),),
)
"""Sum of the sessions' revenue, in minor currency units."""

ROW_METRICS: Final = (SESSIONS, BOUNCE_RATE, SESSION_DURATION, SCREEN_VIEWS, SESSION_REVENUE)
"""The metrics of a row; rows are ordered by the first."""


async def breakdown(asked: Admitted, shape: Shape, usual: str = "7d") -> Json:
    """The values of one field that brought the most sessions."""
    query = BreakdownQuery(
        project=asked.project.number,
        by=shape.by,
        metrics=ROW_METRICS,
        range=range_of(asked, usual),
        filter=filter_of(asked),
        page=page_of(asked),
    )
    asked.params.check()
    return encode_breakdown(await asked.services.reader.ask(query, asked.project), shape)


async def traffic(asked: Admitted, offered: tuple[str, ...]) -> Json:
    """The values of the field that the request chooses among those offered."""
    chosen = asked.params.choice("breakdown", offered)
    return await breakdown(asked, SHAPES[chosen], "30d")


def encode_breakdown(result: BreakdownResult, shape: Shape) -> list[Json]:
    """One row per value; the empty value is null."""
    return [_row(row, shape) for row in result.rows]


def _row(row: Row, shape: Shape) -> Json:
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


_PARAMETERS: Final = (*RANGE, FILTERS, *PAGED)

ENDPOINTS: Final = (
    *(
        Endpoint(
            name,
            partial(breakdown, shape=shape),
            f"Sessions by {shape.field.label.lower()}",
            list[BreakdownRow],
            _PARAMETERS,
        )
        for name, shape in SHAPES.items()
    ),
    *(
        Endpoint(
            f"traffic/{name}",
            partial(traffic, offered=offered),
            f"Sessions by {', '.join(COLUMNS[each].label.lower() for each in offered)}",
            list[BreakdownRow],
            (
                *_PARAMETERS,
                Parameter(
                    name="breakdown",
                    says=f"One of {', '.join(offered)}.",
                    default=offered[0],
                ),
            ),
        )
        for name, offered in TRAFFIC.items()
    ),
)
