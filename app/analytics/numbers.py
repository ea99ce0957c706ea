"""Numbers: read from texts, and summed up, in one way everywhere."""

import math
import re
from collections.abc import Iterable
from typing import Final

_NUMBER: Final = re.compile(
    r"[ \t\n\v\f\r]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t\n\v\f\r]*"
)


def parse_number(text: str | None) -> float | None:
    """The finite decimal number that the whole text spells, white space around it aside."""
    if text is None or _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def quantile(numbers: Iterable[float], share: float) -> float | None:
    """The value that `share` (0 to 1) of the numbers lie below; None without numbers.

    Between two numbers it is interpolated: at 0.5 it is the median.
    """
    ordered = sorted(numbers)
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    lower, upper = ordered[below], ordered[math.ceil(place)]
    return lower + (upper - lower) * (place - below)
