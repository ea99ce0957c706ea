"""Regular expressions in the syntax of RE2, which finds an answer in linear time."""

from functools import lru_cache
from typing import Any, Final, cast

import re2

LONGEST_PATTERN: Final = 1_000
"""Characters that a pattern may have; RE2 itself bounds what the pattern unfolds to."""

# The library has no stubs.
_PatternError = cast("type[Exception]", re2.error)  # pyright: ignore[reportUnknownMemberType]


def is_pattern(text: str) -> bool:
    """Whether every engine can look for it."""
    if len(text) > LONGEST_PATTERN:
        return False
    try:
        compiled(text)
    except _PatternError:
        return False
    return True


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:  # noqa: ANN401 — the library has no types.
    """The pattern, ready to search; raises the library's error for what is none."""
    options = re2.Options()
    # Without this, the library writes to the process's error output.
    options.log_errors = False
    return re2.compile(pattern, options)  # pyright: ignore[reportUnknownMemberType]
