"""The program itself in processes of its own, on free ports of loopback."""

import asyncio
import multiprocessing
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, TextIO

import httpx

PATIENCE_SECONDS: Final = 60

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of loopback: reading the certificates of the world takes longer than a test."""

_FORKING: Final = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.support.warmed"])


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


@contextmanager
def forked(
    arguments: Sequence[str], directory: Path, changes: Mapping[str, str] | None = None
) -> Generator[BaseProcess]:
    """Like `running`, silently, in a fork of a process that has read the code already.

    For tests that start the program many times: reading it takes most of a start.
    """
    process = _fork(arguments, environment(directory, changes), os.devnull)
    try:
        yield process
    finally:
        process.terminate()
        process.join(PATIENCE_SECONDS)


def _fork(arguments: Sequence[str], variables: Mapping[str, str], output: str) -> BaseProcess:
    process = _FORKING.Process(target=_run, args=(list(arguments), variables, output), daemon=True)
    process.start()
    return process


def _run(arguments: Sequence[str], variables: Mapping[str, str], output: str) -> None:
    from app.cli import main  # noqa: PLC0415 — only in the fork.

    os.environ.clear()
    os.environ.update(variables)
    os.dup2(os.open(output, os.O_WRONLY), sys.stdout.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.argv = ["rosetta", *arguments]
    main()


def working(work: Callable[[], Coroutine[Any, Any, None]]) -> BaseProcess:
    """A process that does the work, a fork like `forked`; whoever asked for it ends it.

    `work` must be picklable, such as a partial of a function of a module.
    """
    process = _FORKING.Process(target=_work, args=(work,), daemon=True)
    process.start()
    return process


def _work(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


@dataclass(frozen=True, slots=True)
class Speaker:
    """A process, and what it prints."""

    process: BaseProcess
    stdout: TextIO


@contextmanager
def speaking(work: Callable[[], Coroutine[Any, Any, None]]) -> Generator[Speaker]:
    """Does the work like `working`, until left; then it is killed."""
    ours, theirs = _FORKING.Pipe(duplex=False)
    process = _FORKING.Process(target=_speak, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        with os.fdopen(os.dup(ours.fileno()), encoding="utf-8") as stdout:
            yield Speaker(process, stdout)
    finally:
        ours.close()
        process.kill()
        process.join(PATIENCE_SECONDS)


def _speak(work: Callable[[], Coroutine[Any, Any, None]], pipe: "Connection[Any, Any]") -> None:
    os.dup2(pipe.fileno(), sys.stdout.fileno())
    asyncio.run(work())


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line that the program prints."""
    return "" if process.stdout is None else process.stdout.readline()


def command(arguments: Sequence[str], directory: Path) -> str:
    """What the program prints with these arguments, in a fork; it must succeed."""
    with tempfile.NamedTemporaryFile() as printed:
        process = _fork(arguments, environment(directory), printed.name)
        process.join(PATIENCE_SECONDS)
        if process.exitcode != 0:
            raise ChildProcessError(f"{arguments} ended with {process.exitcode}.")
        return Path(printed.name).read_text(encoding="utf-8")


def wait_until_ready(base_url: str) -> None:
    """Returns once the server answers that it is ready."""
    wait_until_answered(f"{base_url}/readyz")


def wait_until_answered(url: str) -> None:
    """Returns once there is an answer without an error at that address."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with httpx.Client(verify=NO_TLS) as client:
        while time.monotonic() < deadline:
            try:
                if client.get(url).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
    raise TimeoutError(f"{url} does not answer.")
