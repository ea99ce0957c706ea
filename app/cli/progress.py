"""Progress on standard error, and bulk work's terms with the garbage collector."""

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

Advance: TypeAlias = Callable[[float, int], None]
"""Told how much is done, in the total's unit, and how many events that is."""

Phase: TypeAlias = Callable[[str], None]
"""Told what is being done now."""


@contextmanager
def progress_bar(title: str, total: float) -> Generator[tuple[Advance, Phase]]:
    """A bar while inside; nothing is drawn where no person watches."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]:,} events"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task(title, total=total, events=0)

        def advance(done: float, events: int) -> None:
            progress.update(task, completed=done, events=events)

        def phase(name: str) -> None:
            progress.update(task, description=name)

        yield advance, phase


def collect_garbage_seldom() -> None:
    """Makes the collector look for cycles seldom: bulk work makes many things and few cycles.

    At its usual pace it takes longer than the work.
    """
    gc.freeze()
    gc.set_threshold(500_000, 20, 20)
