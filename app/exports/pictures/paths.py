"""Paths in pictures: items as bars by their step, and the streams between them."""

from collections import defaultdict
from typing import Final

from app.analytics.journey_results import PathNode, PathsResult
from app.analytics.plans import Label
from app.exports.pictures.frame import Canvas, draw_empty
from app.exports.pictures.svg import Area, Type, path, rect, text
from app.exports.pictures.text import compact, fitted_path, percent_text

_BAR: Final = 10.0
_GAP: Final = 16.0
_HEAD: Final = 24.0
_LEAST_LABEL: Final = 11.0
_THINNEST: Final = 0.7
"""Thinner streams are a haze that tells nothing."""
_OTHER: Final = "Other"


def draw_paths(canvas: Canvas, result: PathsResult) -> None:
    """Draws a column of items per step, as high as they are frequent."""
    if not result.nodes or not result.paths:
        draw_empty(canvas)
        return
    _Streams(canvas, result).draw()


class _Streams:
    """The items and the streams between them, laid out in a canvas."""

    def __init__(self, canvas: Canvas, result: PathsResult) -> None:
        self._canvas = canvas
        self._result = result
        self._steps: dict[int, list[PathNode]] = defaultdict(list)
        # What has no node of its own stands below those that have one.
        for node in sorted(result.nodes, key=lambda each: each.item is None):
            self._steps[node.step].append(node)
        area = canvas.area
        self._plot = Area(area.left, area.top + _HEAD, area.width, area.height - _HEAD)
        self._first = min(self._steps)
        columns = max(self._steps) - self._first + 1
        self._pitch = self._plot.width / columns
        most = max(len(nodes) for nodes in self._steps.values())
        self._gap = min(_GAP, self._plot.height * 0.5 / max(most, 1))
        tallest = max(sum(node.count for node in nodes) for nodes in self._steps.values())
        room = self._plot.height - self._gap * (most - 1)
        self._per_path = room / max(tallest, 1)
        self._places: dict[tuple[int, Label], Area] = {}
        self._place()

    def _place(self) -> None:
        for step, nodes in self._steps.items():
            y = self._plot.top
            x = self._plot.left + (step - self._first) * self._pitch
            for node in nodes:
                height = max(node.count * self._per_path, 2.0)
                self._places[step, node.item] = Area(x, y, _BAR, height)
                y += height + self._gap

    def draw(self) -> None:
        """Draws streams, bars and names, in this order."""
        palette = self._canvas.palette
        self._draw_streams()
        colors = self._colors()
        for step, nodes in sorted(self._steps.items()):
            x = self._plot.left + (step - self._first) * self._pitch
            y = self._canvas.area.top + 12
            style = Type(12, palette.muted, is_bold=True)
            self._canvas.add(text(x, y, f"Step {step + 1}", style))
            for node in nodes:
                box = self._places[step, node.item]
                self._canvas.add(rect(box, colors[node.item], radius=2))
                self._draw_name(node, box)

    def _colors(self) -> dict[Label, str]:
        """One colour for an item wherever it stands; the rest is grey."""
        palette = self._canvas.palette
        items = [node.item for node in self._result.nodes if node.item is not None]
        colors: dict[Label, str] = {
            item: palette.color(place) for place, item in enumerate(dict.fromkeys(items))
        }
        return {None: palette.muted} | colors

    def _draw_name(self, node: PathNode, box: Area) -> None:
        palette = self._canvas.palette
        room = self._pitch - _BAR - 16
        x = box.right + 7
        if box.height + self._gap < _LEAST_LABEL:
            return
        middle = box.top + box.height / 2
        share = percent_text(node.count / self._result.paths)
        name = fitted_path(_OTHER if node.item is None else str(node.item), 12, room)
        halo = palette.card
        if box.height + self._gap >= 30:
            self._canvas.add(text(x, middle - 1, name, Type(12, palette.ink, True, halo=halo)))
            amount = f"{compact(node.count)} · {share}"
            self._canvas.add(text(x, middle + 14, amount, Type(11, palette.muted, halo=halo)))
        else:
            self._canvas.add(text(x, middle + 4, name, Type(11, palette.ink, halo=halo)))

    def _draw_streams(self) -> None:
        leaving: dict[tuple[int, Label], float] = defaultdict(float)
        arriving: dict[tuple[int, Label], float] = defaultdict(float)
        colors = self._colors()
        nodes = sorted(self._result.nodes, key=lambda each: each.item is None)
        order = {(node.step, node.item): place for place, node in enumerate(nodes)}
        links = sorted(
            self._result.links,
            key=lambda each: (
                order.get((each.step, each.source), 0),
                order.get((each.step + 1, each.target), 0),
            ),
        )
        for link in links:
            start, end = (link.step, link.source), (link.step + 1, link.target)
            if start not in self._places or end not in self._places:
                continue
            height = link.count * self._per_path
            if height < _THINNEST:
                leaving[start] += height
                arriving[end] += height
                continue
            here, there = self._places[start], self._places[end]
            shape = _ribbon(
                (here.right, here.top + leaving[start]),
                (there.left, there.top + arriving[end]),
                height,
            )
            opacity = 0.1 if link.source is None or link.target is None else 0.26
            self._canvas.add(path(shape, colors[link.source], opacity))
            leaving[start] += height
            arriving[end] += height


def _ribbon(start: tuple[float, float], end: tuple[float, float], height: float) -> str:
    (x1, y1), (x2, y2) = start, end
    middle = (x1 + x2) / 2
    return (
        f"M{x1:.1f},{y1:.1f} C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {x2:.1f},{y2:.1f} "
        f"L{x2:.1f},{y2 + height:.1f} "
        f"C{middle:.1f},{y2 + height:.1f} {middle:.1f},{y1 + height:.1f} "
        f"{x1:.1f},{y1 + height:.1f} Z"
    )
