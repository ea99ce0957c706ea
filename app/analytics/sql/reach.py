"""Who reaches which step of a funnel: one row per journey, however the steps may follow.

Every relation here has the columns `journey` and `e0`, `e1`, …: the instants (ms) at which
the journey's best chain makes each step, NULL from the first step on that it doesn't reach.

Steps that follow each other are told in two ways that give the same answer. Where the chain
that begins first, with each step as early as it can be, fits into the window, it is the best
there is, and lists of instants tell it in one pass. The other journeys, and those with
something that excludes (few, unless windows are short), are walked through event by event.
"""

from collections.abc import Sequence
from typing import Any, Final, assert_never

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    and_,
    case,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    union_all,
)

from app.analytics.filters import Filter
from app.analytics.journey_plans import Funnel
from app.analytics.journeys import FunnelOrder
from app.analytics.resolve_journeys import ACTIVITY
from app.analytics.sql import ops
from app.analytics.sql.journeys import (
    fields_in,
    first_of_each,
    instants_where,
    journey_events,
    meets_any,
)
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import Statement, events_frame

_LATER: Final = (1, None)
"""The rows of the window that are later by a millisecond or more."""

_FROM_NOW_ON: Final = (0, None)
"""The rows of the window at the same instant or later."""


def reached(funnel: Funnel) -> FromClause:
    """The journeys that make the first step, and when they make each."""
    match funnel.order:
        case FunnelOrder.INCREASING:
            return _increasing(funnel)
        case FunnelOrder.ADJACENT:
            return _adjacent(funnel)
        case FunnelOrder.ANY:
            return _sorted(_in_any_order(funnel), funnel)
        case _:
            assert_never(funnel.order)


def _stepping(funnel: Funnel, *others: Filter) -> Statement:
    """The events that meet a step, an exclusion or any other condition.

    Columns: `journey`, `at`, the position of arrival, and the instant again where the step
    (`s0`, …) or the exclusion (`x0`, …) is met, else NULL.
    """
    frame = events_frame(funnel.scope.project, funnel.scope.range.start)
    exclusions = [exclusion.where for exclusion in funnel.exclusions]
    conditions = [*funnel.steps, *exclusions, *others]
    columns = [
        EVENTS.c.position,
        *instants_where(funnel.steps, frame, "s"),
        *instants_where(exclusions, frame, "x"),
    ]
    condition = meets_any(conditions, frame)
    return journey_events(funnel.scope, funnel.per, columns, condition, fields_in(conditions))


def _increasing(funnel: Funnel) -> FromClause:
    events = _stepping(funnel).cte("stepping")
    chains = _first_chains(events, funnel)
    *earlier, last = made = [chains.c[f"e{step}"] for step in range(len(funnel.steps))]
    if not earlier:
        return chains
    lasts = func.coalesce(last, *reversed(earlier)) - made[0]
    is_told = lasts <= ops.integer(funnel.window_ms)
    if funnel.exclusions:
        is_told = and_(is_told, chains.c.excluded == 0)
    others = select(chains.c.journey).where(not_(is_told))
    rest = select(events).where(events.c.journey.in_(others)).cte("rest")
    return union_all(
        select(chains.c.journey, *made).where(is_told),
        _best(_walked(rest, funnel), funnel),
    ).cte("reached")


def _first_chains(events: FromClause, funnel: Funnel) -> CTE:
    """The chain from the first start of each journey, as if windows were endless.

    With exclusions, `excluded` tells how many events a journey has that meet any of them.
    """
    steps = len(funnel.steps)
    start = func.min(events.c.s0)
    lists = [ops.Gathered(events.c[f"s{step}"]).label(f"l{step}") for step in range(1, steps)]
    kept: list[ColumnElement[Any]] = [events.c.journey]
    if funnel.exclusions:
        each = [func.count(events.c[f"x{number}"]) for number in range(len(funnel.exclusions))]
        kept.append(sum(each, ops.integer(0)).label("excluded"))
    current: CTE = (
        select(*kept, start.label("e0"), *lists)
        .group_by(events.c.journey)
        .having(start.is_not(None))
        .cte("gathered")
    )
    names = [column.key for column in current.c][: len(kept)]
    for step in range(1, steps):
        following = ops.FirstBeyond(current.c[f"l{step}"], current.c[f"e{step - 1}"])
        made = [current.c[f"e{earlier}"] for earlier in range(step)]
        left = [current.c[f"l{later}"] for later in range(step + 1, steps)]
        current = select(
            *(current.c[name] for name in names), *made, following.label(f"e{step}"), *left
        ).cte(f"chain{step}")
    return select(*current.c).cte("chains")


