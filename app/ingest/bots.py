"""Programs that read the web on their own account, told by their user agents."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final, cast

import re2
import regex  # type: ignore[import-untyped]
import yaml_rs

_PACKAGE: Final = "device_detector"
_LIST: Final = "device_detector/regexes/upstream/bots.yml"
"""The package is only a carrier of this file; none of its code is imported."""

_BOUNDARY: Final = "(?:^|[^A-Z0-9_-]|[^A-Z0-9-]_|sprd-|MZ-)"
"""What stands before a match, by the rules of the list: words are not searched inside."""

_LOOKAROUND: Final = re.compile(r"\(\?<?[!=](?:[^()]|\([^()]*\))*\)")

_LONGEST_READ: Final = 1024
"""Characters of a user agent that are looked at."""

_UNNAMED_KIND: Final = "Crawler"
"""Stands for the kind of an entry that has none; most of those that have one are this."""

_RUNTIMES: Final = frozenset({"node"})
"""User agents of runtimes, sent by any program: the published list takes them for bots."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A known program, such as "Googlebot", and its kind, such as "Search bot"."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class BotEntry:
    """One line of a list; `name` may refer to groups of the match of `pattern`."""

    pattern: str
    name: str
    kind: str


class BotList:
    """The bots that are told by a list of patterns, the first that matches being meant.

    RE2 searches for the words of all patterns at once, and then for the patterns whose words
    are there. It can't look around itself: what it finds by a pattern without its lookarounds
    is held against the whole one. Letter case is ignored.
    """

    def __init__(self, entries: Sequence[BotEntry]) -> None:
        self._entries = entries
        engine: Any = re2
        options = engine.Options()
        options.case_sensitive = False
        # Trap: a set of the patterns is as exact, but takes a millisecond for each new agent.
        self._filter = engine.Filter()
        for entry in entries:
            self._filter.Add(_LOOKAROUND.sub("", entry.pattern), options)
        self._filter.Compile()

    def find(self, user_agent: str) -> Bot | None:
        """The bot of this user agent."""
        numbers = cast("list[int] | None", self._filter.Match(user_agent)) or []
        matching = (self._entries[number] for number in sorted(numbers))
        return next((bot for entry in matching if (bot := _find_in(entry, user_agent))), None)


def find_bot(user_agent: str | None) -> Bot | None:
    """The bot behind a user agent, or None for people's browsers and for servers' libraries.

    The list is read on the first call if `load_bots` was not called before.
    """
    return _find(user_agent[:_LONGEST_READ]) if user_agent else None


@cache
def load_bots() -> BotList:
    """The bots that Matomo's device detector knows, read once, which takes tenths of a second."""
    text = Path(str(distribution(_PACKAGE).locate_file(_LIST))).read_text(encoding="utf-8")
    records = cast("list[dict[str, Any]]", yaml_rs.loads(text))
    bots = BotList([_entry(record) for record in records])
    # The first search builds RE2's automaton, which takes longer than the search.
    bots.find("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/100.0")
    return bots


@lru_cache(maxsize=8_192)
def _find(user_agent: str) -> Bot | None:
    # Trap: the matcher takes UTF-8 and refuses lone surrogates.
    text = user_agent.encode("utf-8", "replace").decode("utf-8").strip()
    return None if text in _RUNTIMES else load_bots().find(text)


def _entry(record: Mapping[str, Any]) -> BotEntry:
    return BotEntry(
        pattern=f"{_BOUNDARY}(?:{record['regex']})",
        name=record["name"],
        kind=record.get("category") or _UNNAMED_KIND,
    )


def _find_in(entry: BotEntry, user_agent: str) -> Bot | None:
    """The bot of the entry, which matches but for its lookarounds."""
    is_template = "\\g<" in entry.name
    if not (is_template or _LOOKAROUND.search(entry.pattern)):
        return Bot(entry.name, entry.kind)
    match = _compiled(entry.pattern).search(user_agent)
    if match is None:
        return None
    return Bot(match.expand(entry.name) if is_template else entry.name, entry.kind)


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.IGNORECASE)
