"""Numbers inside texts, read in one way everywhere."""

import math
import re
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
