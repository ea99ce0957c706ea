"""What a credential allows."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, assert_never

from app.projects.records import ClientType


class Scope(StrEnum):
    """One thing that a credential may allow."""

    READ_STATS = "READ_STATS"
    READ_EVENTS = "READ_EVENTS"
    READ_PROFILES = "READ_PROFILES"
    WRITE_EVENTS = "WRITE_EVENTS"
    MANAGE_INSIGHTS = "MANAGE_INSIGHTS"
    EXPORT = "EXPORT"


EVERYTHING: Final = frozenset(Scope)
READING: Final = frozenset({Scope.READ_STATS, Scope.READ_EVENTS, Scope.READ_PROFILES, Scope.EXPORT})
READING_AND_TRACKING: Final = READING | {Scope.WRITE_EVENTS}

ANY_SCOPE_TEXT: Final = "*"
"""The scope text of a personal API key that grants everything."""

_BY_SCOPE_TEXT: Final[Mapping[str, frozenset[Scope]]] = {
    "export:read": frozenset({Scope.EXPORT}),
    "export:write": frozenset({Scope.EXPORT}),
    "query:read": frozenset({Scope.READ_STATS, Scope.READ_EVENTS}),
    "insight:read": frozenset({Scope.READ_STATS}),
    "insight:write": frozenset({Scope.READ_STATS, Scope.MANAGE_INSIGHTS}),
    "dashboard:read": frozenset({Scope.READ_STATS}),
    "dashboard:write": frozenset({Scope.READ_STATS, Scope.MANAGE_INSIGHTS}),
    "person:read": frozenset({Scope.READ_PROFILES}),
    "person:write": frozenset({Scope.READ_PROFILES}),
    ANY_SCOPE_TEXT: EVERYTHING,
}


def scopes_of_client(client_type: ClientType) -> frozenset[Scope]:
    """What a client of that type may do."""
    match client_type:
        case ClientType.READ:
            return READING
        case ClientType.WRITE:
            return frozenset({Scope.WRITE_EVENTS})
        case ClientType.ROOT:
            return EVERYTHING
        case _:
            assert_never(client_type)


def scopes_of_texts(texts: Iterable[str]) -> frozenset[Scope]:
    """What the scope texts of a personal API key allow; unknown ones allow nothing here."""
    return frozenset[Scope]().union(*(_BY_SCOPE_TEXT.get(text, frozenset()) for text in texts))


def text_grants(granted: frozenset[str], wanted: str) -> bool:
    """Whether a key with these scope texts has the one wanted, such as `export:read`.

    `*` grants all, and writing a thing grants reading it.
    """
    thing, _, action = wanted.partition(":")
    is_implied = action == "read" and f"{thing}:write" in granted
    return is_implied or wanted in granted or ANY_SCOPE_TEXT in granted
