"""The way into the control store."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio.to_thread
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from app.control.engine import WRITES, open_engine, write_gate
from app.control.migrations import upgrade_to_head
from app.control.sessions import ReadSession, WriteSession


class ControlStore:
    """Holds what changes seldom and must not be lost. Several processes may share it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._gate = write_gate(engine)
        self._readers = async_sessionmaker(engine, expire_on_commit=False)
        self._writers = async_sessionmaker(
            engine.execution_options(**WRITES), expire_on_commit=False
        )

    @classmethod
    def open(cls, url: str) -> "ControlStore":
        """The store at a SQLAlchemy URL with an asynchronous driver; connects when first asked."""
        return cls(open_engine(url))

    async def migrate(self) -> None:
        """Brings the tables to the newest definition, in a worker thread.

        Safe when two processes start at once: the second waits, then finds nothing to do.
        """
        url = self._engine.url.render_as_string(hide_password=False)
        await anyio.to_thread.run_sync(upgrade_to_head, url)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[ReadSession]:
        """A session whose questions all see the same moment (on SQLite)."""
        async with self._readers() as session:
            yield ReadSession(session)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[WriteSession]:
        """A session that commits when the block ends well, and else leaves no trace."""
        async with self._gate, self._writers.begin() as session:
            yield WriteSession(session)

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()
