"""What stands around an answer: the title, what it is about, and the legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from app.analytics.journey_results import (
    FunnelGroup,
    FunnelResult,
    LifecycleResult,
)
from app.analytics.periods import TimeRange, to_datetime
from app.analytics.results import SeriesResult
from app.exports.panels import Panel
from app.exports.pictures.svg import Area, Sketch, Type, circle, text
from app.exports.pictures.text import fitted, percent_text, width_of
from app.exports.pictures.theme import Palette
from app.exports.tabulate import SINGLE_VALUES, Answer

_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 — as labels.
_TO: Final = "\N{EN DASH}"
_LEGEND_SIZE: Final = 12
_LEGEND_LINE: Final = 20
_LEGEND_GAP: Final = 18
_MOST_LEGEND_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of type of a whole picture, or of a tile."""

    title: float
    subtitle: float
    margin: float


ALONE: Final = Scale(22, 13, 32)
IN_TILE: Final = Scale(15, 11.5, 18)


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where something is to be drawn, in which colours and sizes."""

    sketch: Sketch
    area: Area
    palette: Palette
    scale: Scale

    def within(self, area: Area) -> "Canvas":
        """The same for another area."""
        return Canvas(self.sketch, area, self.palette, self.scale)

    def add(self, *pieces: str) -> None:
        """Puts pieces on top of what is there."""
        self.sketch.add(*pieces)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a legend: a colour, a name, and what it amounts to."""

    color: str
    name: str
    amount: str = ""


def draw_head(canvas: Canvas, panel: Panel, about: str) -> Canvas:
    """Draws title and subtitle; what is left under them."""
    area, scale, palette = canvas.area, canvas.scale, canvas.palette
    top = area.top + scale.title
    title = fitted(panel.title, scale.title, area.width, is_bold=True)
    canvas.add(text(area.left, top, title, Type(scale.title, palette.ink, is_bold=True)))
    used = scale.title + 6
    if about:
        used += scale.subtitle + 4
        told = fitted(about, scale.subtitle, area.width)
        canvas.add(text(area.left, area.top + used - 2, told, Type(scale.subtitle, palette.muted)))
    return canvas.within(area.below(used + scale.margin / 2))


def about_answer(panel: Panel, answer: Answer) -> str:
    """The range of the answer and its zone: `8 Mar 2025 · Europe/Stockholm`."""
    words = [range_text(answer.range, answer.zone), answer.zone.key]
    is_single = panel.display in SINGLE_VALUES
    if isinstance(answer, SeriesResult | LifecycleResult) and not is_single:
        words.insert(1, f"per {answer.interval}")
    if isinstance(answer, FunnelResult) and len(answer.groups) == 1:
        words.insert(0, _conversion(answer.groups[0]))
    return " · ".join(words)


def _conversion(group: FunnelGroup) -> str:
    whole = group.steps[0].count
    return f"{percent_text(group.steps[-1].count / whole if whole else 0)} convert"


def range_text(span: TimeRange, zone: ZoneInfo) -> str:
    """The local days of the range; what both have in common is said once."""
    first = to_datetime(span.start, zone)
    last = to_datetime(max(span.end - 1, span.start), zone)
    end = f"{last.day} {_MONTHS[last.month - 1]} {last.year}"
    if first.date() == last.date():
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} {_TO} {end}"
    start = f"{first.day} {_MONTHS[first.month - 1]}"
    return (
        f"{start} {_TO} {end}" if first.year == last.year else f"{start} {first.year} {_TO} {end}"
    )


def draw_legend(canvas: Canvas, entries: Sequence[Entry], *, others: int = 0) -> Canvas:
    """Draws the entries side by side in at most two lines; what is left under them.

    What does not fit is counted at the end, together with so many others.
    """
    if not entries:
        return canvas
    area, palette = canvas.area, canvas.palette
    x, row, shown = area.left, 0, 0
    for entry in entries:
        name = fitted(entry.name, _LEGEND_SIZE, min(area.width / 2, 220))
        width = 14 + width_of(name, _LEGEND_SIZE)
        amount = width_of(f" {entry.amount}", _LEGEND_SIZE, is_bold=True) + 4 if entry.amount else 0
        is_last_row = row == _MOST_LEGEND_LINES - 1
        reserve = 70 if is_last_row and (others or shown < len(entries) - 1) else 0
        if x + width + amount > area.right - reserve and x > area.left:
            if is_last_row:
                break
            x, row = area.left, row + 1
        y = area.top + 12 + row * _LEGEND_LINE
        canvas.add(
            circle(x + 4, y - 4, 4, entry.color),
            text(x + 14, y, name, Type(_LEGEND_SIZE, palette.muted)),
        )
        if entry.amount:
            style = Type(_LEGEND_SIZE, palette.ink, is_bold=True)
            canvas.add(text(x + width + 5, y, entry.amount, style))
        x += width + amount + _LEGEND_GAP
        shown += 1
    left_out = len(entries) - shown + others
    if left_out:
        y = area.top + 12 + row * _LEGEND_LINE
        more = f"+{left_out} more"
        canvas.add(text(x, y, more, Type(_LEGEND_SIZE, palette.muted)))
    return canvas.within(area.below((row + 1) * _LEGEND_LINE + 6))


def draw_empty(canvas: Canvas) -> None:
    """Says that there is nothing to show."""
    area, palette = canvas.area, canvas.palette
    middle = area.top + area.height / 2
    x = area.left + area.width / 2
    canvas.add(
        text(x, middle - 4, "No data in this range", Type(15, palette.ink, True, "middle")),
        text(
            x,
            middle + 18,
            "Nothing that was asked for happened.",
            Type(12, palette.muted, anchor="middle"),
        ),
    )
