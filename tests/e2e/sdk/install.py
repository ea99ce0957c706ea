"""Installs the official OpenPanel packages that the tests drive, from this folder's lock.

Run as `python -m tests.e2e.sdk.install`.
"""

import sys
from pathlib import Path

from tools.node import ToolError, get_toolchain, install_packages

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    """Exit status: 0 when the packages are there, 1 with a sentence when they are not."""
    try:
        install_packages(get_toolchain(), FOLDER)
    except ToolError as error:
        sys.stderr.write(f"sdk: {error}\n")
        return 1
    sys.stdout.write("sdk: the packages are installed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
