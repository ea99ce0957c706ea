"""The journal: its encoding loses nothing, its batches are whole, in order and durable."""

import asyncio
import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.event_row import event_row
from app.analytics.records import Event
from app.ingest.encoding import (
    LARGEST_AMOUNT,
    MAX_BATCH_ROWS,
    UnstorableEventError,
    decode_batch,
    encode_batch,
    encode_event,
    first_position,
)
from app.ingest.journal import ImportProgress, Journal

pytestmark = pytest.mark.anyio

TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
MAYBE = st.none() | TEXT
INTEGERS = st.integers(-(2**53), 2**53)
AMOUNTS = st.integers(-LARGEST_AMOUNT, LARGEST_AMOUNT)
COORDINATE = st.none() | st.floats(-180, 180)
JSON = st.recursive(
    st.none() | st.booleans() | TEXT | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
TEXT_FIELDS = [
    field.name
    for field in fields(Event)
    if field.type == (str | None) and field.name not in {"id", "name"}
]
EVENTS = st.builds(
    Event,
    project=st.integers(0, 2**31 - 1),
    id=TEXT,
    name=TEXT,
    created_at=INTEGERS,
    received_at=INTEGERS,
    imported_at=st.none() | INTEGERS,
    longitude=COORDINATE,
    latitude=COORDINATE,
    duration=AMOUNTS,
    revenue=AMOUNTS,
    groups=st.lists(TEXT, max_size=3).map(tuple),
    properties=st.dictionaries(TEXT, JSON, max_size=4),
    **dict.fromkeys(TEXT_FIELDS, MAYBE),
)

PLAIN = Event(project=1, id="e", name="n", created_at=0, received_at=0)


@given(st.lists(EVENTS, max_size=4))
def test_a_batch_gives_its_events_back_exactly(events: list[Event]) -> None:
    decoded = decode_batch(encode_batch([encode_event(event) for event in events]), 3)
    expected = [
        event_row(replace(event, position=first_position(3) + index))
        for index, event in enumerate(events)
    ]
    assert decoded == expected
    # Equality takes 1 for 1.0 and True, and 0.0 for -0.0; their text tells them apart.
    assert repr(decoded) == repr(expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "\ud800"},
        {"properties": {"n": 2**64}},
        {"properties": {"n": object()}},
        {"created_at": 2**53 + 1},
        {"revenue": -LARGEST_AMOUNT - 1},
        {"duration": LARGEST_AMOUNT + 1},
        {"project": 2**31},
        {"project": -1},
        {"latitude": math.nan},
        {"longitude": math.inf},
    ],
)
def test_an_event_that_no_store_could_keep_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UnstorableEventError):
        encode_event(replace(PLAIN, **changes))  # type: ignore[arg-type]


def test_a_batch_of_another_layout_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="unknown layout"):
        decode_batch(b"\x01[]", 1)


async def test_batches_are_read_in_order_and_in_portions(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    row = encode_event(PLAIN)
    positions = [await journal.append([row] * size) for size in (2, 3, 4)]
    assert positions == [1, 2, 3]
    assert [batch.position for batch in await journal.read(0, 1)] == [1]
    assert [batch.position for batch in await journal.read(0, 5)] == [1, 2]
    assert [batch.rows for batch in await journal.read(1, 99)] == [3, 4]
    assert await journal.last_position() == 3
    await journal.close()


async def test_positions_are_not_used_again_after_trimming(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    await journal.append([encode_event(PLAIN)])
    await journal.trim(1)
    identity = journal.identity
    await journal.close()
    reopened = Journal(tmp_path, "test")
    assert reopened.identity == identity
    assert (await reopened.last_position(), await reopened.stored_position()) == (0, 1)
    assert await reopened.read(0, 9) == []
    assert await reopened.append([encode_event(PLAIN)]) == 2
    await reopened.close()


async def test_a_new_journal_goes_on_where_the_store_is(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    await journal.continue_after(41)
    await journal.continue_after(7)
    assert await journal.append([encode_event(PLAIN)]) == 42
    assert first_position(42) == 42 * 2**20
    await journal.close()


async def test_processes_append_side_by_side(tmp_path: Path) -> None:
    journals = [Journal(tmp_path, f"process {number}") for number in range(3)]
    row = encode_event(PLAIN)
    positions = await asyncio.gather(
        *(journal.append([row]) for _ in range(10) for journal in journals)
    )
    assert sorted(positions) == list(range(1, 31))
    assert {journal.identity for journal in journals} == {journals[0].identity}
    for journal in journals:
        assert await journal.last_position() == 30
        await journal.close()


async def test_progress_is_kept_with_its_batch_or_not_at_all(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    step = ImportProgress(fingerprint="f", project=1, offset=100, rows=1, done=False)
    assert await journal.find_progress("f", 1) is None
    await journal.append([encode_event(PLAIN)], [step])
    assert await journal.find_progress("f", 1) == step
    broken = replace(step, offset=2**70)
    with pytest.raises(OverflowError):
        await journal.append([encode_event(PLAIN)], [broken])
    assert await journal.find_progress("f", 1) == step
    assert await journal.last_position() == 1
    await journal.append([], [replace(step, done=True)])
    finished = await journal.find_progress("f", 1)
    assert finished is not None
    assert finished.done
    assert await journal.find_progress("f", 2) is None
    await journal.close()


async def test_a_batch_over_the_limit_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    with pytest.raises(ValueError, match="at most"):
        await journal.append([b"[]"] * (MAX_BATCH_ROWS + 1))
    await journal.close()
