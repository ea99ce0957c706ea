"""What the process is told of its memory."""

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
