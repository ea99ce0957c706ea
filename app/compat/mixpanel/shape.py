"""The line of an event in the raw export."""

from zoneinfo import ZoneInfo

from app.analytics.fields import COLUMNS
from app.analytics.periods import Stretch, TimeRange, stretches
from app.analytics.shapes import Absent, Computed, LocalTime, Member, Object, Shape, Spread, Text
from app.compat.mixpanel.properties import DISTINCT_ID, EXPORTED, HIDDEN_PREFIX, RESERVED


def line_shape(clock: tuple[Stretch, ...], *, time_in_ms: bool) -> Shape:
    """`{"event":…,"properties":{"time":…,"distinct_id":…, …}}`, time first, then who.

    The properties that the server keeps in columns follow in the order of their bytes, then
    the event's own as they came.
    """
    unit_ms = 1 if time_in_ms else 1_000
    known = (
        Member(name, Computed(expression, clock), Absent.OMITTED)
        for name, expression in EXPORTED.items()
    )
    properties = Object(
        (
            Member("time", LocalTime(clock, unit_ms)),
            Member("distinct_id", Computed(DISTINCT_ID, clock), Absent.OMITTED),
            *known,
            Spread(RESERVED, HIDDEN_PREFIX),
        )
    )
    return Shape((Member("event", Text(COLUMNS["name"])), Member("properties", properties)))


def clock_of(span: TimeRange, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """What clocks of the zone show over the range."""
    return tuple(stretches(span, zone))
