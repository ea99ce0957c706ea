"""Ordering exports, looking after them and fetching their files."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio

from app.analytics.codec import encode
from app.analytics.errors import NotFoundError
from app.control.models import ExportRow
from app.control.repositories import exports
from app.control.repositories.exports import ExportPage
from app.control.store import ControlStore
from app.exports.blobs.base import Blob, BlobNotFoundError, BlobStore
from app.exports.records import Export, ExportOrder, ExportState, export_of
from app.kit.clock import Clock

__all__ = ["Bell", "ExportPage", "ExportService"]

_FIRST_LOOK_SECONDS: Final = 0.02
_LONGEST_LOOK_SECONDS: Final = 0.5
_UNFINISHED: Final = (ExportState.WAITING, ExportState.RUNNING)


class Bell:
    """Tells this process's workers that there is work, and waiting callers that some is done."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def ring(self) -> None:
        """Wakes everyone who waits."""
        self._event.set()
        self._event = anyio.Event()

    async def wait(self, seconds: float) -> None:
        """Returns at the next ring, or after that time."""
        event = self._event
        with anyio.move_on_after(seconds):
            await event.wait()


@dataclass(frozen=True, slots=True)
class Bells:
    """One bell for orders that come in, and one for exports that are finished."""

    ordered: Bell
    finished: Bell

    @classmethod
    def new(cls) -> "Bells":
        """Two bells that nobody has rung."""
        return cls(Bell(), Bell())


class ExportService:
    """The exports of projects, which are named by number."""

    def __init__(self, store: ControlStore, blobs: BlobStore, clock: Clock, bells: Bells) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._bells = bells

    async def create(self, project: int, order: ExportOrder) -> Export:
        """The export that was ordered: it waits, or has failed if the order tells why."""
        now = self._clock.now_ms()
        row = ExportRow(
            project=project,
            insight=order.insight,
            dashboard=order.dashboard,
            format=order.format,
            question=None if order.question is None else encode(order.question),
            display=order.display,
            theme=order.theme,
            columns=_columns_json(order),
            filename=order.filename,
            context=order.context,
            created_by=order.created_by,
            created_at=now,
            expires_at=order.expires_at,
            not_before=now,
            exception=order.exception,
            finished_at=None if order.exception is None else now,
        )
        async with self._store.write() as session:
            await session.add(row)
        self._bells.ordered.ring()
        return export_of(row)

    async def find(self, project: int, number: int) -> Export | None:
        """The project's export of that number, unless it has expired."""
        async with self._store.read() as session:
            row = await exports.find(session, project, number, self._clock.now_ms())
        return None if row is None else export_of(row)

    async def wait(self, export: Export, seconds: float) -> Export:
        """The export when it is finished, or as it is after that time."""
        look = _FIRST_LOOK_SECONDS
        with anyio.move_on_after(seconds):
            while export.state in _UNFINISHED:
                # Another process may finish it, whose bell isn't heard here.
                await self._bells.finished.wait(look)
                look = min(look * 2, _LONGEST_LOOK_SECONDS)
                found = await self.find(export.project, export.number)
                if found is None:
                    return export
                export = found
        return export

    async def wait_a_moment(self, seconds: float) -> None:
        """Returns when an export is finished in this process, or after that time."""
        await self._bells.finished.wait(seconds)

    async def page(self, project: int, wanted: ExportPage) -> list[Export]:
        """The exports of that slice, the newest first."""
        async with self._store.read() as session:
            return [export_of(row) for row in await exports.page(session, project, wanted)]

    async def count(self, project: int, wanted: ExportPage) -> int:
        """How many exports are meant, through all slices."""
        async with self._store.read() as session:
            return await exports.count(session, project, wanted)

    async def open(self, export: Export) -> Blob:
        """The whole file of a complete export.

        Raises NotFoundError while there is none, or when it is gone already.
        """
        if export.blob is None:
            raise NotFoundError("The export has no file.")
        try:
            return await self._blobs.open(export.blob)
        except BlobNotFoundError as error:
            raise NotFoundError("The export's file is gone.") from error


def _columns_json(order: ExportOrder) -> list[list[str]] | None:
    if order.columns is None:
        return None
    return [[choice.name, choice.head] for choice in order.columns]


def new_blob_name(export: Export, random_hex: Callable[[int], str] = secrets.token_hex) -> str:
    """A name that no other attempt at any export has or had."""
    return f"{export.project}/{export.number}-{random_hex(8)}"
