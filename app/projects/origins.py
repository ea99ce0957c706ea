"""The browser origins that a project allows."""

from collections.abc import Sequence
from typing import Final

from app.analytics.errors import InvalidQueryError, Issue

_LONGEST: Final = 255


def check_origins(origins: Sequence[str]) -> None:
    """Raises InvalidQueryError that names each origin which can't be one, by its place."""
    wrong = [
        Issue(("origins", place), "An origin is a URL such as https://example.com, or *.")
        for place, origin in enumerate(origins)
        if not 0 < len(origin) <= _LONGEST or any(sign.isspace() for sign in origin)
    ]
    if wrong:
        raise InvalidQueryError(*wrong)
