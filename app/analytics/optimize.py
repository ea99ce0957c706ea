"""Decisions: which rows answer which measure, and how far one statement reaches.

Nothing here changes what is asked, and nothing fails on what a caller may ask.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.analytics.fields import Fan, Field, Source, fans_of
from app.analytics.filters import (
    EVERYTHING,
    All,
    Any,
    Compare,
    Filter,
    HasEvent,
    Holds,
    InCohort,
    InSession,
    Not,
    Performed,
    fits,
    leaves,
    simplified,
)
from app.analytics.metrics import Measure, Metric, measured_field, parts_of
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
    basic = [part for metric in metrics for part in parts_of(metric)]
    kinds = dict.fromkeys(
        (metric.source, _fans(measure)) for metric in basic for measure in metric.measures
    )
    # Measures of fields with several values count other rows than the rest does.
    ordered = sorted(kinds, key=lambda kind: (list(Source).index(kind[0]), str(kind[1])))
    groups = [(source, _measures(basic, source, fans)) for source, fans in ordered]
    parts = [_part(source, measures, scope.filter, keys) for source, measures in groups]
    wanted = [(source, measure) for source, measures in groups for measure in measures]
    numbers = {each: number for number, each in enumerate(wanted)}
    return Aggregate(
        project=scope.project,
        range=scope.range,
        keys=tuple(keys),
        bucket=bucket,
        parts=tuple(parts),
        metrics=tuple(metrics),
        columns=tuple(
            tuple(
                numbers[part.source, measure]
                for part in parts_of(metric)
                for measure in part.measures
            )
            for metric in metrics
        ),
    )


def bucket_key(
    scope: Scope, span: TimeRange, interval: Interval, starts: Sequence[int]
) -> BucketKey:
    """How rows of `span` find their bucket in the scope's zone."""
    return BucketKey(interval, scope.week_start, stretches(span, scope.zone), tuple(starts))


def _fans(measure: Measure) -> tuple[Fan, ...]:
    field = measured_field(measure)
    return () if field is None else fans_of((field,))


def _measures(
    metrics: Iterable[Metric], source: Source, fans: tuple[Fan, ...]
) -> tuple[Measure, ...]:
    """The source's measures over those fans in order of first use, each once."""
    wanted = (m for metric in metrics if metric.source is source for m in metric.measures)
    return tuple(dict.fromkeys(measure for measure in wanted if _fans(measure) == fans))


def _part(
    source: Source, measures: Sequence[Measure], condition: Filter, keys: Sequence[Field]
) -> Part:
    fans = tuple(dict.fromkeys((*fans_of(keys), *_fans(measures[0]))))
    if not all(source in key.sources for key in keys):
        # Every column of both tables is at hand: conditions are about the joined row.
        return counting(Part(source, condition, tuple(measures), joined=True, fans=fans))
    placed_measures = tuple(
        replace(measure, where=placed(measure.where, source)) for measure in measures
    )
    return counting(Part(source, placed(condition, source), placed_measures, fans=fans))


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
        case Compare() | HasEvent() | InSession() | Performed() | InCohort() | Holds():
            return condition


def _is_foreign(condition: Filter, source: Source) -> bool:
    compared = [leaf.field for leaf in leaves(condition)]
    return bool(compared) and not any(source in field.sources for field in compared)


def _placed_members(
    members: Sequence[Filter], source: Source, join: type[All] | type[Any]
) -> tuple[Filter, ...]:
    foreign = [m for m in members if not fits(m, source) and _is_foreign(m, source)]
    own = [placed(member, source) for member in members if member not in foreign]
    if not foreign:
        return tuple(own)
    together = foreign[0] if len(foreign) == 1 else join(tuple(foreign))
    return (*own, placed(together, source))
