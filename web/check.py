"""Checks the types of the browser's sources.

Run as `python -m web.check` from the repository's root.
"""

import sys

from tools.node import ToolError, get_toolchain, install_all_packages, run
from web.build import WEB


def main() -> int:
    """Exit status: 0 when every type fits, 1 with the compiler's words when one does not."""
    try:
        tools = get_toolchain()
        install_all_packages(tools, WEB)
        run([str(tools.node), "node_modules/typescript/bin/tsc", "--noEmit"], WEB)
    except ToolError as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    print("web: every type fits")
    return 0


if __name__ == "__main__":
    sys.exit(main())
