"""The command as a program of its own: its exit status, its output, its server."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.support.import_lines import numbered_row, write_lines

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"ROSETTA_DATA_DIR": str(tmp_path / "data")}


def rosetta(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """`rosetta demo --serve` on a free port."""
    command = ["demo", "--events", "600", "--serve", "--port", "0", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "app", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_wrong_setting_stops_the_start_with_a_sentence_that_names_it(
    environment: dict[str, str],
) -> None:
    failed = rosetta(environment | {"ROSETTA_INGEST_BUFFER_EVENTS": "-1"}, "serve", "--port", "0")
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("rosetta: ROSETTA_INGEST_BUFFER_EVENTS has a wrong value: ")
    assert failed.stderr.count("\n") == 1


def test_schema_is_printed_whole(environment: dict[str, str]) -> None:
    printed = rosetta(environment, "schema")
    assert printed.returncode == 0
    assert "type Query {" in printed.stdout
    in_json = rosetta(environment, "schema", "--json")
    assert orjson.loads(in_json.stdout)["sdl"].rstrip("\n") == printed.stdout.rstrip("\n")


def test_served_demo_answers_its_own_examples_and_takes_an_import(
    environment: dict[str, str], server: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert server.stdout is not None
    demo = orjson.loads(server.stdout.readline())
    answers = {
        title: orjson.loads(subprocess.check_output([*shlex.split(command), "-s"], timeout=20))
        for title, command in demo["examples"].items()
    }
    tracked, events, numbers, asked = answers.values()
    assert tracked.keys() >= {"deviceId", "sessionId"}
    assert events["data"][0]["name"] == "my_event"
    assert events["data"][0]["properties"]["foo"] == "bar"
    assert numbers["metrics"]["unique_visitors"] > 10
    values = asked["data"]["project"]["totals"]["values"]
    assert [value["value"] > 0 for value in values] == [True, True]

    rows = (row | {"profileId": row["deviceId"]} for row in map(numbered_row, range(300)))
    file = write_lines(tmp_path / "e.ndjson", rows)
    imported = rosetta(environment, "import", str(file), "--project", "demo", "--json")
    assert orjson.loads(imported.stdout)["imported"] == 300
    reading = demo["examples"]["Read the newest events"]
    command = shlex.split(reading.replace("limit=5", "limit=5&event=screen_view&profileId=d3"))
    after = orjson.loads(subprocess.check_output([*command, "-s"], timeout=20))
    assert after["meta"]["totalCount"] == len(range(3, 300, 7))

    second = rosetta(environment, "serve", "--port", "0")
    assert second.returncode == 1
    assert "in use by another process" in second.stderr