def _walked(events: FromClause, funnel: Funnel) -> CTE:
    """Every start with the earliest instants at which the steps can be reached from it.

    The last step is looked at first: from an event of one step, each later step is reached
    as early as from the best event of the next one.
    """
    current = events
    for step in range(len(funnel.steps) - 2, -1, -1):
        current = _with_reach(current, step, funnel)
    start = current.c.s0
    reached_at = [current.c[f"r{later}"] for later in range(1, len(funnel.steps))]
    window = ops.integer(funnel.window_ms)
    return (
        select(
            current.c.journey,
            start.label("e0"),
            *(
                case((instant - start <= window, instant)).label(f"e{later}")
                for later, instant in enumerate(reached_at, start=1)
            ),
        )
        .where(start.is_not(None))
        .cte("starts")
    )


def _with_reach(rows: FromClause, step: int, funnel: Funnel) -> FromClause:
    """The rows with `r…`: when an event of `step` can lead to each later step at the earliest."""
    later_steps = range(step + 1, len(funnel.steps))
    arrival = rows.c[f"s{step + 1}"]
    reaching = {
        later: arrival if later == step + 1 else case((arrival.is_not(None), rows.c[f"r{later}"]))
        for later in later_steps
    }
    kept = [
        column
        for column in rows.c
        if not column.key.startswith("r") and column.key != f"s{step + 1}"
    ]
    forbidding = [
        number
        for number, exclusion in enumerate(funnel.exclusions)
        if exclusion.after <= step < exclusion.before
    ]
    columns = [
        *kept,
        *(_earliest(at, rows, _LATER).label(f"r{later}") for later, at in reaching.items()),
    ]
    if not forbidding:
        return select(*columns).cte(f"reach{step}")
    for number in forbidding:
        # What happens at the instant of the exclusion's own first step is not after it.
        frame = _LATER if funnel.exclusions[number].after == step else _FROM_NOW_ON
        columns.append(_earliest(rows.c[f"x{number}"], rows, frame).label(f"n{number}"))
    for later, at in reaching.items():
        turn = case((at.is_not(None), rows.c["at"]))
        columns.append(_earliest(turn, rows, _LATER).label(f"t{later}"))
    looked = select(*columns).cte(f"ahead{step}")
    return _unforbidden(looked, len(kept), later_steps, forbidding).cte(f"reach{step}")


def _unforbidden(
    looked: CTE, kept: int, later_steps: Sequence[int], forbidding: Sequence[int]
) -> Statement:
    """The rows without what is only reached past an exclusion.

    Of the next step's events that lead on to a later step, the first leads there earliest;
    if an exclusion stands before that one (`t…`), it stands before all others too.
    """
    free: list[ColumnElement[Any]] = []
    for later in later_steps:
        turn = looked.c[f"t{later}"]
        clear = [
            or_(looked.c[f"n{number}"].is_(None), turn <= looked.c[f"n{number}"])
            for number in forbidding
        ]
        free.append(case((and_(*clear), looked.c[f"r{later}"])).label(f"r{later}"))
    return select(*list(looked.c)[:kept], *free)


def _earliest(
    value: ColumnElement[Any], rows: FromClause, frame: tuple[int, int | None]
) -> ColumnElement[Any]:
    return func.min(value).over(partition_by=rows.c.journey, order_by=rows.c["at"], range_=frame)


def _adjacent(funnel: Funnel) -> CTE:
    """Journeys with an event of the second step are walked through; the others end before it."""
    steps = range(len(funnel.steps))
    events = _stepping(funnel).cte("stepping")
    firsts = _first_instants(events, steps[:2])
    if len(steps) == 1:
        return firsts
    may_go_on = firsts.c.e1.is_not(None)
    every = _stepping(funnel, ACTIVITY).cte("activity")
    going_on = select(firsts.c.journey).where(may_go_on)
    rest = select(every).where(every.c.journey.in_(going_on)).cte("rest")
    nowhere = (null().label(f"e{step}") for step in steps[1:])
    return union_all(
        select(firsts.c.journey, firsts.c.e0, *nowhere).where(not_(may_go_on)),
        _best(_followed(rest, funnel), funnel),
    ).cte("reached")


