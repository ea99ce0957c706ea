"""The drawing process: the one door to vl-convert.

The renderer holds Python's global lock while it draws, for a tenth of a second and more, and
needs over a hundred megabytes. A process of its own keeps both away from the event loop.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

# Trap: a forked child would carry along the locks of the parent's threads.
_CONTEXT: Final = get_context("spawn")
_GRACE_SECONDS: Final = 5.0

Spec: TypeAlias = dict[str, Any]
"""A Vega-Lite specification."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A Vega-Lite specification to be drawn as SVG."""

    spec: Spec


@dataclass(frozen=True, slots=True)
class Raster:
    """An SVG to be drawn as PNG, `scale` device pixels for each of its own."""

    svg: str
    scale: float


@dataclass(frozen=True, slots=True)
class Page:
    """An SVG to be made a PDF of one page."""

    svg: str


Task: TypeAlias = Plot | Raster | Page


class DrawingError(RuntimeError):
    """The drawing process refused the task, or ended before it was done."""


class DrawingProcess:
    """Draws one thing after the other in a process that starts with the first of them."""

    def __init__(self) -> None:
        self._turn = anyio.Lock()
        self._process: BaseProcess | None = None
        self._lane: Connection[Any, Any] | None = None

    async def plots(self, specs: list[Spec]) -> list[str]:
        """The specifications as SVG texts, in their order."""
        return [str(await self._draw(Plot(spec))) for spec in specs]

    async def png(self, svg: str, scale: float) -> bytes:
        """The SVG as PNG."""
        return bytes(await self._draw(Raster(svg, scale)))

    async def pdf(self, svg: str) -> bytes:
        """The SVG as PDF."""
        return bytes(await self._draw(Page(svg)))

    async def close(self) -> None:
        """Ends the process."""
        async with self._turn:
            await anyio.to_thread.run_sync(self._end)

    async def _draw(self, task: Task) -> Any:  # noqa: ANN401 — a text or bytes by the task.
        answer: object = None
        async with self._turn:
            # Trap: a task whose answer nobody awaits would be taken for the next one's.
            with anyio.CancelScope(shield=True):
                answer = await anyio.to_thread.run_sync(self._exchange, task)
        if isinstance(answer, Exception):
            raise DrawingError(str(answer))
        return answer

    def _exchange(self, task: Task) -> object:
        try:
            lane = self._started()
            lane.send(task)
            return lane.recv()
        except (EOFError, OSError) as error:
            self._end()
            raise DrawingError("The drawing process ended before it was done.") from error

    def _started(self) -> Connection[Any, Any]:
        if self._lane is not None:
            return self._lane
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=serve, args=(theirs,), name="drawing", daemon=True)
        process.start()
        # Only the child may hold its end, or its death would go unnoticed.
        theirs.close()
        self._process, self._lane = process, ours
        return ours

    def _end(self) -> None:
        process, lane = self._process, self._lane
        self._process = self._lane = None
        if lane is not None:
            lane.close()
        if process is not None:
            process.join(_GRACE_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()


def serve(lane: Connection[Any, Any]) -> None:
    """Draws what comes through the pipe, until its other end is closed."""
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            task: Task = lane.recv()
            try:
                answer: object = _drawn(task)
            except Exception as error:  # noqa: BLE001 — it is raised again in the parent.
                answer = RuntimeError(str(error))
            lane.send(answer)


def _drawn(task: Task) -> str | bytes:
    # Loaded by the child alone.
    import vl_convert  # noqa: PLC0415

    match task:
        case Plot(spec):
            return vl_convert.vegalite_to_svg(spec, vl_version="5.20", allowed_base_urls=[])
        case Raster(svg, scale):
            return vl_convert.svg_to_png(svg, scale=scale)
        case Page(svg):
            return vl_convert.svg_to_pdf(svg)
