"""Lists and grouped aggregates beside PostGraphile 5 over PostgreSQL, with the same events."""

import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx

from bench.copying import copy_events, settle
from bench.dataset import demo_client, demo_installation
from bench.postgresql import serving_postgresql
from bench.server import Installation, free_port, wait_for
from bench.timing import median_ms
from tools.node import get_wheel_toolchain, install_packages, running

_POSTGRAPHILE: Final = Path(__file__).resolve().parent / "postgraphile"
_FIELDS: Final = (
    "name createdAt profileId deviceId sessionId path origin referrer referrerName "
    "country city os browser device duration"
)
_DAYS: Final = timedelta(days=60)
_SUMS: Final = (
    "metrics: [{metric: SUM, of: {field: DURATION}}, {metric: SUM, of: {field: REVENUE}}]"
)

Facts = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """The same asked of both, and what makes both answers alike."""

    name: str
    rosetta: str
    postgraphile: str
    facts_of_rosetta: Callable[[Any], Facts]
    facts_of_postgraphile: Callable[[Any], Facts]


def _ranges() -> Iterator[dict[str, Any]]:
    """Ranges that hold every event and differ by a millisecond."""
    to = datetime.now(UTC)
    start = (to - _DAYS).isoformat()
    for step in count():
        yield {"between": {"from": start, "to": (to + timedelta(milliseconds=step)).isoformat()}}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that answers GraphQL over one connection that is kept."""

    url: str
    client: httpx.Client
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    ranges: Iterator[dict[str, Any]] = field(default_factory=_ranges)

    def ask(self, document: str) -> Any:  # noqa: ANN401  Whatever the document asks for.
        """The data of the answer; raises where there are errors."""
        told = self.load(document).json()
        if "errors" in told:
            raise ValueError(told["errors"])
        return told["data"]

    def load(self, document: str) -> httpx.Response:
        """Asks, and reads no more than the bytes.

        No range is asked for twice, so that an answer that was kept is of no use.
        """
        asked: dict[str, Any] = {"query": document}
        if "$range" in document:
            asked["variables"] = {"range": next(self.ranges)}
        answer = self.client.post(self.url, json=asked, headers=dict(self.headers))
        answer.raise_for_status()
        return answer


def _listing(first: int) -> Question:
    return Question(
        f"{first:,} events by 15",
        'query ($range: RangeInput!) { project(id: "demo") '
        f"{{ events(first: {first}, range: $range) {{ nodes {{ {_FIELDS} }} }} }} }}",
        f"{{ allEvents(first: {first}, orderBy: [CREATED_AT_DESC]) {{ nodes {{ {_FIELDS} }} }} }}",
        lambda data: _times(data["project"]["events"]["nodes"]),
        lambda data: _times(data["allEvents"]["nodes"]),
    )


def _times(nodes: list[dict[str, Any]]) -> Facts:
    # Seconds: the two write fractions differently, and order those of one instant differently.
    return sorted((node["createdAt"][:19],) for node in nodes)


def _grouping(name: str, by: tuple[str, ...]) -> Question:
    dimensions = ", ".join(f"{{field: {one}}}" for one in by)
    return Question(
        name,
        'query ($range: RangeInput!) { project(id: "demo") '
        f"{{ breakdown(by: [{dimensions}], {_SUMS}, range: $range, first: 1000) "
        "{ rows { key values } } } }",
        f"{{ allEvents {{ groupedAggregates(groupBy: [{', '.join(by)}]) "
        "{ keys sum { duration revenue } } } }",
        lambda data: sorted(
            (*(key or "" for key in row["key"]), *map(int, row["values"]))
            for row in data["project"]["breakdown"]["rows"]
        ),
        _grouped,
    )


def _grouped(data: Any) -> Facts:  # noqa: ANN401  The answer's own shape.
    return sorted(
        (*(key or "" for key in row["keys"]), *_sums(row))
        for row in data["allEvents"]["groupedAggregates"]
    )


def _sums(row: dict[str, Any]) -> tuple[int, int]:
    return int(row["sum"]["duration"]), int(row["sum"]["revenue"])


def _by_day() -> Question:
    return Question(
        "sums by day",
        'query ($range: RangeInput!) { project(id: "demo") '
        f'{{ timeseries({_SUMS}, range: $range, interval: DAY, timezone: "UTC") '
        "{ buckets series { points } } } }",
        "{ allEvents { groupedAggregates(groupBy: [CREATED_AT_TRUNCATED_TO_DAY]) "
        "{ keys sum { duration revenue } } } }",
        _days_of_rosetta,
        lambda data: sorted(
            (row["keys"][0][:10], *_sums(row)) for row in data["allEvents"]["groupedAggregates"]
        ),
    )


def _days_of_rosetta(data: Any) -> Facts:  # noqa: ANN401  The answer's own shape.
    series = data["project"]["timeseries"]
    durations, revenues = (one["points"] for one in series["series"])
    days = zip(series["buckets"], durations, revenues, strict=True)
    return [
        (day[:10], int(duration or 0), int(revenue or 0))
        for day, duration, revenue in days
        if duration or revenue
    ]


QUESTIONS: Final = (
    _listing(1_000),
    _listing(10_000),
    _grouping("sums by country", ("COUNTRY",)),
    _grouping("sums by path", ("PATH",)),
    _grouping("by country, device", ("COUNTRY", "DEVICE")),
    _by_day(),
)


def measure(installation: Installation, events: int) -> None:
    """Prints the time of each question of both, and the ratio; raises if the answers differ."""
    demo = Installation(installation.data_dir / "demo")
    shutil.copytree(demo_installation(events).data_dir, demo.data_dir)
    settle(demo.data_dir / "events.duckdb")
    with (
        serving_postgresql(installation.data_dir / "postgresql") as database,
        # Neither compresses: that is the business of what stands in front of both.
        httpx.Client(timeout=120, headers={"accept-encoding": "identity"}) as client,
    ):
        copied = copy_events(demo.data_dir / "events.duckdb", database)
        print(f"PostGraphile over PostgreSQL beside Rosetta over DuckDB: {copied:,} events in both")
        headers = demo_client(demo)
        with demo.serving() as base_url, _serving_postgraphile(database) as peer_url:
            rosetta = Endpoint(f"{base_url}/graphql", client, headers)
            peer = Endpoint(peer_url, client)
            _compare(rosetta, peer)


def _compare(rosetta: Endpoint, peer: Endpoint) -> None:
    print(f"{'question':<20}{'Rosetta ms':>12}{'PostGraphile ms':>18}{'times faster':>14}")
    for question in QUESTIONS:
        ours = question.facts_of_rosetta(rosetta.ask(question.rosetta))
        theirs = question.facts_of_postgraphile(peer.ask(question.postgraphile))
        if ours != theirs:
            raise AssertionError(f"{question.name}: the answers differ.")
        own = median_ms(partial(rosetta.load, question.rosetta))
        other = median_ms(partial(peer.load, question.postgraphile))
        print(f"{question.name:<20}{own:>12.1f}{other:>18.1f}{other / own:>14.1f}")


@contextmanager
def _serving_postgraphile(database: str) -> Generator[str]:
    # It asks for a newer Node than the rest does.
    tools = get_wheel_toolchain()
    install_packages(tools, _POSTGRAPHILE)
    port = free_port()
    command = [str(tools.node), "server.mjs", str(port), database]
    production = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    with running(command, _POSTGRAPHILE, production):
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/graphql"
