"""Demo traffic as a file of the rows that an import reads."""

import time
from pathlib import Path
from typing import Final

import duckdb

from bench.server import Installation

_ROWS: Final = """
COPY (
  SELECT * EXCLUDE (project, position, received_at, session_id, groups, properties),
    groups::JSON AS groups, properties::JSON AS properties
  FROM events WHERE name NOT IN ('session_start', 'session_end') ORDER BY created_at, position
) TO '{}' (FORMAT JSON)
"""


def demo_file(installation: Installation, events: int) -> Path:
    """The file; prints how fast the demo was made."""
    demo = Installation(installation.data_dir / "demo")
    started = time.perf_counter()
    demo.command("demo", "--events", str(events))
    seconds = time.perf_counter() - started
    print(f"demo: {events:,} events in {seconds:.1f} s, {events / seconds:,.0f} events/s")
    target = installation.data_dir / "demo.ndjson"
    with duckdb.connect(str(demo.data_dir / "events.duckdb"), read_only=True) as database:
        database.execute(_ROWS.format(target))
    return target
