"""GraphQL over HTTP: lists against stock Strawberry, small operations against plain JSON."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import count
from typing import Any, Final

import duckdb
import orjson

from bench.dataset import demo_client, demo_installation
from bench.hostile import REFUSED
from bench.load import Load
from bench.load import measure as measure_load
from bench.server import Installation, free_port, wait_for
from bench.stock import COLUMNS, SQL
from bench.timing import median_ms
from schema.build import build_schema
from schema.execution.documents import Documents, RefusedDocumentError
from schema.execution.limits import DocumentLimits

FIELDS: Final = (
    "eventId name createdAt profileId sessionId path title referrer country city device os "
    "browser duration longitude"
)
_STOCK_FIELDS: Final = FIELDS.replace("eventId", "id")
_SIZES: Final = (1_000, 10_000)
_RANGE: Final = "range: {preset: LAST_30_DAYS}"
_WIDGETS: Final = f"""
  visitors: totals(metrics: [{{metric: VISITORS}}, {{metric: BOUNCE_RATE}}], {_RANGE},
    compare: {{previous: PERIOD}}) {{ values {{ name value previous change }} }}
  events: totals(metrics: [{{metric: EVENTS}}, {{metric: REVENUE}}], {_RANGE}) {{
    values {{ name value }} }}
  series: timeseries(metrics: [{{metric: VISITORS}}, {{metric: PAGEVIEWS}}], {_RANGE},
    interval: DAY) {{ buckets series {{ name points total }} }}
  byDevice: timeseries(metrics: [{{metric: EVENTS}}], {_RANGE}, interval: DAY,
    breakdown: [{{field: DEVICE}}]) {{ series {{ key points }} }}
  pages: breakdown(by: [{{field: PATH}}], metrics: [{{metric: PAGEVIEWS}}], {_RANGE}, first: 10) {{
    rows {{ labels values }} }}
  countries: breakdown(by: [{{field: COUNTRY}}], metrics: [{{metric: VISITORS}}], {_RANGE},
    first: 10) {{ rows {{ labels values }} }}
  referrers: breakdown(by: [{{field: REFERRER_NAME}}], metrics: [{{metric: SESSIONS}}], {_RANGE},
    first: 10) {{ rows {{ labels values }} }}
  browsers: breakdown(by: [{{field: BROWSER}}], metrics: [{{metric: SESSIONS}}], {_RANGE},
    first: 10) {{ rows {{ labels values }} }}
"""


def dashboard(salt: str) -> str:
    """Eight widgets; another salt is another question, to which no answer is kept."""
    return (
        f'query Dashboard {{ project(id: "demo") {{ '
        f"{_WIDGETS.replace(_RANGE, f'{_RANGE}, filter: {{path: {{ne: {json.dumps(salt)}}}}}')}"
        " } }"
        if salt
        else f'query Dashboard {{ project(id: "demo") {{ {_WIDGETS} }} }}'
    )


def measure_graphql(installation: Installation, events: int) -> None:
    """Prints the ratios, all of one run over the same events."""
    demo = Installation(installation.data_dir / "demo")
    shutil.copytree(demo_installation(events).data_dir, demo.data_dir)
    headers = demo_client(demo, "root")
    file = str(demo.data_dir / "events.duckdb")
    with demo.serving() as base_url, _asking(base_url, headers) as ask:
        write = partial(_write, ask)
        ours = {
            "at first": {size: _list_ms(ask, _first(size), before=write) for size in _SIZES},
            "after a write": {size: _list_ms(ask, _ours(size), before=write) for size in _SIZES},
            "asked again": {size: _list_ms(ask, _ours(size)) for size in _SIZES},
        }
        whole = _list_ms(ask, _always(dashboard("")), runs=9)
        salted = _list_ms(ask, _salted(), runs=5)
        small = _rate(base_url, headers)
    with _program("bench.stock", file) as base_url, _asking(base_url, {}) as ask:
        stock = {size: _list_ms(ask, _stock(size), runs=7) for size in _SIZES}
    with _program("bench.noop") as base_url:
        plain_rate, plain_ms = _rate(base_url, {}, "/track"), _noop_ms(base_url)
    floor = _orjson_ms(file)
    print(f"{'events x 15':<22}{'ours ms':>9}{'stock ms':>10}{'faster':>8}{'of orjson':>15}")
    for name, times in ours.items():
        for size in _SIZES:
            print(
                f"{f'{size:,} {name}':<22}{times[size]:>9.1f}{stock[size]:>10.1f}"
                f"{stock[size] / times[size]:>7.1f}x"
                f"{f'{times[size] / floor[size]:.1f} of {floor[size]:.1f} ms':>15}"
            )
    print(f"{{ __typename }}: {small:,.0f}/s, {small / plain_rate:.2f} of plain JSON")
    print(
        f"eight widgets: {salted:.1f} ms, kept {whole:.1f} ms; "
        f"{salted / plain_ms:.1f} and {whole / plain_ms:.1f} times plain JSON ({plain_ms:.1f} ms)"
    )
    _print_hostile()


Queries = Iterator[str]
"""What is asked, one time after the other."""

Ask = Callable[[str, object], bytes]
"""Sends a body to a path; the answer's body. Raises for any other answer than 200."""


