"""Tables in pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.exports.pictures.frame import Canvas, draw_empty
from app.exports.pictures.svg import Area, Type, line, rect, text
from app.exports.pictures.text import fitted, width_of

_ROW: Final = 30.0
_SIZE: Final = 13.0
_GAP: Final = 14.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head; numbers stand at its right edge."""

    head: str
    is_number: bool = False


def draw_table(canvas: Canvas, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Draws as many rows as fit; the others are counted in the last line."""
    if not rows:
        draw_empty(canvas)
        return
    area, palette = canvas.area, canvas.palette
    fitting = max(int(area.height / _ROW) - 1, 1)
    shown = rows if len(rows) <= fitting else rows[: max(fitting - 1, 1)]
    widths = _widths(columns, shown, area.width)
    band = Area(area.left, area.top, area.width, _ROW)
    canvas.add(rect(band, palette.faint, radius=5))
    _draw_row(canvas, area.top, [column.head for column in columns], columns, widths, is_head=True)
    for place, row in enumerate(shown, start=1):
        top = area.top + place * _ROW
        if place > 1:
            canvas.add(line(area.left, top, area.right, top, palette.grid))
        _draw_row(canvas, top, row, columns, widths, is_head=False)
    if len(shown) < len(rows):
        y = area.top + (len(shown) + 1) * _ROW + 20
        more = f"+{len(rows) - len(shown):,} more rows"
        canvas.add(text(area.left + _GAP, y, more, Type(12, palette.muted)))


def _draw_row(  # noqa: PLR0913 — a row, and how the table is laid out.
    canvas: Canvas,
    top: float,
    cells: Sequence[str],
    columns: Sequence[Column],
    widths: Sequence[float],
    *,
    is_head: bool,
) -> None:
    palette = canvas.palette
    left = canvas.area.left
    size = 12.0 if is_head else _SIZE
    base = top + _ROW / 2 + size * 0.36
    for cell, column, width in zip(cells, columns, widths, strict=True):
        anchor = "end" if column.is_number else "start"
        x = left + width - _GAP if column.is_number else left + _GAP
        fill = palette.muted if is_head else palette.ink
        style = Type(size, fill, is_head, anchor)
        shown = fitted(cell, size, width - 1.5 * _GAP, is_bold=is_head)
        canvas.add(text(x, base, shown, style))
        left += width


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: float) -> list[float]:
    """As wide as the cells are; what is left goes to texts, what lacks is taken from all."""
    wanted = [
        max(width_of(column.head, 12, is_bold=True), *(width_of(row[at], _SIZE) for row in rows))
        + 2 * _GAP
        for at, column in enumerate(columns)
    ]
    spare = room - sum(wanted)
    if spare < 0:
        return [width * room / sum(wanted) for width in wanted]
    texts = [at for at, column in enumerate(columns) if not column.is_number] or [0]
    return [width + (spare / len(texts) if at in texts else 0) for at, width in enumerate(wanted)]
