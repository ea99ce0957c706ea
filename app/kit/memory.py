"""How much memory the process has, and where it takes it from."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_STATM: Final = Path("/proc/self/statm")
_RESIDENT: Final = 1
_ARENAS: Final = -8
"""The C library's number for how many places threads allocate from."""


def resident_bytes() -> int:
    """The resident memory of this process; 0 where the system doesn't tell it this way."""
    try:
        pages = _STATM.read_bytes().split()[_RESIDENT]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def use_one_arena() -> None:
    """Lets all threads of this process, those to come, allocate from the same memory.

    By glibc's choice each thread has memory of its own, and what one has freed no other can
    use: work in bulk, which wanders from thread to thread, needs it several times over. Other
    C libraries go on as they do.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENAS, 1)
