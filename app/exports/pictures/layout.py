"""Where everything stands: a picture of one answer, and the grid of a dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from app.analytics.journey_results import (
    FunnelResult,
    LifecycleResult,
    PathsResult,
    RetentionResult,
    StickinessResult,
)
from app.analytics.results import BreakdownResult, SeriesResult, TotalsResult
from app.exports.panels import Note, Panel, Subject
from app.exports.pictures.frame import (
    ALONE,
    IN_TILE,
    Canvas,
    about_answer,
    draw_head,
)
from app.exports.pictures.funnel import draw_funnel
from app.exports.pictures.grid import draw_retention
from app.exports.pictures.paths import draw_paths
from app.exports.pictures.series import draw_breakdown, draw_series, draw_totals
from app.exports.pictures.steps import draw_lifecycle, draw_stickiness
from app.exports.pictures.svg import Area, Sketch, Type, rect, text
from app.exports.pictures.text import fitted, wrapped
from app.exports.pictures.theme import Palette
from app.exports.tabulate import Answer
from app.projects.dashboards import Box

WIDTH: Final = 960.0
_HEIGHT: Final = 540.0
_WIDEST: Final = 2_400.0
_HIGHEST: Final = 4_800.0

_BOARD_WIDTH: Final = 1_320.0
_BOARD_MARGIN: Final = 28.0
_GUTTER: Final = 16.0
_COLUMNS: Final = 12
_CELL_HEIGHT: Final = 58.0
_DEFAULT_BOX: Final = (6, 6)


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished sketch and its size in pixels."""

    sketch: Sketch
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A part of a subject with the answer to its question; notes have none."""

    part: Panel | Note
    answer: Answer | None


def draw_alone(answered: Answered, palette: Palette) -> Picture:
    """The picture of one panel, as large as what it shows needs."""
    width, height = _size(answered)
    sketch = Sketch()
    whole = Area(0, 0, width, height)
    sketch.add(rect(whole, palette.card))
    canvas = Canvas(sketch, whole.inset(ALONE.margin, ALONE.margin * 0.85), palette, ALONE)
    _draw_part(canvas, answered)
    return Picture(sketch, width, height)


def _size(answered: Answered) -> tuple[float, float]:
    match answered.answer:
        case FunnelResult() as funnel:
            return min(max(WIDTH, 170.0 * len(funnel.steps)), _WIDEST), _HEIGHT
        case RetentionResult(groups=groups) if groups:
            cohorts = sum(1 for cohort in groups[0].cohorts if cohort.size)
            height = 150.0 + 30.0 * (cohorts + 2)
            columns = max((len(c.counts) for c in groups[0].cohorts), default=1)
            width = max(WIDTH, 200.0 + 48.0 * columns)
            return min(width, _WIDEST), min(max(height, 320.0), _HIGHEST)
        case PathsResult(nodes=nodes):
            steps = len({node.step for node in nodes})
            return min(max(WIDTH, 210.0 * steps), _WIDEST), 640.0
        case _:
            return WIDTH, _HEIGHT


def _draw_part(canvas: Canvas, answered: Answered) -> None:
    match answered.part:
        case Note(told):
            _draw_note(canvas, told)
        case Panel() as panel:
            if answered.answer is None:
                return
            rest = draw_head(canvas, panel, about_answer(panel, answered.answer))
            draw_answer(rest, panel, answered.answer)


def draw_answer(canvas: Canvas, panel: Panel, answer: Answer) -> None:
    """Draws the answer alone."""
    match answer:
        case SeriesResult():
            draw_series(canvas, panel, answer)
        case TotalsResult():
            draw_totals(canvas, answer)
        case BreakdownResult():
            draw_breakdown(canvas, panel, answer)
        case FunnelResult():
            draw_funnel(canvas, answer)
        case RetentionResult():
            draw_retention(canvas, answer)
        case PathsResult():
            draw_paths(canvas, answer)
        case StickinessResult():
            draw_stickiness(canvas, answer)
        case LifecycleResult():
            draw_lifecycle(canvas, answer)
        case _:
            assert_never(answer)


def _draw_note(canvas: Canvas, told: str) -> None:
    area, palette = canvas.area, canvas.palette
    lines = wrapped(told, 13, area.width)[: max(int(area.height / 19), 1)]
    for place, each in enumerate(lines):
        heading = each.startswith("#")
        style = Type(15 if heading else 13, palette.ink, is_bold=heading)
        y = area.top + 14 + place * 19
        canvas.add(text(area.left, y, each.lstrip("# "), style))


def draw_board(subject: Subject, answered: Sequence[Answered], palette: Palette) -> Picture:
    """The picture of a dashboard: its title over a grid of cards."""
    boxes = placed([each.part.box for each in answered])
    rows = max((box.top + box.height for box in boxes), default=4)
    has_words = bool(subject.description)
    head = 52.0 + (22.0 if has_words else 0)
    height = _BOARD_MARGIN * 2 + head + rows * (_CELL_HEIGHT + _GUTTER) - _GUTTER
    sketch = Sketch()
    sketch.add(rect(Area(0, 0, _BOARD_WIDTH, height), palette.ground))
    room = _BOARD_WIDTH - 2 * _BOARD_MARGIN
    title = fitted(subject.title, 26, room, is_bold=True)
    sketch.add(text(_BOARD_MARGIN, _BOARD_MARGIN + 24, title, Type(26, palette.ink, is_bold=True)))
    if has_words:
        told = fitted(subject.description, 14, room)
        sketch.add(text(_BOARD_MARGIN, _BOARD_MARGIN + 48, told, Type(14, palette.muted)))
    for box, each in zip(boxes, answered, strict=True):
        card = _card(box, room, _BOARD_MARGIN + head)
        sketch.add(rect(card, palette.card, radius=10, stroke=palette.border))
        inner = card.inset(IN_TILE.margin, IN_TILE.margin)
        _draw_part(Canvas(sketch, inner, palette, IN_TILE), each)
    return Picture(sketch, _BOARD_WIDTH, height)


def _card(box: Box, room: float, top: float) -> Area:
    column = (room + _GUTTER) / _COLUMNS
    row = _CELL_HEIGHT + _GUTTER
    return Area(
        _BOARD_MARGIN + box.left * column,
        top + box.top * row,
        box.width * column - _GUTTER,
        box.height * row - _GUTTER,
    )


def placed(boxes: Sequence[Box | None]) -> list[Box]:
    """A place for each tile: its own, moved down where another one stands, else the next free."""
    taken: list[Box] = []
    for box in boxes:
        width, height = _DEFAULT_BOX
        wanted = box or _next_free(taken, width, height)
        while any(_overlap(wanted, other) for other in taken):
            wanted = Box(wanted.left, wanted.top + 1, wanted.width, wanted.height)
        taken.append(wanted)
    return taken


def _next_free(taken: Sequence[Box], width: int, height: int) -> Box:
    if not taken:
        return Box(0, 0, width, height)
    last = taken[-1]
    if last.left + last.width + width <= _COLUMNS:
        return Box(last.left + last.width, last.top, width, height)
    return Box(0, max(box.top + box.height for box in taken), width, height)


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.top < other.top + other.height
        and other.top < one.top + one.height
    )
