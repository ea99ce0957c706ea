"""Deleting what has been kept for long enough, now and again while the server runs."""

import asyncio
import logging
from typing import Final

from app.ingest.people import PeopleService
from app.kit.clock import Clock

_EVERY_SECONDS: Final = 6 * 3600

_LOG: Final = logging.getLogger(__name__)


async def purge_regularly(people: PeopleService, clock: Clock) -> None:
    """Deletes old recordings at once and every six hours, until it is cancelled."""
    while True:
        try:
            await people.purge_replays(clock.now_ms())
        except Exception:  # noqa: BLE001 — the next time may go better; requests go on.
            _LOG.exception("Old recordings could not be deleted.")
        await asyncio.sleep(_EVERY_SECONDS)
