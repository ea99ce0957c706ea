"""Builds the example of a frontend, and checks its types against the committed schema.

Run from the repository's root, `python -m tools.example` builds it when a source has changed, and
`python -m tools.example check` checks its types, too.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.node import Toolchain, ToolError, digest, get_toolchain, install_all_packages, read, run

_ROOT: Final = Path(__file__).resolve().parents[1]
EXAMPLE: Final = _ROOT / "examples" / "dashboard"
_SCHEMA: Final = _ROOT / "schema" / "schema.graphql"
_CONFIGURED: Final = ("package.json", "package-lock.json", "codegen.ts", "vite.config.ts")
_GENERATED: Final = "graphql"


def main() -> int:
    """Exit status: 0 when the example is whole, 1 with the tool's words when it is not."""
    try:
        sys.stdout.write(f"example: {build()}\n")
        if sys.argv[1:] == ["check"]:
            run_tool(get_toolchain(), "typescript/bin/tsc", "--noEmit")
            sys.stdout.write("example: every type fits\n")
    except ToolError as error:
        sys.stderr.write(f"example: {error}\n")
        return 1
    return 0


def build() -> str:
    """One line on what was done; raises ToolError when a step fails."""
    stamp = digest(_sources(), _ROOT)
    mark = EXAMPLE / "dist" / "stamp"
    if read(mark) == stamp:
        return "up to date"
    started = time.monotonic()
    tools = get_toolchain()
    install_all_packages(tools, EXAMPLE)
    run_tool(tools, "@graphql-codegen/cli/esm/bin.js")
    run_tool(tools, "vite/bin/vite.js", "build", "--logLevel", "error")
    mark.write_text(stamp)
    return f"types generated and page built in {time.monotonic() - started:.1f} s"


def run_tool(tools: Toolchain, script: str, *arguments: str) -> str:
    """What a script of the example's packages prints; raises ToolError when it fails."""
    return run([str(tools.node), f"node_modules/{script}", *arguments], EXAMPLE)


def _sources() -> Iterator[Path]:
    yield _SCHEMA
    yield from (EXAMPLE / name for name in (*_CONFIGURED, "index.html", "tsconfig.json"))
    written = (path for path in (EXAMPLE / "src").rglob("*") if path.is_file())
    yield from sorted(path for path in written if path.parent.name != _GENERATED)


if __name__ == "__main__":
    sys.exit(main())
