"""Profiles: who they are, when they were last seen, and how many are active."""

from bisect import bisect_right
from collections import Counter
from itertools import accumulate
from operator import itemgetter
from typing import Any, Final

import orjson

from app.analytics.answers.steps import Steps
from app.analytics.optimize import bucket_key
from app.analytics.periods import DAY_MS, Interval, TimeRange, WeekStart
from app.analytics.presence import ActiveQuery, LastSeenQuery
from app.analytics.queries import Moment, ProfilesQuery, Scope, Walk
from app.analytics.ranges import shift_instant
from app.analytics.records import Profile
from app.analytics.resolve import check_people, checked_buckets, resolve_people, scope_of
from app.analytics.results import ActiveResult, LastSeen, LastSeenResult, ProfilesResult
from app.analytics.sql.buckets import starts_by_key
from app.analytics.sql.build import active_statement, last_seen_statement, profiles_statement
from app.analytics.sql.people import PROFILE_COLUMNS

_MOST_DAYS: Final = 400
"""Further days ago are told as that many."""


def answer_profiles(query: ProfilesQuery, moment: Moment) -> Steps[ProfilesResult]:
    """A slice of the profiles, in the order asked for."""
    people = resolve_people(query, moment)
    (rows,) = yield (profiles_statement(people),)
    limit = people.page.limit
    chosen = rows[:limit] if people.walk is Walk.FORWARD else rows[:limit][::-1]
    found = tuple(_profile(row, query.project) for row in chosen)
    return ProfilesResult(found, len(rows) > limit)


def _profile(row: Any, project: int) -> Profile:  # noqa: ANN401 — a row of any engine.
    held: dict[str, Any] = dict(zip(PROFILE_COLUMNS, row, strict=True))
    held["groups"] = tuple(orjson.loads(held["groups"]))
    held["properties"] = orjson.loads(held["properties"])
    held["is_external"] = bool(held["is_external"])
    return Profile(project=project, **held)


def answer_last_seen(query: LastSeenQuery, moment: Moment) -> Steps[LastSeenResult]:
    """How many profiles were last seen how many days ago."""
    check_people(query.filter)
    scope = scope_of(query, moment)
    start = shift_instant(moment.now, 1 - _MOST_DAYS, Interval.DAY, scope.zone)
    span = TimeRange(max(start, 0), moment.now + 1)
    nights = checked_buckets(span, Interval.DAY, scope.zone, WeekStart.MONDAY, moment.limits)
    # The clock may have been another one just before the first of the days.
    known = TimeRange(max(span.start - 2 * DAY_MS, 0), span.end)
    key = bucket_key(scope, known, Interval.DAY, nights)
    (rows,) = yield (last_seen_statement(scope, key),)
    numbers = sorted(starts_by_key(key, scope.zone))
    profiles = Counter[int]()
    for seen, count in rows:
        profiles[len(numbers) - bisect_right(numbers, int(seen))] += int(count)
    return LastSeenResult(tuple(LastSeen(*found) for found in sorted(profiles.items())))


def answer_active(query: ActiveQuery, moment: Moment) -> Steps[ActiveResult]:
    """How many profiles were active up to each day."""
    scope = scope_of(query, moment)
    days = checked_buckets(scope.range, Interval.DAY, scope.zone, WeekStart.MONDAY, moment.limits)
    if not days:
        return ActiveResult(scope.range, scope.zone, (), ())
    since = max(shift_instant(days[0], 1 - query.days, Interval.DAY, scope.zone), 0)
    span = TimeRange(since, scope.range.end)
    before = checked_buckets(span, Interval.DAY, scope.zone, WeekStart.MONDAY, moment.limits)
    wider = Scope(scope.project, span, scope.zone, scope.filter)
    key = bucket_key(wider, span, Interval.DAY, before)
    keys = {start: number for number, start in starts_by_key(key, scope.zone).items()}
    (rows,) = yield (active_statement(wider, key, query.days),)
    changes = sorted((int(day), int(more)) for day, more in rows)
    active = list(accumulate((more for _, more in changes), initial=0))
    profiles = tuple(active[bisect_right(changes, keys[day], key=itemgetter(0))] for day in days)
    return ActiveResult(scope.range, scope.zone, days, profiles)