def _first_instants(events: FromClause, steps: Sequence[int]) -> CTE:
    """The first instant of each of these steps in the journeys that make the first of them."""
    firsts = [func.min(events.c[f"s{step}"]) for step in steps]
    named = (first.label(f"e{step}") for step, first in zip(steps, firsts, strict=True))
    return (
        select(events.c.journey, *named)
        .group_by(events.c.journey)
        .having(firsts[0].is_not(None))
        .cte("beginnings")
    )


def _followed(events: FromClause, funnel: Funnel) -> CTE:
    """Every start with the steps that its very next events make."""
    following = [
        func.lead(events.c[f"s{step}"], literal_column(str(step)))
        .over(partition_by=events.c.journey, order_by=[events.c["at"], events.c.position])
        .label(f"f{step}")
        for step in range(1, len(funnel.steps))
    ]
    rows = select(events.c.journey, events.c.s0.label("f0"), *following).cte("next")
    made = [rows.c[f"f{step}"] for step in range(len(funnel.steps))]
    window = ops.integer(funnel.window_ms)
    columns: list[ColumnElement[Any]] = [made[0].label("e0")]
    for step in range(1, len(made)):
        later = [made[place] > made[place - 1] for place in range(1, step + 1)]
        holds = and_(*later, made[step] - made[0] <= window)
        columns.append(case((holds, made[step])).label(f"e{step}"))
    return select(rows.c.journey, *columns).where(made[0].is_not(None)).cte("starts")


def _in_any_order(funnel: Funnel) -> CTE:
    """The first event of each step, where all of them fit into the window; else the best start.

    From a journey's first event on, each step that it makes at all is made as early as can be.
    """
    steps = range(len(funnel.steps))
    events = _stepping(funnel).cte("stepping")
    firsts = [func.min(events.c[f"s{step}"]).label(f"e{step}") for step in steps]
    began = func.min(events.c["at"]).label("began")
    found = select(events.c.journey, began, *firsts).group_by(events.c.journey).cte("beginnings")
    made = [found.c[f"e{step}"] for step in steps]
    window = ops.integer(funnel.window_ms)
    fits = and_(*(func.coalesce(instant - found.c.began, 0) <= window for instant in made))
    others = select(found.c.journey).where(not_(fits))
    rest = select(events).where(events.c.journey.in_(others)).cte("rest")
    return union_all(
        select(found.c.journey, *made).where(fits), _best(_from_each(rest, funnel), funnel)
    ).cte("best")


def _from_each(events: FromClause, funnel: Funnel) -> CTE:
    """Every event of a step with the first event of each step from there on, in the window."""
    steps = range(len(funnel.steps))
    firsts = [
        _earliest(events.c[f"s{step}"], events, _FROM_NOW_ON).label(f"f{step}") for step in steps
    ]
    rows = select(events.c.journey, events.c["at"], *firsts).cte("next")
    window = ops.integer(funnel.window_ms)
    columns = [
        case((rows.c[f"f{step}"] - rows.c["at"] <= window, rows.c[f"f{step}"])).label(f"e{step}")
        for step in steps
    ]
    return select(rows.c.journey, rows.c["at"], *columns).cte("starts")


def _best(starts: CTE, funnel: Funnel) -> Statement:
    """For each journey the start that leads furthest, the earliest of several."""
    made = [starts.c[f"e{step}"] for step in range(len(funnel.steps))]
    far = sum((case((instant.is_not(None), 1), else_=0) for instant in made), ops.integer(0))
    began = starts.c.get("at", starts.c.e0)
    best = first_of_each(starts, [far.desc(), began]).cte("best_starts")
    return select(best.c.journey, *(best.c[instant.key] for instant in made))


def _sorted(rows: CTE, funnel: Funnel) -> CTE:
    """The same rows with the instants in order."""
    steps = range(len(funnel.steps))
    long = union_all(
        *(
            select(rows.c.journey, rows.c[f"e{step}"].label("at")).where(
                rows.c[f"e{step}"].is_not(None)
            )
            for step in steps
        )
    ).cte("long")
    place = func.row_number().over(partition_by=long.c.journey, order_by=long.c["at"])
    ranked = select(*long.c, place.label("place")).cte("in_order")
    columns = [
        func.max(case((ranked.c.place == ops.integer(step + 1), ranked.c["at"]))).label(f"e{step}")
        for step in steps
    ]
    return select(ranked.c.journey, *columns).group_by(ranked.c.journey).cte("reached")
