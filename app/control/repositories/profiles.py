"""Profiles: looked up, listed by keyset, and changed in place."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import Final, TypeAlias, assert_never

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute

from app.analytics.records import Profile
from app.control.models import ProfileRow
from app.control.sessions import ReadSession, WriteSession

# Engines bound the number of parameters of a statement (32,766 and 32,767).
_IDS_PER_STATEMENT: Final = 1000

_COLUMNS: Final = tuple(field.name for field in fields(Profile))


class ProfileOrder(Enum):
    """How a list of profiles is sorted; ties are settled by id, in the same direction."""

    LAST_SEEN = auto()
    """The one seen last comes first."""
    FIRST_SEEN = auto()
    """The newest one comes first."""
    ID = auto()
    """Ascending, as the database compares text."""


class Walk(Enum):
    """Which way a page extends from its key."""

    FORWARD = auto()
    BACKWARD = auto()


ProfileKey: TypeAlias = tuple[int, str] | tuple[str]
"""A place in a list: the instant and the id, or the id alone, as the order has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePage:
    """Up to `limit` profiles next to the key `after`, in the direction of the walk.

    Without a key, the walk starts at that end of the list where it has all of it ahead.
    """

    order: ProfileOrder
    limit: int
    after: ProfileKey | None = None
    walk: Walk = Walk.FORWARD


def key_of(profile: Profile, order: ProfileOrder) -> ProfileKey:
    """The place of that profile in a list of that order."""
    match order:
        case ProfileOrder.LAST_SEEN:
            return (profile.last_seen_at, profile.id)
        case ProfileOrder.FIRST_SEEN:
            return (profile.created_at, profile.id)
        case ProfileOrder.ID:
            return (profile.id,)
        case _:
            assert_never(order)


async def find(session: ReadSession, project: int, profile_id: str) -> Profile | None:
    """The profile with that id."""
    statement = select(ProfileRow).where(ProfileRow.project == project, ProfileRow.id == profile_id)
    row = await session.find(statement)
    return None if row is None else _record(row)


async def get_many(session: ReadSession, project: int, ids: Sequence[str]) -> dict[str, Profile]:
    """Those of the profiles that exist, by id."""
    found: dict[str, Profile] = {}
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        some = ids[start : start + _IDS_PER_STATEMENT]
        statement = select(ProfileRow).where(ProfileRow.project == project, ProfileRow.id.in_(some))
        found |= {row.id: _record(row) for row in await session.list(statement)}
    return found


async def page(session: ReadSession, project: int, wanted: ProfilePage) -> list[Profile]:
    """The profiles of that page, in its order whichever way it is walked."""
    columns = _columns(wanted.order)
    is_forward = wanted.walk is Walk.FORWARD
    descends = (wanted.order is not ProfileOrder.ID) is is_forward
    statement = select(ProfileRow).where(ProfileRow.project == project).limit(wanted.limit)
    if wanted.after is not None:
        place, key = tuple_(*columns), tuple_(*wanted.after)
        statement = statement.where(place < key if descends else place > key)
    sort = (column.desc() if descends else column.asc() for column in columns)
    found = [_record(row) for row in await session.list(statement.order_by(*sort))]
    return found if is_forward else found[::-1]


async def count(session: ReadSession, project: int) -> int:
    """How many profiles the project has."""
    return await session.get(
        select(func.count()).select_from(ProfileRow).where(ProfileRow.project == project)
    )


async def changed_since(session: ReadSession, sequence: int, limit: int) -> list[Profile]:
    """Up to `limit` profiles of all projects that changed after it, the oldest change first."""
    statement = (
        select(ProfileRow)
        .where(ProfileRow.sequence > sequence)
        .order_by(ProfileRow.sequence)
        .limit(limit)
    )
    return [_record(row) for row in await session.list(statement)]


async def put(session: WriteSession, known: Container[str], profiles: Iterable[Profile]) -> None:
    """Stores the profiles, each once: over those whose id is `known`, else as new ones.

    Correct only after the session has advanced the profile sequence, which keeps every
    other writer of profiles waiting.
    """
    news: list[dict[str, object]] = []
    changes: list[dict[str, object]] = []
    for profile in profiles:
        columns = {name: getattr(profile, name) for name in _COLUMNS}
        columns["groups"] = list(profile.groups)
        (changes if profile.id in known else news).append(columns)
    await session.run(insert(ProfileRow), news)
    await session.run(update(ProfileRow), changes)


async def remove(session: WriteSession, project: int, profile_id: str) -> None:
    """Removes the profile, if there is one. Needs the profile sequence as `put` does."""
    await session.apply(
        delete(ProfileRow).where(ProfileRow.project == project, ProfileRow.id == profile_id)
    )


def _columns(
    order: ProfileOrder,
) -> tuple[InstrumentedAttribute[int] | InstrumentedAttribute[str], ...]:
    match order:
        case ProfileOrder.LAST_SEEN:
            return (ProfileRow.last_seen_at, ProfileRow.id)
        case ProfileOrder.FIRST_SEEN:
            return (ProfileRow.created_at, ProfileRow.id)
        case ProfileOrder.ID:
            return (ProfileRow.id,)
        case _:
            assert_never(order)


def _record(row: ProfileRow) -> Profile:
    return Profile(
        project=row.project,
        id=row.id,
        is_external=row.is_external,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        avatar=row.avatar,
        groups=tuple(row.groups),
        properties=row.properties,
        sequence=row.sequence,
    )
