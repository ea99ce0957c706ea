"""Charts, deep pages and the stream of events over HTTP, against SQL written by hand."""

import http.client
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import duckdb
import httpx

from app.analytics.periods import DAY_MS
from bench import funnel
from bench.dataset import demo_client, demo_installation
from bench.server import Installation
from bench.timing import median_ms

_SLACK_MS: Final = 5
_RUNS: Final = 7
_NDJSON: Final = "application/x-ndjson"
_DEEP_PAGE: Final = 2_001
"""The page of 50 that begins at offset 100,000."""

_COLUMNS: Final = (
    "id, name, device_id, profile_id, session_id, created_at, path, city, country, os, browser, "
    "duration"
)
_ROWS: Final = "FROM events WHERE project = 1 AND created_at >= $since AND created_at < $until"
_VIEWS: Final = f"{_ROWS} AND name = 'screen_view'"
_ADDED: Final = f"{_ROWS} AND name = 'add_to_cart'"
_PRODUCT: Final = "json_extract_string(properties, '$.product')"
_PRICE: Final = "TRY_CAST(json_extract_string(properties, '$.price') AS DOUBLE)"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the API, and statements that give an engine the same to do."""

    name: str
    path: str
    by_hand: tuple[str, ...]
    runs: int = _RUNS


def _page(number: int) -> tuple[str, ...]:
    offset = 50 * (number - 1)
    order = f"ORDER BY created_at DESC, id LIMIT 50 OFFSET {offset}"
    return (f"SELECT {_COLUMNS} {_ROWS} {order}", f"SELECT count(*) {_ROWS}")


QUESTIONS: Final = (
    Asked(
        "day x country",
        "/export/charts?events=screen_view&breakdowns=country&interval=day",
        (
            f"SELECT created_at // {DAY_MS}, country, count(*) {_VIEWS} GROUP BY ALL",
            f"SELECT country, count(DISTINCT profile_id) {_VIEWS} GROUP BY ALL",
        ),
    ),
    Asked(
        "sum of a property",
        '/export/charts?series=[{"name":"add_to_cart","segment":"property_sum",'
        '"property":"properties.price"}]&breakdowns=properties.product&interval=day',
        (
            f"SELECT created_at // {DAY_MS}, {_PRODUCT}, sum({_PRICE}) {_ADDED} GROUP BY ALL",
            f"SELECT {_PRODUCT}, count(DISTINCT profile_id) {_ADDED} GROUP BY ALL",
        ),
    ),
    Asked("page 1", "/export/events?page=1", _page(1)),
    # By hand it takes seconds.
    Asked("page at 100,000", f"/export/events?page={_DEEP_PAGE}", _page(_DEEP_PAGE), runs=2),
)


def measure_export(installation: Installation, events: int) -> None:
    """Prints how close each route comes to the engine, and what the stream reaches."""
    demo = demo_installation(events)
    file = demo.data_dir / "events.duckdb"
    with duckdb.connect(str(file), read_only=True) as database:
        found = database.execute("SELECT min(created_at), max(created_at) FROM events").fetchall()
    first, last = found[0]
    headers = demo_client(demo)
    over_http: dict[str, float] = {}
    with (
        demo.running() as (base_url, process),
        httpx.Client(base_url=base_url, headers=headers, timeout=120) as client,
    ):
        for asked in QUESTIONS:
            # No two requests begin at the same instant, so that none is answered from memory.
            over_http[asked.name] = median_ms(
                partial(_ask, client, asked, count(first), last + 1), _RUNS
            )
        cold, filled = _stream(base_url, headers, process)
        # By now the engine keeps in memory what it keeps of the file.
        rate, grown = _stream(base_url, headers, process)
    with duckdb.connect(str(file), read_only=True) as database:
        print(f"{'question':<20}{'HTTP ms':>10}{'by hand ms':>12}{'ratio':>8}{'less 5 ms':>11}")
        for asked in QUESTIONS:
            by_hand = median_ms(
                partial(_run, database, asked, {"since": first, "until": last + 1}),
                asked.runs,
                warm_up=1,
            )
            http = over_http[asked.name]
            less = max(http - _SLACK_MS, 0) / by_hand
            ratio = http / by_hand
            print(f"{asked.name:<20}{http:>10.1f}{by_hand:>12.1f}{ratio:>8.2f}{less:>11.2f}")
        copied = _copied(database, installation.data_dir / "copied.json")
    print(f"page at 100,000 / page 1: {over_http['page at 100,000'] / over_http['page 1']:.2f}")
    print(
        f"stream: {rate:,.0f} rows/s; COPY of the same columns: {copied:,.0f} rows/s; "
        f"stream / COPY: {rate / copied:.2f}; the server grew by {grown:,.0f} MB "
        f"(the first time: {cold:,.0f} rows/s, {filled:,.0f} MB with what the engine keeps)"
    )
    funnel.measure(installation, events)


def _ask(client: httpx.Client, asked: Asked, since: Iterator[int], until: int) -> None:
    join = "&" if "?" in asked.path else "?"
    bounds = f"startDate={next(since)}&endDate={until - 1}"
    client.get(f"{asked.path}{join}{bounds}").raise_for_status()


def _run(database: duckdb.DuckDBPyConnection, asked: Asked, bounds: dict[str, int]) -> None:
    for statement in asked.by_hand:
        database.execute(statement, bounds).fetchall()


def _stream(base_url: str, headers: dict[str, str], process: int) -> tuple[float, float]:
    """Rows per second, and by how many MB the server was larger than before at the most."""
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    before = peak = _resident_mb(process)
    rows = 0
    started = time.perf_counter()
    connection.request("GET", "/export/events", headers={**headers, "accept": _NDJSON})
    with connection.getresponse() as answer:
        # A client with all comforts would be slower than the server.
        while part := answer.read1(1 << 20):
            rows += part.count(b"\n")
            peak = max(peak, _resident_mb(process))
    return rows / (time.perf_counter() - started), peak - before


def _resident_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _copied(database: duckdb.DuckDBPyConnection, target: Path) -> float:
    started = time.perf_counter()
    database.execute(f"COPY (SELECT {_COLUMNS}, groups FROM events) TO '{target}' (FORMAT JSON)")  # noqa: S608
    seconds = time.perf_counter() - started
    found = database.execute("SELECT count(*) FROM events").fetchall()
    target.unlink()
    return int(found[0][0]) / seconds
