"""Identifiers: random ones for new things, name-based ones for derived things."""

import secrets
import time
import uuid
from collections.abc import Callable
from typing import Final, TypeAlias

IdSource: TypeAlias = Callable[[], str]
"""Makes a new unique identifier at each call."""

_NAMESPACE: Final = uuid.UUID("5b1c1f5e-8f0f-4d5e-9d39-6f1f7c1b7a10")


def time_ordered_id() -> str:
    """A new UUID version 7: unique, and sorting roughly by the time it was made.

    Source: RFC 9562 §5.7. Python offers it from 3.14 on; this is the same layout.
    """
    unix_ms = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(74)
    value = (unix_ms & (1 << 48) - 1) << 80
    value |= 0x7 << 76
    value |= (random_bits >> 62) << 64
    value |= 0b10 << 62
    value |= random_bits & (1 << 62) - 1
    return str(uuid.UUID(int=value))


def derived_id(*parts: str) -> str:
    """The UUID that these parts always give: one fact keeps one id across retries."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))
