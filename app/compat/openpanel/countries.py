"""Country names in English, and the codes that they stand for."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import cast

from babel import Locale


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    territories = cast("Mapping[str, str]", Locale("en").territories)
    # The others are continents and groups of countries, which have numbers.
    return {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha()}


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    return {name.casefold(): code for code, name in _names().items()}


def country_name(code: str) -> str:
    """The English name of the country with that ISO code, or the code itself."""
    return _names().get(code.upper(), code)


def country_code(text: str) -> str:
    """The ISO code of the country with that English name, or the text itself."""
    return _codes().get(text.casefold(), text)


def codes_where(matches: Callable[[str], bool]) -> tuple[str, ...]:
    """The codes of the countries whose English names match, in their order."""
    return tuple(sorted(code for code, name in _names().items() if matches(name)))
