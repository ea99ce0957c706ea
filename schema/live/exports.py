"""Exports on their way: each step that is worth telling."""

from collections.abc import AsyncGenerator
from typing import Final

from app.exports.records import Export, ExportState
from app.exports.service import ExportService

_LOOK_SECONDS: Final = 0.5
_UNFINISHED: Final = (ExportState.WAITING, ExportState.RUNNING)


async def progress_of(exports: ExportService, export: Export) -> AsyncGenerator[Export]:
    """The export as it is, and each time that it has come further, to its end.

    Ends without one where the export has expired meanwhile.
    """
    yield export
    told = export
    while told.state in _UNFINISHED:
        # Another process may work on it, so that its progress is seen by looking alone.
        await exports.wait_a_moment(_LOOK_SECONDS)
        found = await exports.find(export.project, export.number)
        if found is None:
            return
        if found != told:
            told = found
            yield found
