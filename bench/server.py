"""A real server on loopback, and the command line, for measuring them from outside."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Installation:
    """A data folder, and the commands that work on it."""

    data_dir: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that commands run with: no limits stand in the way of measuring."""
        return {
            **os.environ,
            "ROSETTA_DATA_DIR": str(self.data_dir),
            "ROSETTA_RATE_LIMITS": "false",
            "ROSETTA_LOG_LEVEL": "WARNING",
        }

    def command(self, *arguments: str) -> Any:  # noqa: ANN401  Whatever JSON the command prints.
        """What `rosetta … --json` answers."""
        finished = subprocess.run(
            [sys.executable, "-m", "app", *arguments, "--json"],
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
        )
        return json.loads(finished.stdout)

    @contextmanager
    def serving(self) -> Generator[str]:
        """The base URL of a server that runs while inside."""
        with self.running() as (base_url, _):
            yield base_url

    @contextmanager
    def running(self) -> Generator[tuple[str, int]]:
        """The base URL of a server that runs while inside, and the id of its process."""
        port = free_port()
        arguments: Sequence[str] = ("serve", "--port", str(port))
        server = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            base_url = f"http://127.0.0.1:{port}"
            wait_for(f"{base_url}/readyz")
            yield base_url, server.pid
        finally:
            server.terminate()
            server.wait(START_SECONDS)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    """Returns once the server there answers without an error of its own."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if not httpx.get(url).is_server_error:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(f"{url} does not answer.")
