"""Exports: listed for people, claimed and finished by workers.

A worker owns an export while it holds the lease. Every change of a worker names its lease, so
that one who was thought dead, and was replaced, changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy import delete as sql_delete

from app.control.models import ExportRow
from app.control.sessions import ReadSession, WriteSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """A slice of a project's exports, the newest first; None asks nothing.

    `now` hides what has expired. `below` is a number that those meant are less than.
    `created_by` is the id of a principal; `context_path` and `recording` look into the caller's
    context.
    """

    now: int
    limit: int
    offset: int = 0
    below: int | None = None
    created_by: str | None = None
    format: str | None = None
    context_path: str | None = None
    recording: str | None = None


async def find(session: ReadSession, project: int, number: int, now: int) -> ExportRow | None:
    """The project's export with that number, unless it has expired."""
    return await session.find(
        select(ExportRow).where(
            ExportRow.project == project, ExportRow.number == number, _lives(now)
        )
    )


async def page(session: ReadSession, project: int, wanted: ExportPage) -> Sequence[ExportRow]:
    """The exports of that slice."""
    statement = _meant(select(ExportRow), project, wanted).order_by(ExportRow.number.desc())
    if wanted.below is not None:
        statement = statement.where(ExportRow.number < wanted.below)
    return await session.list(statement.limit(wanted.limit).offset(wanted.offset))


async def count(session: ReadSession, project: int, wanted: ExportPage) -> int:
    """How many exports are meant, through all slices."""
    return await session.get(_meant(select(func.count(ExportRow.number)), project, wanted))


def _meant(statement: Select[Any], project: int, wanted: ExportPage) -> Select[Any]:
    statement = statement.where(ExportRow.project == project, _lives(wanted.now))
    if wanted.created_by is not None:
        statement = statement.where(ExportRow.created_by == wanted.created_by)
    if wanted.format is not None:
        statement = statement.where(ExportRow.format == wanted.format)
    if wanted.context_path is not None:
        path = ExportRow.context["path"].as_string()
        statement = statement.where(path.icontains(wanted.context_path, autoescape=True))
    if wanted.recording is not None:
        recording = ExportRow.context["session_recording_id"].as_string()
        statement = statement.where(recording == wanted.recording)
    return statement


def _lives(now: int) -> Any:  # noqa: ANN401 — a condition of Core.
    return or_(ExportRow.expires_at.is_(None), ExportRow.expires_at > now)


async def claim(session: WriteSession, lease: str, now: int, until: int) -> ExportRow | None:
    """The oldest export that waits or whose worker is gone, now leased; None without one."""
    row = await session.find(
        select(ExportRow)
        .where(
            ExportRow.finished_at.is_(None),
            ExportRow.not_before <= now,
            or_(ExportRow.leased_until.is_(None), ExportRow.leased_until <= now),
            _lives(now),
        )
        .order_by(ExportRow.not_before, ExportRow.number)
        .limit(1)
        # Other processes pass over what this one is just taking.
        .with_for_update(skip_locked=True)
    )
    if row is not None:
        row.lease, row.leased_until = lease, until
        row.claims += 1
        row.done, row.total = 0, None
        await session.add(row)
    return row


async def find_leased(session: WriteSession, number: int, lease: str) -> ExportRow | None:
    """The unfinished export, if the lease is still the one it is worked on under."""
    return await session.find(
        select(ExportRow)
        .where(
            ExportRow.number == number, ExportRow.lease == lease, ExportRow.finished_at.is_(None)
        )
        .with_for_update()
    )


async def next_due(session: ReadSession) -> int | None:
    """The instant (ms) from which an unfinished export can be claimed; None without any."""
    due = func.coalesce(ExportRow.leased_until, ExportRow.not_before)
    return await session.get(select(func.min(due)).where(ExportRow.finished_at.is_(None)))


async def expired(session: ReadSession, now: int, limit: int) -> Sequence[ExportRow]:
    """Up to `limit` exports whose time is over."""
    return await session.list(select(ExportRow).where(ExportRow.expires_at <= now).limit(limit))


async def delete(session: WriteSession, numbers: Sequence[int]) -> None:
    """Forgets the exports."""
    await session.apply(sql_delete(ExportRow).where(ExportRow.number.in_(numbers)))


async def known_blobs(session: ReadSession, names: Sequence[str]) -> frozenset[str]:
    """Those of the names under which an export has its file."""
    found = await session.list(select(ExportRow.blob).where(ExportRow.blob.in_(names)))
    return frozenset(name for name in found if name is not None)
