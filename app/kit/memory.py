"""How much memory the process has."""

import os
from pathlib import Path
from typing import Final

_STATM: Final = Path("/proc/self/statm")
_RESIDENT: Final = 1


def resident_bytes() -> int:
    """The resident memory of this process; 0 where the system doesn't tell it this way."""
    try:
        pages = _STATM.read_bytes().split()[_RESIDENT]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
