"""Pictures and files of exports over HTTP: how long they take, and what memory they need."""

import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from bench.dataset import demo_installation
from bench.server import Installation

_BASE: Final = "/api/projects/@current"
_RUNS: Final = 9
_PAGE: Final = {"kind": "EventsNode", "event": "$pageview"}
_LINES: Final = {
    "kind": "TrendsQuery",
    "interval": "day",
    "dateRange": {"date_from": "-89d"},
    "series": [_PAGE],
    "breakdownFilter": {"breakdown": "$browser", "breakdown_limit": 5},
}
_EVENTS: Final = {"kind": "EventsQuery", "after": "all", "orderBy": ["timestamp ASC"]}


@dataclass(frozen=True, slots=True)
class _Desk:
    """A client of a running server, and the server's process."""

    client: httpx.Client
    pid: int

    def insight(self, source: dict[str, Any]) -> int:
        """The number of a new insight."""
        body = {"name": "Bench", "query": {"kind": "InsightVizNode", "source": source}}
        answer = self.client.post(f"{_BASE}/insights/", json=body).raise_for_status()
        return int(answer.json()["id"])

    def export(self, **order: object) -> dict[str, Any]:
        """The export when it is finished."""
        answer = self.client.post(f"{_BASE}/exports/", json=order).raise_for_status()
        export: dict[str, Any] = answer.json()
        while not export["has_content"] and not export["exception"]:
            time.sleep(0.02)
            found = self.client.get(f"{_BASE}/exports/{export['id']}/").raise_for_status()
            export = found.json()
        if export["exception"]:
            raise RuntimeError(export["exception"])
        return export

    def seconds(self, **order: object) -> tuple[float, float]:
        """The time until such an export is finished: of the first one, and the others' median."""
        times: list[float] = []
        for _ in range(1 + _RUNS):
            started = time.perf_counter()
            self.export(**order)
            times.append(time.perf_counter() - started)
        return times[0], statistics.median(times[1:])

    def processes(self) -> list[int]:
        """The server's process and those that it has started, such as the one that draws."""
        found = [self.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        return found

    def peak_mb(self) -> float:
        """The most memory that each of the processes ever had resident, together."""
        return sum(map(_peak_mb, self.processes()))

    def forget_peak(self) -> float:
        """The memory resident now, from which the peak is measured anew."""
        for pid in self.processes():
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        return self.peak_mb()


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def measure_pictures(_: Installation, events: int) -> None:
    """Prints the time of pictures, and the time and the memory growth of a file of all events."""
    with tempfile.TemporaryDirectory(prefix="rosetta-bench-") as folder:
        own = Installation(Path(folder) / "data")
        shutil.copytree(demo_installation(events).data_dir, own.data_dir)
        # A demo that was kept from before may lack insights; this adds no events.
        own.command("demo")
        key = own.command("api-key", "create", "--project", "demo", "--scope", "*")["key"]
        headers = {"authorization": f"Bearer {key}"}
        with (
            own.running() as (base_url, pid),
            httpx.Client(base_url=base_url, headers=headers, timeout=600) as client,
        ):
            _print_pictures(_Desk(client, pid))
            _print_files(_Desk(client, pid))


def _print_pictures(desk: _Desk) -> None:
    insight = desk.insight(_LINES)
    boards = desk.client.get(f"{_BASE}/dashboards/").raise_for_status().json()["results"]
    before = desk.forget_peak()
    print(f"{'pictures':<32}{'first s':>10}{'median s':>10}")
    for name, order in (
        ("line, 5 series x 90 days, PNG", {"export_format": "image/png", "insight": insight}),
        ("the same, SVG", {"export_format": "image/svg+xml", "insight": insight}),
        ("the same, PDF", {"export_format": "application/pdf", "insight": insight}),
        ("dashboard of 6 tiles, PNG", {"export_format": "image/png", "dashboard": boards[0]["id"]}),
    ):
        first, median = desk.seconds(**order)
        print(f"{name:<32}{first:>10.2f}{median:>10.2f}")
    growth = desk.peak_mb() - before
    print(f"memory grew by {growth:.0f} MB, with the process that draws")


def _print_files(desk: _Desk) -> None:
    print(f"{'events':<10}{'seconds':>10}{'rows':>12}{'MB':>8}{'rows/s':>12}{'memory MB':>12}")
    for name, export_format in (("CSV", "text/csv"), ("NDJSON", "application/x-ndjson")):
        # The first questions fill the engine's own caches, which are bounded by themselves.
        desk.export(
            export_format=export_format, export_context={"source": {**_EVENTS, "after": "-1d"}}
        )
        before = desk.forget_peak()
        started = time.perf_counter()
        export = desk.export(export_format=export_format, export_context={"source": _EVENTS})
        seconds = time.perf_counter() - started
        rows, size = export["row_count"], export["size_bytes"] / 1e6
        growth = desk.peak_mb() - before
        print(
            f"{name:<10}{seconds:>10.1f}{rows:>12,}{size:>8.0f}{rows / seconds:>12,.0f}"
            f"{growth:>12.0f}"
        )
