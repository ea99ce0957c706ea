"""How much memory a process and all that it started take, sampled while they run."""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_EVERY_SECONDS: Final = 0.1
_PROCESSES: Final = Path("/proc")


@dataclass(slots=True)
class Footprint:
    """The most that was taken at once, in bytes; memory that processes share counts once."""

    peak: int = 0


@contextmanager
def footprint_of(pid: int) -> Generator[Footprint]:
    """Watches the process and its children while inside; needs Linux, and sees 0 elsewhere."""
    found, ended = Footprint(), threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY_SECONDS):
            found.peak = max(found.peak, sum(map(_proportional, _family(pid))))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        ended.set()
        watcher.join()


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in (_PROCESSES / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))
    except OSError:
        # It ended meanwhile.
        return


def _proportional(pid: int) -> int:
    try:
        lines = (_PROCESSES / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    (line,) = [line for line in lines if line.startswith("Pss:")]
    return int(line.split()[1]) << 10
