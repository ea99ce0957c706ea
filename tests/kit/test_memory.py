"""What the process is told of its memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.kit import memory
from app.kit.memory import resident_bytes

_SIZE = 64 << 20


def test_memory_that_is_used_is_resident_where_the_system_tells() -> None:
    before = resident_bytes()
    used = bytearray(b"x") * _SIZE
    now = resident_bytes()
    if sys.platform == "linux":
        assert now - before >= len(used) // 2
    else:
        assert now == 0


def test_a_system_that_tells_it_elsewhere_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(memory, "_STATM", tmp_path / "missing")
    assert resident_bytes() == 0


_ALLOCATING = """
import ctypes, re, sys, threading
from app.kit.memory import use_one_arena

if len(sys.argv) > 1:
    use_one_arena()
ready = threading.Barrier(5)

def allocate():
    held = [bytearray(2_000) for _ in range(100)]
    ready.wait()

threads = [threading.Thread(target=allocate) for _ in range(4)]
for each in threads:
    each.start()
ready.wait()
library = ctypes.CDLL(None)
if hasattr(library, "malloc_info"):
    library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
    library.fflush(None)
"""


def arenas(*words: str) -> int:
    """From how many places the threads of such a process allocate; 0 where nothing tells."""
    told = subprocess.run(
        [sys.executable, "-c", _ALLOCATING, *words], capture_output=True, check=True, text=True
    )
    return told.stdout.count("<heap nr=")


def test_threads_allocate_from_one_arena_where_there_are_several() -> None:
    assert arenas("one") == min(arenas(), 1)
