"""How buckets and instants are written in this family."""

from zoneinfo import ZoneInfo

from app.analytics.periods import FIXED_SIZES, Interval, to_datetime

_UTC = ZoneInfo("UTC")


def local_date(start: int, interval: Interval, zone: ZoneInfo) -> str:
    """The local start of the bucket, written with a `Z` as these clients expect it."""
    local = to_datetime(start, zone).replace(tzinfo=None)
    if interval not in FIXED_SIZES:
        # A day may begin at one o'clock, where clocks skip midnight; its date says enough.
        local = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{local.isoformat(timespec='milliseconds')}Z"


def raw_time(instant: int) -> str:
    """The instant as rows have it: UTC, in milliseconds, without a zone."""
    moment = to_datetime(instant, _UTC).replace(tzinfo=None)
    return moment.isoformat(" ", timespec="milliseconds")
