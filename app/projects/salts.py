"""The salts of device ids: a new one each UTC day, so that no one can be followed for long."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import anyio

from app.control.models import SaltRow
from app.control.repositories import counters, salts
from app.control.repositories.counters import Counter
from app.control.sessions import WriteSession
from app.control.store import ControlStore

_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Salts:
    """The salt of today and the one before it, 32 hexadecimal characters each."""

    current: str
    previous: str


def random_salt() -> str:
    """A new salt."""
    return secrets.token_hex(16)


class SaltBook:
    """Gives the salts of the day and changes them at 00:00 UTC."""

    def __init__(self, store: ControlStore, new_salt: Callable[[], str] = random_salt) -> None:
        self._store = store
        self._new_salt = new_salt
        self._turning = anyio.Lock()
        self._day: int | None = None
        self._salts = Salts("", "")

    def recall(self, now_ms: int) -> Salts | None:
        """The salts at that instant, unless the store has to be asked for them."""
        is_known = self._day is not None and self._day >= now_ms // _DAY_MS
        return self._salts if is_known else None

    async def salts(self, now_ms: int) -> Salts:
        """The salts at that instant. Only the first call of a day asks the store.

        Two are made at the first start. Salts older than the previous one are deleted, and
        an instant before the day of the newest salt gets the salts that are left.
        """
        today = now_ms // _DAY_MS
        if self._day is None or self._day < today:
            async with self._turning:
                if self._day is None or self._day < today:
                    self._day, self._salts = await self._turn_to(today)
        return self._salts

    async def _turn_to(self, today: int) -> tuple[int, Salts]:
        async with self._store.write() as session:
            # Another process may be turning too: the counter puts us in a row, and the
            # second one finds the work done.
            await counters.advance(session, Counter.SALT_ROTATION)
            rows = await salts.list_newest_first(session)
            missing = _missing_days(rows, today)
            made = [SaltRow(utc_day=day, salt=self._new_salt()) for day in missing]
            await session.add(*made)
            current, previous, *outdated = sorted(
                (*made, *rows), key=lambda row: row.utc_day, reverse=True
            )
            await _delete(session, outdated)
        return max(today, current.utc_day), Salts(current.salt, previous.salt)


def _missing_days(rows: Sequence[SaltRow], today: int) -> list[int]:
    """The days to make salts for."""
    newest = rows[0].utc_day if rows else None
    if newest is None:
        return [today, today - 1]
    if newest < today:
        return [today]
    return [newest - 1] if len(rows) == 1 else []


async def _delete(session: WriteSession, rows: Sequence[SaltRow]) -> None:
    for row in rows:
        await session.delete(row)
