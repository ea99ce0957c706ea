"""The program itself in processes of its own, on free ports of loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

PATIENCE_SECONDS: Final = 60


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(directory: Path, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a program whose data is in the directory."""
    inherited = {name: value for name, value in os.environ.items() if "ROSETTA" not in name}
    return {**inherited, "ROSETTA_DATA_DIR": str(directory), **(changes or {})}


@contextmanager
def running(
    arguments: Sequence[str], directory: Path, changes: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[str]]:
    """The program with these arguments, until left; then it is asked to stop."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        env=environment(directory, changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        if process.stdout is not None:
            process.stdout.close()


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line that the program prints."""
    return "" if process.stdout is None else process.stdout.readline()


def command(arguments: Sequence[str], directory: Path) -> str:
    """What the program prints with these arguments; it must succeed."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment(directory),
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    ).stdout


def wait_until_ready(base_url: str) -> None:
    """Returns once the server answers that it is ready."""
    wait_until_answered(f"{base_url}/readyz")


def wait_until_answered(url: str) -> None:
    """Returns once there is an answer without an error at that address."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(f"{url} does not answer.")
