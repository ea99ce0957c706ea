"""Identifiers: random ones for new things, name-based ones for derived things."""

import hashlib
import os
import time
import uuid
from collections.abc import Callable
from typing import Final, TypeAlias

IdSource: TypeAlias = Callable[[], str]
"""Makes a new unique identifier at each call."""

_NAMESPACE: Final = uuid.UUID("5b1c1f5e-8f0f-4d5e-9d39-6f1f7c1b7a10")

_VARIANTS: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""A digit with the two bits in front that tell the variant of a UUID."""

_RANDOM_BYTES: Final = 10
_DRAWN_AT_ONCE: Final = 256
_drawn: Final[list[str]] = []


def _random_end() -> str:
    """What follows the time in a UUID version 7: its version, its variant, random bits.

    Many are drawn at once: each call of the system lets another thread take the interpreter.
    Taking one out of a list is atomic, so no two callers get the same.
    """
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            block = os.urandom(_RANDOM_BYTES * _DRAWN_AT_ONCE)
            _drawn.extend(
                _end_of(int.from_bytes(block[start : start + _RANDOM_BYTES]))
                for start in range(0, len(block), _RANDOM_BYTES)
            )


def _end_of(random_bits: int) -> str:
    value = 0x7 << 76
    value |= (random_bits >> 68) << 64
    value |= 0b10 << 62
    value |= random_bits & (1 << 62) - 1
    digits = f"{value:020x}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def _forget_drawn() -> None:
    """Keeps a forked process from using what its parent uses."""
    _drawn.clear()


os.register_at_fork(after_in_child=_forget_drawn)


def time_ordered_id() -> str:
    """A new UUID version 7: unique, and sorting roughly by the time it was made.

    Source: RFC 9562 §5.7. Python offers it from 3.14 on; this is the same layout.
    """
    unix_ms = f"{time.time_ns() // 1_000_000:012x}"
    return f"{unix_ms[:8]}-{unix_ms[8:]}-{_random_end()}"


def derived_id(*parts: str) -> str:
    """The UUID that these parts always give: one fact keeps one id across retries.

    It is of version 5, made by hand: sessions have two, and the library takes thrice the time.
    Source: RFC 9562 §5.5.
    """
    seed = _NAMESPACE.bytes + "\x1f".join(parts).encode()
    digits = hashlib.sha1(seed, usedforsecurity=False).hexdigest()
    variant = _VARIANTS[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