def _always(query: str) -> Queries:
    return iter(lambda: query, None)


def _ours(size: int) -> Queries:
    return _always(_listing(size, ""))


def _first(size: int) -> Queries:
    """A list of which nothing is known each time, since its condition is another one."""
    salt = time.time()
    wheres = (f', filter: {{name: {{ne: "{salt}/{number}"}}}}' for number in count())
    return (_listing(size, where) for where in wheres)


def _listing(size: int, where: str) -> str:
    events = f"events(first: {size}{where}) {{ nodes {{ {FIELDS} }} }}"
    return f'{{ project(id: "demo") {{ {events} }} }}'


def _stock(size: int) -> Queries:
    return _always(f"{{ events(first: {size}) {{ {_STOCK_FIELDS} }} }}")


def _salted() -> Queries:
    started = time.time()
    return (dashboard(f"/{started}/{number}") for number in count())


def _list_ms(
    ask: Ask, queries: Queries, runs: int = 15, before: Callable[[], object] | None = None
) -> float:
    return median_ms(lambda: _post(ask, next(queries)), runs=runs, before=before)


def _write(ask: Ask) -> None:
    """Stores an event, so that no answer that was kept is true any more."""
    ask("/track", {"type": "track", "payload": {"name": "bench"}})
    # A question waits until what was acknowledged before it is stored.
    _post(ask, _listing(1, ""))


def _post(ask: Ask, query: str) -> None:
    told = ask("/graphql", {"query": query})
    if b'"errors"' in told[:200]:
        raise ValueError(told[:500])


@contextmanager
def _asking(base_url: str, headers: Mapping[str, str]) -> Generator[Ask]:
    """Asks over one connection, by a client that takes little time itself."""
    connection = HTTPConnection("127.0.0.1", int(base_url.rpartition(":")[2]), timeout=300)
    whole = {**headers, "content-type": "application/json"}

    def ask(path: str, body: object) -> bytes:
        connection.request("POST", path, orjson.dumps(body), whole)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != HTTPStatus.OK:
            raise ValueError(told[:500])
        return told

    try:
        yield ask
    finally:
        connection.close()


def _noop_ms(base_url: str) -> float:
    with _asking(base_url, {}) as ask:
        return median_ms(lambda: ask("/track", {}))


def _rate(base_url: str, headers: dict[str, str], path: str = "/graphql") -> float:
    port = int(base_url.rpartition(":")[2])
    body = orjson.dumps({"query": "{ __typename }"})
    load = Load(
        port=port,
        path=path,
        headers=list(headers.items()),
        bodies=[body] * 16,
        connections=16,
        seconds=4,
        warm_up_seconds=1,
    )
    return measure_load(load).per_second


def _orjson_ms(file: str) -> dict[int, float]:
    """The time of making JSON of the same rows, which are there already."""
    with duckdb.connect(file, read_only=True) as database:
        rows = {size: database.execute(SQL, [1, size]).fetchall() for size in _SIZES}
    return {size: median_ms(partial(_dumped, held)) for size, held in rows.items()}


def _dumped(rows: list[Any]) -> bytes:
    return orjson.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows])


@contextmanager
def _program(module: str, *arguments: str) -> Generator[str]:
    port = free_port()
    command: Sequence[str] = (sys.executable, "-m", module, str(port), *arguments)
    quiet = {**os.environ, "ROSETTA_LOG_LEVEL": "WARNING"}
    with subprocess.Popen(command, env=quiet) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _print_hostile() -> None:
    schema = build_schema().graphql_schema
    worst: tuple[float, str] = (0, "")
    for name, (text, _) in REFUSED.items():
        times: list[float] = []
        for _ in range(5):
            documents = Documents(schema, DocumentLimits(depth=12))
            started = time.thread_time()
            try:
                documents.read(text)
            except RefusedDocumentError:
                times.append(time.thread_time() - started)
        worst = max(worst, (min(times) * 1000, name))
    print(f"{len(REFUSED)} hostile documents: {worst[0]:.1f} ms for the slowest, {worst[1]}")
