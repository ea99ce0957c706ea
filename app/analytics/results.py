"""Answers, exact and without any wire's form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from app.analytics.curves import RAW, Curve
from app.analytics.expressions.tree import Kind
from app.analytics.fields import Field
from app.analytics.metrics import Metric, Number
from app.analytics.periods import Interval, TimeRange
from app.analytics.plans import Labels
from app.analytics.records import Event, Profile, Session


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A metric's number, and the one of the range it is compared with, if there is one."""

    metric: Metric
    value: Number | None
    previous: Number | None = None


@dataclass(frozen=True, slots=True)
class TotalsResult:
    """One value per metric, in the order asked for."""

    range: TimeRange
    zone: ZoneInfo
    values: tuple[MetricValue, ...]
    previous_range: TimeRange | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One metric for one tuple of labels; a point per bucket.

    `total` is the metric over the whole range, which for most metrics is not the sum of
    the points. A line that `is_rest` has no labels: it is of the rows with none of the others'.
    """

    metric: Metric
    labels: Labels
    points: tuple[Number | None, ...]
    total: Number | None
    previous_points: tuple[Number | None, ...] | None = None
    previous_total: Number | None = None
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class SeriesResult:
    """Lines over the same buckets: for each tuple of labels, one line per metric.

    Those of the rest come last, and only if there is anything to tell of it.

    `previous_buckets` stand beside `buckets` index by index and may be more or fewer. The
    `curve` tells what the points were made into.
    """

    range: TimeRange
    zone: ZoneInfo
    interval: Interval
    buckets: tuple[int, ...]
    lines: tuple[Line, ...]
    previous_range: TimeRange | None = None
    previous_buckets: tuple[int, ...] | None = None
    curve: Curve = RAW


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """The metrics' numbers for one tuple of labels, and those of the range compared with."""

    labels: Labels
    values: tuple[Number | None, ...]
    previous: tuple[Number | None, ...] | None = None


@dataclass(frozen=True, slots=True)
class BreakdownResult:
    """A slice of the ordered rows; `total_count` counts those of all slices."""

    range: TimeRange
    zone: ZoneInfo
    by: tuple[Field, ...]
    metrics: tuple[Metric, ...]
    rows: tuple[BreakdownRow, ...]
    total_count: int
    previous_range: TimeRange | None = None


@dataclass(frozen=True, slots=True)
class EventRows:
    """Events as the store gave them: one value per column of `columns` in each row.

    `groups` and `properties` are JSON text. Events are made of rows only when asked for:
    for many of them, making records costs several times what reading them does.
    """

    project: int
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]

    def __len__(self) -> int:
        return len(self.rows)

    def event(self, row: Sequence[Any]) -> Event:
        """The row as a record; fields without a column hold the record's empty values."""
        values: dict[str, Any] = {
            **_EMPTY_EVENT,
            "project": self.project,
            **dict(zip(self.columns, row, strict=True)),
        }
        if "groups" in values:
            values["groups"] = tuple(orjson.loads(values["groups"]))
        if "properties" in values:
            values["properties"] = orjson.loads(values["properties"])
        return Event(**values)


_EMPTY_EVENT: Final = {"name": "", "received_at": 0, "created_at": 0, "id": ""}


@dataclass(frozen=True, slots=True)
class EventsResult:
    """A slice of events, and whether others lie beyond it in the walk.

    `reach` are the instants (ms) of the walk's first event and of the one beyond the slice;
    None if there is none.
    """

    range: TimeRange
    rows: EventRows
    reach: tuple[int, int] | None = None

    @property
    def has_more(self) -> bool:
        """Whether events lie beyond the slice."""
        return self.reach is not None

    @property
    def events(self) -> tuple[Event, ...]:
        """The events as records, made at each call."""
        return tuple(map(self.rows.event, self.rows.rows))


@dataclass(frozen=True, slots=True)
class SessionsResult:
    """A slice of sessions; `has_more` tells whether others lie beyond it in the walk."""

    range: TimeRange
    sessions: tuple[Session, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class PageRow:
    """What people did on one page.

    `bounce_rate` (percent) is that of sessions that entered here, None where none did;
    `seconds` is the mean time on the page, the last view of a session counting 0.
    """

    origin: str | None
    path: str
    title: str | None
    sessions: int
    views: int
    revenue: int
    bounce_rate: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class PagesResult:
    """A slice of the pages, those with the most sessions first."""

    range: TimeRange
    rows: tuple[PageRow, ...]


@dataclass(frozen=True, slots=True)
class PropertyKey:
    """A property's name, how many events have it, and what its values are.

    The most frequent kind comes first; null is none.
    """

    key: str
    count: int
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyKeysResult:
    """The property names in use, the most frequent first."""

    keys: tuple[PropertyKey, ...]


@dataclass(frozen=True, slots=True)
class StaysResult:
    """The mean seconds of stays in each bucket; 0 where there was none."""

    range: TimeRange
    zone: ZoneInfo
    interval: Interval
    buckets: tuple[int, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ActiveResult:
    """How many profiles were active up to each of the days, which are told by their starts."""

    range: TimeRange
    zone: ZoneInfo
    days: tuple[int, ...]
    profiles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProfilesResult:
    """A slice of profiles; `has_more` tells whether others lie behind it."""

    profiles: tuple[Profile, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class LastSeen:
    """How many profiles were last seen so many days ago."""

    days: int
    profiles: int


@dataclass(frozen=True, slots=True)
class LastSeenResult:
    """One row per number of days that there is, the fewest first."""

    rows: tuple[LastSeen, ...]


Cells = Mapping[Labels, Mapping[int | None, tuple[Number | None, ...]]]
"""Measures by labels and bucket start; None is the whole range."""

Measures = Sequence[Number | None]
"""The measures of one group, in the plan's numbering."""
