"""The Insights API over HTTP, the same statements in the engine, and the best SQL by hand."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from app.analytics.fields import Property
from app.analytics.filters import EVERYTHING, Compare, Filter, Operator
from app.analytics.periods import Interval, WeekStart, to_instant
from app.analytics.queries import BreakdownQuery, Moment, Page, PagesQuery, Query, SeriesQuery
from app.analytics.ranges import AutoInterval, last_days
from app.compat.openpanel.insights.breakdowns import ROW_METRICS, SHAPES
from app.compat.openpanel.insights.overview import OVERVIEW
from bench import byhand
from bench.engine import RawEngine, RawStatement
from bench.server import Installation
from bench.timing import medians_ms
from bench.traffic import synthetic_file

HTTP_RATIO: Final = 1.3
HTTP_EXTRA_MS: Final = 5.0
HAND_RATIO: Final = 1.2

_FILTER: Final = '[{"name":"properties.plan","operator":"is","value":["pro"]}]'
_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the API's path, as the core is asked it, and as SQL by hand."""

    path: str
    query: Query
    by_hand: tuple[RawStatement, ...]


def questions(project: int, now: datetime) -> dict[str, Question]:
    """The questions that are measured."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    bounds = byhand.Bounds(
        project,
        to_instant(midnight - timedelta(days=_DAYS)),
        to_instant(midnight + timedelta(days=1)),
    )
    pro = Compare(Property("plan"), Operator.EQUALS, ("pro",))
    filtered = f"metrics?range=30d&filters={quote(_FILTER)}"
    span, page = last_days(_DAYS), Page(10)
    return {
        "metrics": Question("metrics?range=30d", _series(project), byhand.metrics(bounds)),
        "pages": Question(
            "pages?range=30d",
            PagesQuery(project=project, range=span, page=page),
            byhand.pages(bounds),
        ),
        **{
            name: Question(
                f"{name}?range=30d",
                BreakdownQuery(
                    project=project,
                    by=SHAPES[name].by,
                    metrics=ROW_METRICS,
                    range=span,
                    page=page,
                ),
                byhand.breakdown(bounds, tuple(field.name for field in SHAPES[name].by)),
            )
            for name in ("country", "browser_version")
        },
        "property": Question(filtered, _series(project, pro), byhand.metrics_of_plan(bounds)),
    }


def _series(project: int, condition: Filter = EVERYTHING) -> SeriesQuery:
    return SeriesQuery(
        project=project,
        metrics=tuple(OVERVIEW.values()),
        range=last_days(_DAYS),
        interval=AutoInterval(Interval.HOUR),
        filter=condition,
        week_start=WeekStart.SUNDAY,
    )


def measure(installation: Installation, events: int) -> None:
    """Prints the three times of each question, and whether their ratios hold."""
    now = to_instant(datetime.now(UTC))
    source = synthetic_file(installation.data_dir / "visits.ndjson", events, now)
    number, headers = load(installation, source, events)
    compare(installation, number, headers)


def load(installation: Installation, source: Path, events: int) -> tuple[int, dict[str, str]]:
    """The project's number and a reading client's headers, once the file is imported."""
    project = installation.command("project", "create", "bench")
    client = installation.command("client", "create", "--project", "bench", "--type", "read")
    started = time.perf_counter()
    installation.command("import", str(source), "--project", "bench")
    seconds = time.perf_counter() - started
    print(f"import: {events:,} events in {seconds:.0f} s, {events / seconds:,.0f} events/s")
    headers = {
        "openpanel-client-id": client["clientId"],
        "openpanel-client-secret": client["clientSecret"],
    }
    return project["number"], headers


def compare(installation: Installation, number: int, headers: dict[str, str]) -> None:
    """Asks over HTTP, and the engine with the same statements and with those by hand.

    They take turns. The engine has a copy of the file, which belongs to the server alone.
    """
    now = datetime.now(UTC)
    beside = installation.data_dir / "beside.duckdb"
    copyfile(installation.data_dir / "events.duckdb", beside)
    engine = RawEngine(beside)
    moment = Moment(to_instant(now), ZoneInfo("UTC"))
    print(f"{'question':<16}{'HTTP':>9}{'engine':>9}{'by hand':>9}   (ms)")
    with installation.serving() as base_url, httpx.Client(headers=headers, timeout=60) as client:
        for name, question in questions(number, now).items():
            url = f"{base_url}/insights/bench/{question.path}"
            statements = engine.statements_of(question.query, moment)
            http, raw, hand = medians_ms(
                partial(_get, client, url, _starts(now)),
                partial(engine.run_all, statements),
                partial(engine.run_all, question.by_hand),
            )
            print(_verdict(name, http, raw, hand))
    engine.close()
    beside.unlink()


def _verdict(name: str, http: float, raw: float, hand: float) -> str:
    holds = http <= raw * HTTP_RATIO + HTTP_EXTRA_MS and raw <= hand * HAND_RATIO
    ratios = f"{http / raw:>6.2f} of the engine, {raw / hand:>5.2f} of SQL by hand"
    return (
        f"{name:<16}{http:>9.1f}{raw:>9.1f}{hand:>9.1f} {ratios}: {'held' if holds else 'NOT held'}"
    )


def _starts(now: datetime) -> Iterator[str]:
    """Instants a millisecond apart: no answer that is kept is the answer to another of them."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS)
    for number in count():
        yield (midnight + timedelta(milliseconds=number)).isoformat(timespec="milliseconds")


def _get(client: httpx.Client, url: str, starts: Iterator[str]) -> None:
    client.get(f"{url}&startDate={quote(next(starts))}").raise_for_status()
