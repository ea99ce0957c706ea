"""Two kinds of session, so that a type checker sees who may write."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate, UpdateBase

from app.control.base import Base

T = TypeVar("T")


class ReadSession:
    """Asks questions within one transaction, which all see the same moment."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, statement: Select[T]) -> T | None:
        """The first column of the first row, or None when there is no row."""
        return await self._session.scalar(statement)

    async def get(self, statement: Select[T]) -> T:
        """The first column of the only row.

        Raises sqlalchemy.exc.NoResultFound when there is none.
        """
        return (await self._session.execute(statement)).scalar_one()

    async def list(self, statement: Select[T]) -> Sequence[T]:
        """The first column of every row."""
        return (await self._session.scalars(statement)).all()


class WriteSession(ReadSession):
    """Reads and writes within one transaction, committed when its block ends well."""

    async def add(self, *rows: Base) -> None:
        """Inserts the rows now, so that a broken constraint shows here."""
        self._session.add_all(rows)
        await self._session.flush()

    async def delete(self, row: Base) -> None:
        """Deletes a row that this session has read."""
        await self._session.delete(row)

    async def run(self, statement: UpdateBase, rows: Sequence[dict[str, object]]) -> None:
        """Inserts the rows, or updates each of them by its primary key, in one go."""
        if rows:
            await self._session.execute(statement, rows)

    async def apply(self, statement: UpdateBase) -> None:
        """Runs one statement that changes as many rows as its condition names."""
        await self._session.execute(statement)

    async def change(self, statement: ReturningUpdate[T]) -> T:
        """The first column of the only row that the update returns."""
        return (await self._session.execute(statement)).scalar_one()
