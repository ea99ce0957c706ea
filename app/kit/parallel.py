"""Pure work in other processes, its results in the order of what it was given."""

import gc
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, Generic, TypeVar

_GRACE_SECONDS: Final = 5.0

Given = TypeVar("Given")
Made = TypeVar("Made")

# Trap: a forked child would carry along the locks of the parent's threads.
_CONTEXT: Final = get_context("spawn")


class WorkerLostError(RuntimeError):
    """A worker process ended before its work was done."""


def spread(
    work: Callable[[Given], Made], given: Iterable[Given], processes: int
) -> Generator[Made]:
    """What `work` makes of each given thing, in their order, made in that many processes.

    `work`, what it takes and what it makes must be picklable. With no processes it is done
    here. `given` is asked in a thread, and only a little ahead of what is taken. An error of
    either is raised at its place in the order; a worker that is killed raises WorkerLostError.
    """
    if processes < 1:
        yield from map(work, given)
        return
    with ExitStack() as stack:
        lanes = [stack.enter_context(_lane(work)) for _ in range(processes)]
        feeder = _Feeder(given, lanes)
        stack.callback(feeder.stop)
        feeder.start()
        for lane in cycle(lanes):
            answer: _Result[Made] | _Failure | None = _received(lane)
            match answer:
                case _Result():
                    yield answer.made
                case _Failure():
                    raise answer.error
                case None:
                    feeder.join()
                    if feeder.error is not None:
                        raise feeder.error
                    return


@dataclass(frozen=True, slots=True)
class _Result(Generic[Made]):
    """Something that was made."""

    made: Made


@dataclass(frozen=True, slots=True)
class _Failure:
    """The error of a piece of work."""

    error: Exception


class _Feeder(threading.Thread):
    """Gives the workers their work in turn; a pipe that is full makes it wait."""

    def __init__(self, given: Iterable[Any], lanes: list["Connection[Any, Any]"]) -> None:
        super().__init__(name="feeder", daemon=True)
        self._given = given
        self._lanes = lanes
        self._stopping = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        turns = cycle(self._lanes)
        # A lane that is gone tells whoever receives from it.
        with suppress(OSError):
            try:
                for item in self._given:
                    if self._stopping.is_set():
                        return
                    next(turns).send((item,))
            except Exception as error:  # noqa: BLE001 — it is raised again where it is awaited.
                self.error = error
            for _ in self._lanes:
                next(turns).send(None)

    def stop(self) -> None:
        """Gives no more work; a send that is under way ends with its worker."""
        self._stopping.set()


@contextmanager
def _lane(work: Callable[[Any], Any]) -> Generator["Connection[Any, Any]"]:
    """A worker process, as the pipe to it. It ends by itself when the pipe breaks."""
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_work_on, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    except BaseException:
        # Nobody takes what it makes any more, so it would wait for ever to hand it over.
        process.kill()
        raise
    finally:
        process.join(_GRACE_SECONDS)
        ours.close()


def _work_on(work: Callable[[Any], Any], lane: "Connection[Any, Any]") -> None:
    # Work in bulk makes many things and few cycles: looking for those at the usual pace
    # takes longer than the work.
    gc.freeze()
    gc.set_threshold(500_000, 20, 20)
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while (item := lane.recv()) is not None:
            try:
                answer: object = _Result(work(*item))
            except Exception as error:  # noqa: BLE001 — it is raised again in the parent.
                answer = _Failure(error)
            lane.send(answer)
        lane.send(None)


def _received(lane: "Connection[Any, Any]") -> Any:  # noqa: ANN401 — a pipe carries anything.
    try:
        return lane.recv()
    except (EOFError, OSError) as error:
        raise WorkerLostError("A worker process ended before its work was done.") from error
