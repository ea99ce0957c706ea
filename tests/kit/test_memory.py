"""What the process is told of its memory."""

import sys

import pytest

from app.kit.memory import resident_bytes

_SIZE = 64 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it in this place")
def test_memory_that_is_used_is_resident() -> None:
    before = resident_bytes()
    used = bytearray(b"x") * _SIZE
    assert resident_bytes() - before >= len(used) // 2
