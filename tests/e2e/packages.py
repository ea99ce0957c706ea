"""Installs the npm packages that the tests drive, from the locks of their folders.

Run as `python -m tests.e2e.packages`.
"""

import sys
from pathlib import Path
from typing import Final

from tools.node import ToolError, get_toolchain, install_packages

HERE: Final = Path(__file__).resolve().parent
SDK: Final = HERE / "sdk"
"""The official SDKs of OpenPanel, and Mixpanel's for Node."""
CLIENTS: Final = HERE / "clients"
"""Clients of GraphQL, and what checks a server of it."""


def main() -> int:
    """Exit status: 0 when the packages are there, 1 with a sentence when they are not."""
    for folder in (SDK, CLIENTS):
        try:
            install_packages(get_toolchain(), folder)
        except ToolError as error:
            sys.stderr.write(f"{folder.name}: {error}\n")
            return 1
        sys.stdout.write(f"{folder.name}: the packages are installed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
