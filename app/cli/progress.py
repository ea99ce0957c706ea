"""Progress on standard error, and bulk work's terms with the interpreter."""

import gc
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, TypeAlias

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

_TURN_SECONDS: Final = 0.0005

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


def work_in_bulk() -> None:
    """Makes the collector look for cycles seldom, and threads take turns often.

    Bulk work makes many things and few cycles: at the collector's usual pace, looking for
    those takes longer than the work. And whoever has journalled, or waits for the engine, has
    little to do with the interpreter, but would wait five milliseconds for it each time.
    """
    gc.freeze()
    gc.set_threshold(500_000, 20, 20)
    sys.setswitchinterval(_TURN_SECONDS)
