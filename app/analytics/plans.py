"""What a statement is made from, once everything is decided."""

from dataclasses import dataclass

from app.analytics.fields import Fan, Field, Source
from app.analytics.filters import Filter
from app.analytics.metrics import Measure, Metric
from app.analytics.periods import Interval, Stretch, TimeRange, WeekStart
from app.analytics.presence import ProfileOrder
from app.analytics.queries import After, Order, Page, Scope, Walk
from app.analytics.thresholds import Threshold

Label = str | int | float | bool | None
"""A breakdown field's value; None where it is absent or empty."""

Labels = tuple[Label, ...]
"""One value per breakdown field."""


@dataclass(frozen=True, slots=True)
class BucketKey:
    """How rows find their bucket: the cut, and the offsets from UTC inside the range.

    `starts` are the starts of all buckets in order.
    """

    interval: Interval
    week_start: WeekStart
    stretches: tuple[Stretch, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The measures of one source.

    `condition` and the measures' own conditions only hold what the part's rows can
    answer. With `joined`, each row is a session's event together with its session. A row
    stands once for each of its values of the `fans`, and once for none where it has none.
    """

    source: Source
    condition: Filter
    measures: tuple[Measure, ...]
    joined: bool = False
    fans: tuple[Fan, ...] = ()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One grouped statement over the parts.

    `columns` tells for each metric which measures, counted through all parts, it is made
    of. `only` keeps these labels and no others, `having` those whose metrics meet it. With
    `rolled_up` the whole of each label's buckets stands beside them, in a row without a bucket.
    """

    project: int
    range: TimeRange
    keys: tuple[Field, ...]
    bucket: BucketKey | None
    parts: tuple[Part, ...]
    metrics: tuple[Metric, ...]
    columns: tuple[tuple[int, ...], ...]
    having: tuple[Threshold, ...] = ()
    order: Order | None = None
    page: Page | None = None
    only: tuple[Labels, ...] | None = None
    rolled_up: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """A resolved ProfilesQuery."""

    scope: Scope
    page: Page
    order: ProfileOrder
    after: After | None
    walk: Walk
