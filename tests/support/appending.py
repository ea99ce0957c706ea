"""A program that appends numbered events as fast as it can, until it is killed.

It prints the id of each event once that is acknowledged. Every third event may be told
again, and its id is the same in every process; for it the session is printed too, which is
told the same way each time.
"""

import asyncio
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random

from app.analytics.records import Event
from app.ingest.log import EventLog, LogSettings, Ownership
from app.ingest.storer import Pace
from tests.support.engines import store_url
from tests.support.naming import MINUTE, name_session


def log_settings(engine: str, directory: Path) -> LogSettings:
    """The log in the directory, at a pace that stores and trims all the time."""
    return LogSettings(
        data_dir=directory,
        events_url=store_url(engine, directory),
        naming=name_session,
        pace=Pace(interval_seconds=0.01, eager_rows=50),
    )


async def append_for_ever(log: EventLog, prefix: str) -> None:
    """Appends events of a few devices, some of them late, and tells of each."""
    random = Random(prefix)
    for number in count():
        at = number * MINUTE // 4 - random.choice([0, 0, 0, 50, 500]) * MINUTE
        event = Event(
            project=1,
            id=f"{prefix}-{number}",
            name="screen_view",
            created_at=at,
            received_at=at,
            device_id=f"d{random.randrange(6)}",
            path="/",
        )
        if number % 3:
            await log.append([event])
            print(event.id, flush=True)  # noqa: T201 — how the parent learns of it.
        else:
            shared = replace(event, id=f"shared-{number}", session_id=prefix)
            earlier = await log.append_once(shared)
            owner = earlier.session_id if earlier else prefix
            print(shared.id, owner, flush=True)  # noqa: T201 — the same.


async def main(engine: str, directory: Path, prefix: str) -> None:
    """Runs several appenders side by side."""
    log = await EventLog.open(log_settings(engine, directory), Ownership.IF_FREE)
    await asyncio.gather(*(append_for_ever(log, f"{prefix}-{task}") for task in range(8)))
