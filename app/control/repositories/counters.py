"""Numbers that only grow.

Advancing a counter locks its row until the transaction ends, on every engine: writers
that advance the same counter go one after another, and the order of the numbers is the
order of the commits. A reader of `sequence > n` therefore never misses a late commit.
"""

from enum import StrEnum

from sqlalchemy import update

from app.control.models import CounterRow
from app.control.sessions import WriteSession


class Counter(StrEnum):
    """The counters that the migrations make."""

    PROFILE_SEQUENCE = "profile_sequence"
    SALT_ROTATION = "salt_rotation"


async def advance(session: WriteSession, counter: Counter, by: int = 1) -> int:
    """The counter's value after adding `by`."""
    statement = (
        update(CounterRow)
        .where(CounterRow.name == counter)
        .values(value=CounterRow.value + by)
        .returning(CounterRow.value)
    )
    return await session.change(statement)
