"""Rows that are posted: all of a request's rows are taken in once, or none of them."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import anyio.to_thread

from app.analytics.errors import (
    DomainError,
    InvalidQueryError,
    Issue,
    OverloadedError,
    PayloadTooLargeError,
)
from app.analytics.records import BOUNDARY_EVENTS, Event, Json
from app.importer.openpanel import event_of
from app.importer.rows import BadRowError, Circumstances, Row, instant_of, name_of
from app.ingest.bodies import read_json
from app.ingest.encoding import encode_event
from app.ingest.journal import ImportProgress
from app.ingest.log import EventLog
from app.ingest.naming import SessionNames
from app.ingest.properties import checked_properties
from app.projects.records import Project

MOST_ROWS: Final = 20_000
"""Rows in one request."""

_SHOWN_ISSUES: Final = 20
_RETRY_AFTER_SECONDS: Final = 1


@dataclass(frozen=True, slots=True)
class PostedRows:
    """How many events a request brought, and how many it had brought when it came before."""

    imported: int
    already: int = 0


class RowImporter:
    """Takes in rows of OpenPanel's events, one request at a time.

    A body that was taken in before, by this process or another, is acknowledged again and
    adds nothing: whoever got no answer can safely repeat the request.
    """

    def __init__(self, log: EventLog, names: SessionNames) -> None:
        self._log = log
        self._names = names
        # A body becomes many times as large while it is read: one of them has to do.
        self._reading = asyncio.Lock()

    async def take(self, project: Project, body: bytes, at_ms: int) -> PostedRows:
        """What became of the rows, which are durable now.

        Starts and ends of sessions are left out, since the store makes them from the sessions.
        Raises InvalidQueryError that names each bad row by its index and field, up to 20 of
        them, PayloadTooLargeError, or OverloadedError; then nothing was kept.
        """
        self._names.know(project.number, project.id)
        name = f"posted:{hashlib.blake2b(body, digest_size=20).hexdigest()}"
        async with self._reading:
            known = await self._log.find_progress(name, project.number)
            if known is not None and known.done:
                return PostedRows(0, known.rows)
            # What came before is stored first: the journal must not grow without end.
            await self._log.settled()
            told = Circumstances(project.number, name, at_ms)
            rows = await anyio.to_thread.run_sync(_encoded, body, told)
            progress = ImportProgress(
                fingerprint=name,
                project=project.number,
                offset=len(body),
                rows=len(rows),
                done=True,
            )
            await self._append(rows, progress)
        return PostedRows(len(rows))

    async def keep(self, project: Project, events: Sequence[Event]) -> int:
        """How many of the events are new; all are durable now, and told again add nothing.

        Starts and ends of sessions are left out. Raises OverloadedError, after which the
        events can be told again, and UnstorableEventError.
        """
        self._names.know(project.number, project.id)
        kept = [event for event in events if event.name not in BOUNDARY_EVENTS]
        earlier = await asyncio.gather(*map(self._log.append_once, kept))
        return sum(told is None for told in earlier)

    async def _append(self, rows: list[bytes], progress: ImportProgress) -> None:
        try:
            await self._log.append_encoded(rows, progress)
        except (OSError, sqlite3.Error) as error:
            raise OverloadedError(
                "The events can't be stored durably at the moment.", _RETRY_AFTER_SECONDS
            ) from error


def _encoded(body: bytes, circumstances: Circumstances) -> list[bytes]:
    """The encoded events."""
    rows = read_json(body)
    if not isinstance(rows, list):
        raise InvalidQueryError.at(message="The body is a JSON array of events.")
    if len(rows) > MOST_ROWS:
        raise PayloadTooLargeError(f"At most {MOST_ROWS} events fit into one request.")
    encoded: list[bytes] = []
    issues: list[Issue] = []
    for index, row in enumerate(rows):
        try:
            event = event_of(_object(row), index, circumstances)
            checked_properties(event.properties, ("properties",))
            if event.name not in BOUNDARY_EVENTS:
                encoded.append(encode_event(event))
        except (BadRowError, DomainError) as error:
            issues += _issues(row, index, error)
            if len(issues) >= _SHOWN_ISSUES:
                break
    if issues:
        raise InvalidQueryError(*issues)
    return encoded


def _object(row: Json) -> Row:
    if not isinstance(row, dict):
        raise BadRowError("The event is not a JSON object.")
    return row


def _issues(row: Json, index: int, error: BadRowError | DomainError) -> list[Issue]:
    if isinstance(error, InvalidQueryError):
        return [Issue((index, *issue.path), issue.message) for issue in error.issues]
    return [Issue((index, *_place(row)), str(error))]


def _place(row: Json) -> tuple[str, ...]:
    """The field that keeps the row from being an event, as far as it can be told."""
    if not isinstance(row, dict):
        return ()
    try:
        name_of(row.get("name"))
    except BadRowError:
        return ("name",)
    key = "createdAt" if "createdAt" in row else "created_at"
    try:
        instant_of(row.get(key))
    except BadRowError:
        return (key,)
    if row.get("properties") and not isinstance(row["properties"], dict):
        return ("properties",)
    return ()
