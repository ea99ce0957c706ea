"""Builds the browser's files into web/dist, when a source has changed since the last build.

Run as `python -m web.build` from the repository's root.
"""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.node import ToolError, digest, get_toolchain, install_packages, read, run

WEB = Path(__file__).resolve().parent
DIST = WEB / "dist"


def main() -> int:
    """Exit status: 0 when web/dist is up to date, 1 with a sentence on stderr when it is not."""
    try:
        print(f"web: {build()}")
    except ToolError as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    return 0


def build() -> str:
    """One line on what was done; raises ToolError when a step fails."""
    stamp = digest(sources(), WEB)
    if read(DIST / "stamp") == stamp:
        return "up to date"
    started = time.monotonic()
    tools = get_toolchain()
    install_packages(tools, WEB)
    fresh = WEB / "dist.new"
    shutil.rmtree(fresh, ignore_errors=True)
    summary = run([str(tools.node), "build.mjs", str(fresh)], WEB).strip()
    (fresh / "stamp").write_text(stamp)
    shutil.rmtree(DIST, ignore_errors=True)
    fresh.rename(DIST)
    return f"built {summary} in {time.monotonic() - started:.1f} s"


def sources() -> Iterator[Path]:
    """Every file that the bundle is made of."""
    yield from (WEB / "package.json", WEB / "package-lock.json", WEB / "build.mjs")
    yield from sorted(path for path in (WEB / "src").rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
