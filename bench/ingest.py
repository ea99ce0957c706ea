"""Tracking against a no-op endpoint, and importing against the engine's own reading."""

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from bench.footprint import footprint_of
from bench.load import Answered, Load, measure, tracked_bodies
from bench.server import Installation, free_port, wait_for
from bench.traffic import demo_file

_BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)


def measure_ingest(installation: Installation, events: int) -> None:
    """Prints both ratios, and what stands beside them."""
    measure_tracking(installation)
    _importing(installation, events)


def measure_tracking(installation: Installation) -> None:
    """Prints how many events a second are acknowledged, against a no-op's answers."""
    installation.command("project", "create", "track")
    client = installation.command("client", "create", "--project", "track", "--type", "write")
    headers = [
        ("openpanel-client-id", client["clientId"]),
        ("openpanel-client-secret", client["clientSecret"]),
        ("user-agent", _BROWSER),
        ("x-client-ip", "8.8.8.8"),
    ]
    bodies = tracked_bodies(6_400)
    nothing = _noop(installation, headers, bodies)
    with installation.serving() as base_url:
        port = int(base_url.rpartition(":")[2])
        tracked = measure(Load(port=port, path="/track", headers=headers, bodies=bodies))
    _tell("no-op", nothing)
    _tell("track", tracked)
    print(f"track / no-op: {tracked.per_second / nothing.per_second:.2f}")


def _noop(
    installation: Installation, headers: list[tuple[str, str]], bodies: list[bytes]
) -> Answered:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.noop", str(port)], env=installation.environment
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/track")
        return measure(Load(port=port, path="/track", headers=headers, bodies=bodies))
    finally:
        server.terminate()
        server.wait()


def _tell(name: str, answered: Answered) -> None:
    print(
        f"{name}: {answered.per_second:,.0f}/s, p50 {answered.p50_ms:.1f} ms, "
        f"p99 {answered.p99_ms:.1f} ms, {answered.accepted:.2%} accepted"
    )


def _importing(installation: Installation, events: int) -> None:
    source = demo_file(installation, events)
    engine = _engine_seconds(source, installation.data_dir / "raw.duckdb")
    installation.command("project", "create", "import")
    words = [sys.executable, "-m", "app", "import", str(source), "--project", "import", "--json"]
    started = time.perf_counter()
    command = subprocess.Popen(words, env=installation.environment, stdout=subprocess.PIPE)
    with footprint_of(command.pid) as footprint:
        answer = json.loads(command.communicate()[0])
    seconds = time.perf_counter() - started
    memory = footprint.peak / 1e6
    print(json.dumps({"imported": answer["imported"], "seconds": round(seconds, 1)}))
    print(
        f"import: {answer['imported'] / seconds:,.0f} events/s, {memory:,.0f} MB in all processes"
    )
    print(f"read_json: {events / engine:,.0f} events/s; import / read_json: {engine / seconds:.3f}")


def _engine_seconds(source: Path, target: Path) -> float:
    started = time.perf_counter()
    with duckdb.connect(str(target)) as database:
        database.execute("CREATE TABLE events AS SELECT * FROM read_json(?)", [str(source)])
    return time.perf_counter() - started
