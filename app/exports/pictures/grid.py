"""Retention in pictures: a heat map of cohorts by periods."""

from typing import Final

from app.analytics.journey_results import RetentionGroup, RetentionResult
from app.analytics.periods import Interval, to_datetime
from app.exports.pictures.frame import Canvas, draw_empty
from app.exports.pictures.svg import Area, Type, rect, text
from app.exports.pictures.text import compact, percent_text

_LABELS: Final = 74.0
_SIZES: Final = 58.0
_LOWEST_ROW: Final = 15.0
_HIGHEST_ROW: Final = 42.0


def draw_retention(canvas: Canvas, result: RetentionResult) -> None:
    """Draws the grid of the largest group: cohorts downwards, periods to the right."""
    groups = [group for group in result.groups if any(c.size for c in group.cohorts)]
    if not groups:
        draw_empty(canvas)
        return
    _Grid(canvas, result, groups[0]).draw()


def mixed(low: str, high: str, share: float) -> str:
    """The colour that stands at that share of the way between two."""
    ends = [[int(color[at : at + 2], 16) for at in (1, 3, 5)] for color in (low, high)]
    parts = [round(a + (b - a) * share) for a, b in zip(*ends, strict=True)]
    return "#" + "".join(f"{part:02X}" for part in parts)


def contrast(one: str, other: str) -> float:
    """How well the colours stand out from each other: from 1, not at all, to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    shares = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class _Grid:
    """One grid, laid out in its canvas."""

    def __init__(self, canvas: Canvas, result: RetentionResult, group: RetentionGroup) -> None:
        self._canvas = canvas
        self._result = result
        self._group = group
        area = canvas.area
        fitting = max(int(area.height / _LOWEST_ROW) - 2, 1)
        # What was before anyone came is no part of the picture.
        first = next(at for at, cohort in enumerate(group.cohorts) if cohort.size)
        self._cohorts = group.cohorts[first:][-fitting:]
        self._width = max(len(cohort.counts) for cohort in self._cohorts)
        self._row = min(area.height / (len(self._cohorts) + 2), _HIGHEST_ROW)
        self._cell = (area.width - _LABELS - _SIZES) / self._width
        self._size = max(9.0, min(12.0, self._row * 0.5, self._cell * 0.26))
        # Colours spread over what is there: returning is rarely near the whole cohort.
        self._most = max(
            (
                count / cohort.size
                for cohort in self._cohorts
                if cohort.size
                for count in cohort.counts[1:]
            ),
            default=1.0,
        )

    def draw(self) -> None:
        """Draws heads, the mean of all cohorts, and the cohorts."""
        canvas, palette = self._canvas, self._canvas.palette
        style = Type(self._size, palette.muted, True, "middle")
        base = self._base(0)
        canvas.add(text(canvas.area.left, base, "Cohort", Type(self._size, palette.muted, True)))
        size_x = canvas.area.left + _LABELS + _SIZES - 14
        canvas.add(text(size_x, base, "Size", Type(self._size, palette.muted, True, "end")))
        word = self._result.interval.capitalize()
        for at in range(self._width):
            name = f"{word} {at}" if self._cell > 52 else str(at)
            canvas.add(text(self._x(at) + self._cell / 2, base, name, style))
        self._draw_mean()
        for place, cohort in enumerate(self._cohorts, start=2):
            self._draw_label(place, self._label(cohort.start), compact(cohort.size), is_bold=False)
            for at, count in enumerate(cohort.counts):
                self._draw_cell(place, at, count / cohort.size if cohort.size else None)

    def _draw_mean(self) -> None:
        whole = sum(cohort.size for cohort in self._group.cohorts)
        self._draw_label(1, "Mean", compact(whole), is_bold=True)
        for at, share in enumerate(self._group.average[: self._width]):
            self._draw_cell(1, at, share)

    def _draw_label(self, place: int, label: str, size: str, *, is_bold: bool) -> None:
        canvas, palette, base = self._canvas, self._canvas.palette, self._base(place)
        left = canvas.area.left
        canvas.add(
            text(left, base, label, Type(self._size, palette.ink, is_bold)),
            text(
                left + _LABELS + _SIZES - 14,
                base,
                size,
                Type(self._size, palette.muted, is_bold, "end"),
            ),
        )

    def _draw_cell(self, place: int, at: int, share: float | None) -> None:
        canvas, palette = self._canvas, self._canvas.palette
        box = Area(
            self._x(at) + 1, canvas.area.top + place * self._row + 1, self._cell - 2, self._row - 2
        )
        if share is None:
            canvas.add(rect(box, palette.faint, radius=3))
            return
        strength = min(share / self._most, 1.0) if at and self._most else share
        ground = mixed(*palette.heat, strength)
        canvas.add(rect(box, ground, radius=3))
        ink = max(palette.ink, palette.heat_ink, key=lambda color: contrast(color, ground))
        style = Type(self._size, ink, False, "middle")
        shown = percent_text(share) if self._cell > 40 else f"{share * 100:.0f}"
        canvas.add(text(box.left + box.width / 2, self._base(place), shown, style))

    def _x(self, at: int) -> float:
        return self._canvas.area.left + _LABELS + _SIZES + at * self._cell

    def _base(self, place: int) -> float:
        return self._canvas.area.top + (place + 0.5) * self._row + self._size * 0.36

    def _label(self, start: int) -> str:
        local = to_datetime(start, self._result.zone)
        match self._result.interval:
            case Interval.MINUTE | Interval.HOUR:
                return f"{local:%d %b %H:%M}"
            case Interval.DAY | Interval.WEEK:
                return f"{local.day} {local:%b}"
            case Interval.MONTH | Interval.QUARTER | Interval.YEAR:
                return f"{local:%b %Y}"
