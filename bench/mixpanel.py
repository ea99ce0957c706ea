"""The raw export over HTTP, against the engine's own way of writing JSON.

Each figure comes from a server that has just been started, so that the first export pays for
everything that the engine keeps in memory afterwards.
"""

import base64
import http.client
import multiprocessing
import os
import statistics
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import duckdb
import httpx

from bench.dataset import demo_client, demo_installation
from bench.server import Installation

PLAIN_RATIO: Final = 0.4
GZIP_RATIO: Final = 0.15
FIRST_BYTE_MS: Final = 300
GROWTH_MB: Final = 150

_INSIGHTS: Final = "/insights/demo/metrics"
_VISIT_EVERY_SECONDS: Final = 0.05
_SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Streamed:
    """An export as its reader saw it; `growth_mb` is of the server's resident memory."""

    rows: int
    seconds: float
    first_byte_ms: float
    growth_mb: float
    received_bytes: int

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds


@dataclass(frozen=True, slots=True)
class Reader:
    """Who exports: the path with its parameters, and the credentials."""

    path: str
    headers: dict[str, str]


def measure_mixpanel(installation: Installation, events: int) -> None:
    """Prints what the export reaches, and whether it holds what it should."""
    demo = demo_installation(events)
    reader, visitor = _reader(demo), demo_client(demo)
    with demo.running() as (base_url, process):
        plain = stream(base_url, reader, process)
        again = stream(base_url, reader, process)
        with visits(base_url, visitor) as quiet:
            time.sleep(_PAUSE_SECONDS)
        with visits(base_url, visitor) as meanwhile:
            stream(base_url, reader, process)
    with demo.running() as (base_url, process):
        packed = stream(base_url, _packed(reader), process, rows=plain.rows)
    copied = copy_rate(demo.data_dir / "events.duckdb", installation.data_dir / "copied.json")
    _tell("plain, first", plain, copied, PLAIN_RATIO)
    _tell("plain, again", again, copied, PLAIN_RATIO)
    _tell("gzip, first", packed, copied, GZIP_RATIO)
    print(f"COPY … TO JSON: {copied:,.0f} rows/s")
    print(f"Insights alone: {_spread(quiet)}; beside an export: {_spread(meanwhile)}")


_PAUSE_SECONDS: Final = 3


def _reader(demo: Installation) -> Reader:
    account: Any = demo.command("service-account", "create", "--project", "demo")
    pair = f"{account['username']}:{account['secret']}"
    day = datetime.now(UTC).date()
    params = {
        "project_id": "demo",
        "from_date": (day - timedelta(days=3_650)).isoformat(),
        "to_date": day.isoformat(),
    }
    return Reader(
        f"/api/2.0/export?{urlencode(params)}",
        {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
    )


def _packed(reader: Reader) -> Reader:
    return Reader(reader.path, {**reader.headers, "accept-encoding": "gzip"})


def stream(base_url: str, reader: Reader, process: int, rows: int | None = None) -> Streamed:
    """Reads the whole export; packed lines are not counted, so their number has to be told."""
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    before = peak = _resident_mb(process)
    found = received = 0
    first: float | None = None
    started = time.perf_counter()
    connection.request("GET", reader.path, headers=reader.headers)
    with connection.getresponse() as answer:
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(answer.read())
        # A client with all comforts would be slower than the server.
        while part := answer.read1(1 << 20):
            first = first or time.perf_counter() - started
            received += len(part)
            found += part.count(b"\n") if rows is None else 0
            peak = max(peak, _resident_mb(process))
    seconds = time.perf_counter() - started
    return Streamed(rows or found, seconds, (first or seconds) * 1000, peak - before, received)


@contextmanager
def visits(base_url: str, headers: dict[str, str]) -> Generator[list[float]]:
    """While inside, another client asks Insights; its times in ms are there afterwards.

    Raises RuntimeError when one of its requests failed.
    """
    times: list[float] = []
    done = _SPAWN.Event()
    heard, told = _SPAWN.Pipe(duplex=False)
    visitor = _SPAWN.Process(target=_visit, args=(base_url, headers, done, told))
    visitor.start()
    # The visitor's end is the only one then, so that its death ends the waiting for it.
    told.close()
    try:
        yield times
    finally:
        done.set()
        with heard:
            answer = _heard(heard)
        visitor.join()
    if answer is None:
        raise RuntimeError(f"The visitor ended with {visitor.exitcode}.")
    times += answer


def _heard(visitor: Connection) -> list[float] | None:
    try:
        told: list[float] = visitor.recv()
    except EOFError:
        return None
    return told


def _visit(base_url: str, headers: dict[str, str], done: Event, told: Connection) -> None:
    times: list[float] = []
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with httpx.Client(base_url=base_url, headers=headers, timeout=60) as client:
        while not done.is_set():
            # No answer that is kept is the answer to another range.
            since = midnight - timedelta(days=7, milliseconds=len(times))
            started = time.perf_counter()
            client.get(_INSIGHTS, params={"startDate": since.isoformat()}).raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
            time.sleep(_VISIT_EVERY_SECONDS)
    told.send(times)


def copy_rate(database: Path, target: Path) -> float:
    """Rows per second of the engine's own export of everything that events have."""
    with duckdb.connect(str(database), read_only=True) as store:
        started = time.perf_counter()
        store.execute(f"COPY (SELECT * FROM events) TO '{target}' (FORMAT JSON)")  # noqa: S608 — a path of ours.
        seconds = time.perf_counter() - started
        [(count,)] = store.execute("SELECT count(*) FROM events").fetchall()
    target.unlink()
    return int(count) / seconds


def _tell(name: str, streamed: Streamed, copied: float, wanted: float) -> None:
    ratio = streamed.rate / copied
    holds = (
        ratio >= wanted
        and streamed.first_byte_ms < FIRST_BYTE_MS
        and streamed.growth_mb < GROWTH_MB
    )
    print(
        f"{name}: {streamed.rows:,} rows, {streamed.received_bytes / 1e6:,.0f} MB, "
        f"{streamed.rate:,.0f} rows/s = {ratio:.2f} of COPY (at least {wanted}), first byte "
        f"after {streamed.first_byte_ms:.0f} ms, {streamed.growth_mb:+.0f} MB: "
        f"{'held' if holds else 'NOT held'}"
    )


def _spread(times: list[float]) -> str:
    p95 = statistics.quantiles(times, n=20)[-1]
    return f"p50 {statistics.median(times):.0f} ms, p95 {p95:.0f} ms ({len(times)} requests)"


def _resident_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
