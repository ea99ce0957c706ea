"""Demo traffic as a data directory, made once a day and shared by the parts that only read."""

import fcntl
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.server import Installation


def demo_installation(events: int) -> Installation:
    """An installation that holds the demo project with that many events.

    Kept in the system's folder for temporary files under the day's name, because demo
    traffic ends on the day on which it is made. Whoever writes to it should copy it first.
    """
    day = datetime.now(UTC).date().isoformat()
    root = Path(tempfile.gettempdir()) / "rosetta-bench"
    root.mkdir(exist_ok=True)
    kept = root / f"demo-{events}-{day}"
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _make(kept, events)
    return Installation(kept)


def demo_client(installation: Installation, kind: str = "read") -> dict[str, str]:
    """The headers of a client of the demo project, which only reads it by default."""
    client: Any = installation.command("client", "create", "--project", "demo", "--type", kind)
    return {
        "openpanel-client-id": client["clientId"],
        "openpanel-client-secret": client["clientSecret"],
    }


def _make(kept: Path, events: int) -> None:
    # A run that was stopped half-way leaves nothing under the name that is looked for.
    made = Path(tempfile.mkdtemp(prefix="making-", dir=kept.parent))
    started = time.perf_counter()
    Installation(made).command("demo", "--events", str(events))
    seconds = time.perf_counter() - started
    print(f"demo: {events:,} events in {seconds:.1f} s, {events / seconds:,.0f} events/s")
    made.rename(kept)
