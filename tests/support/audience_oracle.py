"""What audiences must be, in plain Python."""

from datetime import date, datetime, timedelta

from app.analytics.audiences import (
    Audience,
    AudiencesQuery,
    FirstTime,
    InBucket,
    SinceStart,
    Trailing,
)
from app.analytics.periods import (
    Interval,
    TimeRange,
    bucket_start,
    buckets,
    to_datetime,
    to_instant,
)
from app.analytics.queries import Moment
from tests.support.journey_oracle import counts, journeys_of
from tests.support.oracle import Oracle, World, meets


class AudienceOracle:
    """Answers one question about audiences of a world at a moment."""

    def __init__(self, world: World, moment: Moment, query: AudiencesQuery) -> None:
        self.query = query
        self.oracle = Oracle(world, moment)
        self.world = self.oracle.world
        self.zone = query.zone or moment.zone

    def line(self, audience: Audience, span: TimeRange) -> tuple[list[int], int]:
        """The number of each bucket, and the one of the whole range."""
        starts = [*buckets(span, self.query.interval, self.zone, self.query.week_start)]
        points = [self._in(audience, span, start) for start in starts]
        match audience.presence:
            case InBucket():
                return points, len(self._active(audience, span, span.start))
            case Trailing() | SinceStart():
                return points, points[-1] if points else 0
            case FirstTime():
                return points, sum(points)

    def _in(self, audience: Audience, span: TimeRange, start: int) -> int:
        match audience.presence:
            case InBucket():
                seen = self._active(audience, span, span.start)
                return sum(any(self._cut(at) == start for at in times) for times in seen)
            case SinceStart():
                seen = self._active(audience, span, span.start)
                return sum(any(self._cut(at) <= start for at in times) for times in seen)
            case FirstTime():
                seen = self._active(audience, TimeRange(0, span.end), 0)
                firsts = [min(times) for times in seen]
                return sum(at >= span.start and self._cut(at) == start for at in firsts)
            case Trailing(days):
                last = max(self._day(at) for at in self._ends(span) if self._cut(at) == start)
                first = last - timedelta(days - 1)
                since = self._first_instant(span, days)
                seen = self._active(audience, TimeRange(since, span.end), since)
                return sum(any(first <= self._day(at) <= last for at in times) for times in seen)

    def _ends(self, span: TimeRange) -> list[int]:
        """The last instant of each bucket of the range."""
        starts = [*buckets(span, self.query.interval, self.zone, self.query.week_start)]
        return [end - 1 for end in [*starts[1:], span.end]]

    def _first_instant(self, span: TimeRange, days: int) -> int:
        """Where the days that the first bucket looks back on begin."""
        day = self._day(self._ends(span)[0]) - timedelta(days - 1)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=self.zone)
        return max(0, bucket_start(to_instant(noon), Interval.DAY, self.zone))

    def _active(self, audience: Audience, span: TimeRange, since: int) -> list[list[int]]:
        """When each journey of the range is active."""
        found: list[list[int]] = []
        for journey in journeys_of(self.world, self.query.per, self.query.filter, span):
            times = [
                event.created_at
                for event in journey.events
                if counts(audience.where, self.query.filter, event)
                and meets(audience.where, event, self.world, since)
            ]
            if times:
                found.append(times)
        return found

    def _cut(self, instant: int) -> int:
        return bucket_start(instant, self.query.interval, self.zone, self.query.week_start)

    def _day(self, instant: int) -> date:
        return to_datetime(instant, self.zone).date()
