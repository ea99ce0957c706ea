"""Events as a table: streamed by the engine, row by row."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, cast

import anyio.to_thread
import orjson

from app.analytics.catalog import PropertyKeysQuery
from app.analytics.fields import COLUMNS
from app.analytics.queries import EventOrder, EventsQuery
from app.analytics.records import Json
from app.analytics.shapes import Document, Instant, Member, Number, Shape, Text
from app.analytics.streams import StreamOrder, StreamQuery
from app.exports.tables import Cell, Portions, Row, Table, TableColumn
from app.projects.reader import Reader
from app.projects.records import Project
from app.projects.streams import EventStream

_MOST_PROPERTIES: Final = 500
_NUMBERS: Final = frozenset({"longitude", "latitude", "duration", "revenue"})
_INSTANTS: Final = frozenset({"created_at", "imported_at"})
_FIRST: Final = ("id", "name", "created_at", "profile_id", "device_id", "session_id")
_REST: Final = (
    *("path", "origin", "title", "referrer", "referrer_name", "referrer_type"),
    *("country", "region", "city", "longitude", "latitude"),
    *("os", "os_version", "browser", "browser_version", "device", "brand", "model"),
    *("duration", "revenue", "sdk_name", "sdk_version"),
)
PROPERTY_PREFIX: Final = "properties."


@dataclass(frozen=True, slots=True)
class _Selection:
    """The columns of the record, then the keys of properties."""

    columns: tuple[str, ...]
    keys: tuple[str, ...]


async def event_table(reader: Reader, title: str, question: EventsQuery, project: Project) -> Table:
    """The events of the question as rows, all of them: a page of the question is not heeded.

    Without named columns the event's own are followed by a column for each property in use,
    the most frequent first.
    """
    selection = await _selection(reader, question, project)
    members = [Member(name, _shown(name)) for name in selection.columns]
    if selection.keys:
        members.append(Member("properties", Document("properties")))
    newest = question.order is EventOrder.NEWEST
    stream = await reader.stream(
        StreamQuery(
            project=question.project,
            range=question.range,
            shape=Shape(tuple(members)),
            filter=question.filter,
            order=StreamOrder.NEWEST if newest else StreamOrder.ARRIVAL,
            zone=question.zone,
        ),
        project,
    )
    names = (*selection.columns, *(PROPERTY_PREFIX + key for key in selection.keys))
    return Table(title, tuple(map(TableColumn, names)), _rows(stream, selection))


async def _selection(reader: Reader, question: EventsQuery, project: Project) -> _Selection:
    wanted = question.columns
    own = (*_FIRST, *_REST)
    if wanted is not None and "properties" not in wanted:
        return _Selection(tuple(name for name in own if name in wanted) or _FIRST, ())
    asked = PropertyKeysQuery(
        project=question.project,
        range=question.range,
        filter=question.filter,
        limit=_MOST_PROPERTIES,
        zone=question.zone,
    )
    found = await reader.ask(asked, project)
    columns = own if wanted is None else tuple(name for name in own if name in wanted)
    return _Selection(columns or _FIRST, tuple(key.key for key in found.keys))


def _shown(name: str) -> Text | Number | Instant:
    column = COLUMNS[name]
    if name in _INSTANTS:
        return Instant(column)
    return Number(column) if name in _NUMBERS else Text(column)


async def _rows(stream: EventStream, selection: _Selection) -> Portions:
    async with aclosing(stream.lines()) as portions:
        async for lines in portions:
            yield await anyio.to_thread.run_sync(_parsed, lines.body, selection)


def _parsed(body: bytes, selection: _Selection) -> Sequence[Row]:
    rows: list[Row] = []
    width = len(selection.columns)
    for line in body.splitlines():
        values: list[Json] = [*orjson.loads(line).values()]
        if not selection.keys:
            rows.append(cast("list[Cell]", values))
            continue
        properties = cast("dict[str, Json]", values[width])
        told = [_cell(properties.get(key)) for key in selection.keys]
        rows.append([*cast("list[Cell]", values[:width]), *told])
    return rows


def _cell(value: Json) -> Cell:
    """Lists and objects stay JSON: a cell holds one thing."""
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value
