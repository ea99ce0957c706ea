"""Rows of exported events: of a page, and of a whole range as lines."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import anyio
import orjson

from app.analytics.queries import After, EventsQuery, Page
from app.analytics.records import Event, Json, Profile
from app.analytics.results import EventsResult
from app.analytics.streams import StreamOrder, StreamQuery
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.decode import EventsRequest
from app.compat.openpanel.encode import Beside, encode_event
from app.compat.openpanel.selection import Selection, shape_of

_ROWS_AT_ONCE: Final = 2_000


async def rows_of(asked: Admitted, selection: Selection, events: Sequence[Event]) -> list[Json]:
    """The rows with the selected keys, with the profiles of the events where they are wanted."""
    beside = await _beside(asked, selection, events)
    return [encode_event(event, selection, beside) for event in events]


async def _beside(asked: Admitted, selection: Selection, events: Sequence[Event]) -> Beside:
    profiles = await _profiles(asked, selection, events)
    return Beside(asked.project, profiles, asked.services.clock.now_ms())


async def _profiles(
    asked: Admitted, selection: Selection, events: Sequence[Event]
) -> Mapping[str, Profile]:
    if not selection.has_profile:
        return {}
    ids = {event.profile_id for event in events if event.profile_id}
    return await asked.services.profiles.get_many(asked.project.number, sorted(ids))


async def stream_of_events(asked: Admitted, wanted: EventsRequest) -> AsyncGenerator[bytes]:
    """All rows of the range as lines, in the order of the pages.

    What is wrong with the question is raised before there are any lines.
    """
    reader, asked_for = asked.services.reader, wanted.query
    shape = shape_of(wanted.selection, asked.project.id)
    if shape is None:
        first = replace(asked_for, page=Page(_ROWS_AT_ONCE))
        return _encoded(asked, wanted.selection, first, await reader.ask(first, asked.project))
    query = StreamQuery(
        project=asked_for.project,
        range=asked_for.range,
        shape=shape,
        filter=asked_for.filter,
        order=StreamOrder.NEWEST,
    )
    stream = await reader.stream(query, asked.project)
    return stream.parts()


async def _encoded(
    asked: Admitted, selection: Selection, query: EventsQuery, result: EventsResult
) -> AsyncGenerator[bytes]:
    """Lines with keys that no engine can write, made in a thread of their own."""
    while True:
        events = await anyio.to_thread.run_sync(tuple, result.events)
        if events:
            beside = await _beside(asked, selection, events)
            yield await anyio.to_thread.run_sync(_lines, events, selection, beside)
        if not result.has_more:
            return
        query = replace(query, after=After(events[-1].created_at, events[-1].id))
        result = await asked.services.reader.ask(query, asked.project)


def _lines(events: Sequence[Event], selection: Selection, beside: Beside) -> bytes:
    rows = (encode_event(event, selection, beside) for event in events)
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
