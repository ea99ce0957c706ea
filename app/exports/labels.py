"""How names, instants and breakdown values are written in files and pictures."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from app.analytics.periods import Interval, to_datetime
from app.analytics.plans import Label, Labels

NONE_LABEL: Final = "None (no value)"
"""What stands for an absent breakdown value."""

_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 — a list of words.


def day_label(instant: int, zone: ZoneInfo) -> str:
    """The local day as `3-Mar-2025`, whatever the machine's locale is."""
    local = to_datetime(instant, zone)
    return f"{local.day}-{_MONTHS[local.month - 1]}-{local.year}"


def bucket_label(instant: int, interval: Interval, zone: ZoneInfo) -> str:
    """The bucket that starts there: `3-Mar-2025`, with the local time where it is shorter."""
    day = day_label(instant, zone)
    if interval in (Interval.MINUTE, Interval.HOUR):
        return f"{day} {to_datetime(instant, zone):%H:%M}"
    return day


def bucket_labels(starts: Sequence[int], interval: Interval, zone: ZoneInfo) -> list[str]:
    """A different label for each bucket: an hour that comes twice tells its offset from UTC."""
    labels = [bucket_label(start, interval, zone) for start in starts]
    repeated = {label for label in labels if labels.count(label) > 1} if _ambiguous(labels) else ()
    return [
        f"{label}{to_datetime(start, zone):%z}" if label in repeated else label
        for label, start in zip(labels, starts, strict=True)
    ]


def _ambiguous(labels: Sequence[str]) -> bool:
    return len(set(labels)) < len(labels)


def value_label(value: Label) -> str:
    """A breakdown value for people."""
    match value:
        case None:
            return NONE_LABEL
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


OTHERS: Final = "Other (i.e. all remaining values)"
"""What stands for all values that are not told one by one."""


def line_label(name: str, labels: Labels) -> str:
    """What a line is called: by its breakdown values where it has some."""
    return " · ".join(map(value_label, labels)) if labels else name
