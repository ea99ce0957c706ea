"""Records as rows of the tables, and back."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

import orjson

from app.analytics.records import Group, Profile
from app.analytics.sessions import OPENING_FACTS, Claim, Opening, Page, SessionState
from app.analytics.sql.tables import GROUPS, PROFILES, SESSIONS
from app.stores.arrow import Columns

_INT64: Final = 2**63 - 1

_PROFILE_COLUMNS: Final = tuple(PROFILES.columns.keys())
_GROUP_COLUMNS: Final = tuple(GROUPS.columns.keys())
_SESSION_COLUMNS: Final = tuple(SESSIONS.columns.keys())

_facts_of = attrgetter(*OPENING_FACTS)


def profile_columns(profiles: Sequence[Profile]) -> Columns:
    """The profiles as columns of `PROFILES`."""
    return [
        [_json(getattr(profile, name)) for profile in profiles]
        if name in {"groups", "properties"}
        else [getattr(profile, name) for profile in profiles]
        for name in _PROFILE_COLUMNS
    ]


def group_columns(groups: Sequence[Group]) -> Columns:
    """The groups as columns of `GROUPS`."""
    return [
        [_json(group.properties) for group in groups]
        if name == "properties"
        else [getattr(group, name) for group in groups]
        for name in _GROUP_COLUMNS
    ]


def session_columns(states: Iterable[SessionState]) -> Columns:
    """The sessions as columns of `SESSIONS`."""
    rows = [_session_row(state) for state in states]
    if not rows:
        return [() for _ in _SESSION_COLUMNS]
    return list(zip(*rows, strict=True))


def session_state(row: Sequence[object]) -> SessionState:
    """The session in a row of `SESSIONS`, all of its columns in the table's order."""
    # The driver's values are untyped; the table's column types vouch for them.
    held: dict[str, Any] = dict(zip(_SESSION_COLUMNS, row, strict=True))
    return SessionState(
        project=held["project"],
        device_id=held["device_id"],
        id=held["id"],
        anchor_position=held["anchor_position"],
        created_at=held["created_at"],
        ended_at=held["ended_at"],
        opening=Opening(
            held["opening_position"],
            bool(held["opening_is_pathless_view"]),
            held["opening_properties"],
            *(held[fact] for fact in OPENING_FACTS),
        ),
        entry=_page_at(held, "entry"),
        exit=_page_at(held, "exit"),
        claim=None
        if held["profile_at"] is None
        else Claim(held["profile_at"], held["profile_position"], held["profile_id"]),
        pathed_view_count=held["pathed_view_count"],
        activity_count=held["activity_count"],
        revenue=held["revenue"],
        groups=tuple(orjson.loads(held["groups"])),
    )


def _page_at(held: dict[str, Any], end: str) -> Page | None:
    if held[f"{end}_at"] is None:
        return None
    return Page(
        held[f"{end}_at"], held[f"{end}_position"], held[f"{end}_path"], held[f"{end}_origin"]
    )


def _session_row(state: SessionState) -> tuple[object, ...]:
    views = state.screen_view_count
    entry, last, claim, opening = state.entry, state.exit, state.claim, state.opening
    row = (
        state.project,
        state.id,
        state.device_id,
        state.profile_id,
        state.created_at,
        state.ended_at,
        state.ended_at - state.created_at,
        state.is_bounce,
        views,
        state.activity_count - views,
        # A sum can outgrow the column where none of its parts does.
        max(-_INT64, min(_INT64, state.revenue)),
        *((entry.path, entry.origin) if entry else (None, None)),
        *((last.path, last.origin) if last else (None, None)),
        *_facts_of(opening),
        _json(state.groups),
        state.anchor_position,
        opening.position,
        opening.is_pathless_view,
        state.pathed_view_count,
        state.activity_count,
        *((entry.at, entry.position) if entry else (None, None)),
        *((last.at, last.position) if last else (None, None)),
        *((claim.at, claim.position) if claim else (None, None)),
        opening.properties,
    )
    return row


def _json(value: object) -> str:
    return orjson.dumps(value).decode() if value else ("[]" if isinstance(value, tuple) else "{}")
