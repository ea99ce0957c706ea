"""Lines of a file as a batch of events, ready for the journal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import orjson

from app.analytics.errors import DomainError
from app.analytics.records import BOUNDARY_EVENTS, Event, Json
from app.importer import mixpanel, openpanel
from app.importer.columns import UnusualRowsError, table_of
from app.importer.rows import BadRowError, Circumstances, Row
from app.ingest.bodies import read_json
from app.ingest.encoding import decode_batch, encode_batch, encode_event, encode_table
from app.ingest.properties import checked_properties
from app.kit.jsonl import Portion
from app.stores.arrow import EventTable, event_table

_LONGEST_LINE: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that holds no event; lines count from 1."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a portion of a file holds. `end` is where the next one begins.

    `batch` is what `encode_table` makes of as many events as `rows` says. `boundaries` counts
    the events that mark where sessions begin and end. They are left out: the store makes its
    own from the sessions.
    """

    rows: int
    batch: bytes
    bad: list[BadLine]
    boundaries: int
    end: int


def parse(portion: Portion, circumstances: Circumstances) -> Parsed:
    """The events of the portion's lines; empty lines are passed over."""
    try:
        found = _at_once(portion, circumstances)
    except UnusualRowsError:
        found = one_by_one(portion, circumstances)
    rows, batch = len(found.table), encode_table(found.table)
    return Parsed(rows, batch, found.bad, found.boundaries, portion.end)


@dataclass(frozen=True, slots=True)
class Found:
    """What lines hold."""

    table: EventTable
    bad: list[BadLine]
    boundaries: int


def _at_once(portion: Portion, circumstances: Circumstances) -> Found:
    """What the lines hold, if all of them are as exports write them; else an error is raised."""
    if len(portion.body) > _LONGEST_LINE:
        raise UnusualRowsError
    table = table_of(portion.body, portion.first_line, circumstances)
    kept = table.named_otherwise(sorted(BOUNDARY_EVENTS))
    return Found(kept, [], len(table) - len(kept))


def one_by_one(portion: Portion, circumstances: Circumstances) -> Found:
    """What the lines hold, by the definition of each of them."""
    rows: list[bytes] = []
    bad: list[BadLine] = []
    boundaries = 0
    for line, text in _lines(portion):
        try:
            event = _event(text, line, circumstances)
            if event.name in BOUNDARY_EVENTS:
                boundaries += 1
            else:
                rows.append(encode_event(event))
        except (BadRowError, DomainError) as error:
            bad.append(BadLine(line, str(error)))
    # On the way through their bytes they are checked as every event is.
    table = event_table(decode_batch(encode_batch(rows), 0))
    return Found(table, bad, boundaries)


def _lines(portion: Portion) -> Iterator[tuple[int, bytes]]:
    for line, text in enumerate(portion.body.split(b"\n"), portion.first_line):
        if text and not text.isspace():
            yield line, text


def _event(text: bytes, line: int, circumstances: Circumstances) -> Event:
    row = _row(text)
    # Either system's events have a name, and each says so under a key of its own.
    read = mixpanel.event_of if "event" in row and "name" not in row else openpanel.event_of
    event = read(row, line, circumstances)
    checked_properties(event.properties, ("properties",))
    return event


def _row(text: bytes) -> Row:
    if len(text) > _LONGEST_LINE:
        raise BadRowError("The line is longer than 16 MiB.")
    try:
        # Escapes are rare, and alone can stand for what no store can keep.
        row: Json = read_json(text) if b"\\u" in text else orjson.loads(text)
    except (orjson.JSONDecodeError, DomainError) as error:
        raise BadRowError("The line is not valid JSON.") from error
    if not isinstance(row, dict):
        raise BadRowError("The line is not a JSON object.")
    return row
