"""Import, file size, and the overview's questions over HTTP against the raw engine."""

import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx

from app.analytics.fields import COLUMNS
from app.analytics.metrics import (
    BOUNCE_RATE,
    SCREEN_VIEWS,
    SESSION_DURATION,
    SESSIONS,
    TOTAL_REVENUE,
    VIEWS_PER_SESSION,
    VISITORS,
)
from app.analytics.periods import Interval, WeekStart, to_instant
from app.analytics.queries import BreakdownQuery, Moment, Page, PagesQuery, Query, SeriesQuery
from app.analytics.ranges import AutoInterval, last_days
from bench.engine import RawEngine
from bench.server import Installation
from bench.timing import median_ms
from bench.traffic import demo_file

RANGE: Final = "30d"
_METRICS: Final = (
    VISITORS,
    SESSIONS,
    SCREEN_VIEWS,
    BOUNCE_RATE,
    SESSION_DURATION,
    VIEWS_PER_SESSION,
    TOTAL_REVENUE,
)


def questions(project: int) -> dict[str, tuple[str, Query]]:
    """Each question as a path of the API, and as the core is asked it."""
    span = last_days(30)
    return {
        "metrics": (
            "metrics",
            SeriesQuery(
                project=project,
                metrics=_METRICS,
                range=span,
                interval=AutoInterval(Interval.HOUR),
                week_start=WeekStart.SUNDAY,
            ),
        ),
        "country": (
            "country",
            BreakdownQuery(
                project=project,
                by=(COLUMNS["country"],),
                metrics=(SESSIONS, BOUNCE_RATE, SESSION_DURATION, SCREEN_VIEWS, TOTAL_REVENUE),
                range=span,
                page=Page(10),
            ),
        ),
        "pages": ("pages", PagesQuery(project=project, range=span, page=Page(10))),
    }


def measure(installation: Installation, events: int) -> None:
    """Prints how fast events are imported and how close answers are to the engine's own."""
    source = demo_file(installation, events)
    number, headers = _load(installation, source, events)
    asked = questions(number)
    over_http: dict[str, float] = {}
    with installation.serving() as base_url, httpx.Client(headers=headers, timeout=60) as client:
        for name, (path, _) in asked.items():
            url = f"{base_url}/insights/bench/{path}?range={RANGE}&limit=10"
            over_http[name] = median_ms(partial(_get, client, url))
    engine = RawEngine(installation.data_dir / "events.duckdb")
    moment = Moment(to_instant(datetime.now(UTC)), ZoneInfo("UTC"))
    print(f"{'question':<10}{'HTTP ms':>10}{'engine ms':>12}{'ratio':>8}")
    for name, (_, query) in asked.items():
        statements = engine.statements_of(query, moment)
        raw = median_ms(partial(engine.run_all, statements))
        http = over_http[name]
        print(f"{name:<10}{http:>10.1f}{raw:>12.1f}{http / raw:>8.2f}")
    engine.close()


def _get(client: httpx.Client, url: str) -> None:
    client.get(url).raise_for_status()


def _load(installation: Installation, source: Path, events: int) -> tuple[int, dict[str, str]]:
    project = installation.command("project", "create", "bench")
    client = installation.command("client", "create", "--project", "bench", "--type", "read")
    started = time.perf_counter()
    answer = installation.command("import", str(source), "--project", "bench")
    seconds = time.perf_counter() - started
    size = (installation.data_dir / "events.duckdb").stat().st_size
    print(
        f"import: {answer['imported']:,} of {events:,} events in {seconds:.1f} s, "
        f"{answer['imported'] / seconds:,.0f} events/s; "
        f"file {source.stat().st_size / 1e6:.0f} MB, store {size / 1e6:.0f} MB "
        f"({size / answer['imported']:.0f} bytes per event)"
    )
    headers = {
        "openpanel-client-id": client["clientId"],
        "openpanel-client-secret": client["clientSecret"],
    }
    return project["number"], headers
