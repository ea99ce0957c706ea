"""The shape of an answer in the making."""

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias, TypeVar

from app.analytics.sql.build import Prepared, Statement

Rows: TypeAlias = Sequence[Sequence[Any]]

Result = TypeVar("Result")

Steps: TypeAlias = Generator[tuple[Statement | Prepared, ...], Sequence[Rows], Result]
"""Yields statements that may run side by side, is sent their rows, returns the result."""
