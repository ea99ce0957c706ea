"""Decisions: which rows answer which measure, and how far one statement reaches.

Nothing here changes what is asked, and nothing fails on what a caller may ask.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.analytics.fields import Field, Source
from app.analytics.filters import (
    EVERYTHING,
    All,
    Any,
    Compare,
    Filter,
    HasEvent,
    InSession,
    Not,
    fits,
    leaves,
    simplified,
)
from app.analytics.metrics import Measure, Metric
from app.analytics.periods import Interval, TimeRange, stretches
from app.analytics.plans import Aggregate, BucketKey, Part
from app.analytics.queries import Scope


def aggregate_of(
    scope: Scope,
    metrics: Sequence[Metric],
    keys: Sequence[Field] = (),
    bucket: BucketKey | None = None,
) -> Aggregate:
    """The statement that answers the metrics, one part per source that they need."""
    sources = [source for source in Source if any(metric.source is source for metric in metrics)]
    parts = [_part(source, _measures(metrics, source), scope.filter, keys) for source in sources]
    wanted = [(source, measure) for source in sources for measure in _measures(metrics, source)]
    numbers = {each: number for number, each in enumerate(wanted)}
    return Aggregate(
        project=scope.project,
        range=scope.range,
        keys=tuple(keys),
        bucket=bucket,
        parts=tuple(parts),
        metrics=tuple(metrics),
        columns=tuple(
            tuple(numbers[metric.source, measure] for measure in metric.measures)
            for metric in metrics
        ),
    )


def bucket_key(
    scope: Scope, span: TimeRange, interval: Interval, starts: Sequence[int]
) -> BucketKey:
    """How rows of `span` find their bucket in the scope's zone."""
    return BucketKey(interval, scope.week_start, stretches(span, scope.zone), tuple(starts))


def _measures(metrics: Iterable[Metric], source: Source) -> tuple[Measure, ...]:
    """The source's measures in order of first use, each once."""
    wanted = (m for metric in metrics if metric.source is source for m in metric.measures)
    return tuple(dict.fromkeys(wanted))


def _part(
    source: Source, measures: Sequence[Measure], condition: Filter, keys: Sequence[Field]
) -> Part:
    if not all(source in key.sources for key in keys):
        # Every column of both tables is at hand: conditions are about the joined row.
        return counting(Part(source, condition, tuple(measures), joined=True))
    placed_measures = tuple(
        replace(measure, where=placed(measure.where, source)) for measure in measures
    )
    return counting(Part(source, placed(condition, source), placed_measures))


def counting(part: Part) -> Part:
    """The part with only those rows that any of its measures counts.

    A condition that all measures share moves to the rows, where an engine can skip by it.
    """
    wheres = tuple(dict.fromkeys(measure.where for measure in part.measures))
    if EVERYTHING in wheres:
        return part
    rows = replace(part, condition=simplified(All((part.condition, Any(wheres)))))
    if len(wheres) > 1:
        return rows
    plain = tuple(replace(measure, where=EVERYTHING) for measure in part.measures)
    return replace(rows, measures=plain)


def placed(condition: Filter, source: Source) -> Filter:
    """The condition as one on rows of `source` alone.

    A field that both kinds of row have is the row's own. A largest subtree of fields that
    only the other kind has becomes one look-up: a session meets it through any single one
    of its events, an event through its session.
    """
    if fits(condition, source):
        return condition
    if _is_foreign(condition, source):
        return HasEvent(condition) if source is Source.SESSIONS else InSession(condition)
    match condition:
        case All(members):
            return All(_placed_members(members, source, All))
        case Any(members):
            return Any(_placed_members(members, source, Any))
        case Not(member):
            return Not(placed(member, source))
        case Compare() | HasEvent() | InSession():
            return condition


def _is_foreign(condition: Filter, source: Source) -> bool:
    return not any(source in leaf.field.sources for leaf in leaves(condition))


def _placed_members(
    members: Sequence[Filter], source: Source, join: type[All] | type[Any]
) -> tuple[Filter, ...]:
    foreign = [m for m in members if not fits(m, source) and _is_foreign(m, source)]
    own = [placed(member, source) for member in members if member not in foreign]
    if not foreign:
        return tuple(own)
    together = foreign[0] if len(foreign) == 1 else join(tuple(foreign))
    return (*own, placed(together, source))
