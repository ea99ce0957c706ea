"""Fetches the reference data of reference/package.json, when the lock has changed since.

Run as `python -m tools.reference` from the repository's root.
"""

import sys
import time
from pathlib import Path
from typing import Final

from tools.node import ToolError, get_toolchain, install_packages, is_filled

REFERENCE: Final = Path(__file__).resolve().parents[1] / "reference"


def main() -> int:
    """Exit status: 0 when the data is there, 1 with a sentence on stderr when it is not."""
    try:
        sys.stdout.write(f"reference: {fetch(REFERENCE)}\n")
    except ToolError as error:
        sys.stderr.write(f"reference: {error}\n")
        return 1
    return 0


def fetch(folder: Path) -> str:
    """One line on what was done; raises ToolError when a step fails."""
    if is_filled(folder):
        return "up to date"
    started = time.monotonic()
    sys.stdout.write("reference: fetching places and referrers (about 65 MB)\n")
    sys.stdout.flush()
    install_packages(get_toolchain(), folder)
    return f"fetched in {time.monotonic() - started:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
