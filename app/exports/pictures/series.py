"""Series and totals in every form: over time, as a ring, as bars, as a number, as a table."""

from collections.abc import Sequence
from typing import Final

from app.analytics.metrics import Number, Unit
from app.analytics.results import BreakdownResult, Line, SeriesResult, TotalsResult
from app.exports.labels import line_label, value_label
from app.exports.panels import Panel
from app.exports.pictures.frame import Canvas, Entry, draw_empty, draw_legend
from app.exports.pictures.plots import Curve, TimePlot, ring_plot, time_plot
from app.exports.pictures.svg import Area, Type, rect, text
from app.exports.pictures.tables import Column, draw_table
from app.exports.pictures.text import fitted, full, in_unit, percent_text, width_of
from app.exports.pictures.theme import Palette
from app.projects.insights import Display

MOST_CURVES: Final = 24
OTHER: Final = "Other"
"""What all values are called together that are not told one by one."""


def draw_series(canvas: Canvas, panel: Panel, result: SeriesResult) -> None:
    """Draws the lines as the panel shows them."""
    match panel.display:
        case Display.NUMBER:
            _draw_number(canvas, result)
        case Display.PIE:
            _draw_ring(canvas, named_totals(result), _unit(result))
        case Display.BAR_OF_TOTALS:
            draw_bars(canvas, named_totals(result), _unit(result))
        case Display.TABLE:
            _draw_lines_table(canvas, panel, result)
        case _:
            _draw_curves(canvas, panel, result)


def _unit(result: SeriesResult) -> Unit:
    units = {line.metric.unit for line in result.lines}
    return units.pop() if len(units) == 1 else Unit.NUMBER


def names_of(lines: Sequence[Line]) -> list[str]:
    """A different name for each line: its metric, its values, or both."""
    metrics = {line.metric.slug for line in lines}
    values = [
        OTHER if line.is_rest else line_label(line.metric.label, line.labels) for line in lines
    ]
    if len(metrics) == 1:
        return values
    return [
        f"{line.metric.label} · {value}" if line.labels or line.is_rest else value
        for line, value in zip(lines, values, strict=True)
    ]


def named_totals(result: SeriesResult) -> list[tuple[str, Number]]:
    """The lines' names and totals, the largest first, and the rest last."""
    named = zip(names_of(result.lines), result.lines, strict=True)
    totals = [(name, line.total or 0) for name, line in named]
    return sorted(totals, key=lambda each: (each[0] == OTHER, -each[1]))


def _draw_curves(canvas: Canvas, panel: Panel, result: SeriesResult) -> None:
    told = [line for line in result.lines if not line.is_rest]
    lines = [*told[:MOST_CURVES], *(line for line in result.lines if line.is_rest)]
    if not lines or not result.buckets:
        draw_empty(canvas)
        return
    palette, unit = canvas.palette, _unit(result)
    names = names_of(lines)
    curves: list[Curve] = []
    entries: list[Entry] = []
    for place, (name, each) in enumerate(zip(names, lines, strict=True)):
        # A colour that came twice would tell one line for another.
        has_own = place < len(palette.series)
        color = palette.color(place) if has_own else palette.border
        if each.is_rest:
            color = palette.muted
        curves.append(Curve(name, color, each.points))
        entries.append(Entry(color, name, _amount(each.total, unit)))
        if each.previous_points is not None:
            before = each.previous_points[: len(result.buckets)]
            curves.append(Curve(f"{name} before", color, before, is_before=True))
            amount = _amount(each.previous_total, unit)
            entries.append(Entry(f"{color}80", f"{name}, period before", amount))
    plot = TimePlot(curves, result.buckets, result.interval, result.zone, unit, panel.display)
    named = [entry for entry in entries if not entry.color.startswith(palette.border)]
    rest = draw_legend(
        canvas, named, others=len(result.lines) - len(lines) + len(entries) - len(named)
    )
    canvas.sketch.plot(rest.area, time_plot(plot, rest.area, palette))


def _amount(total: Number | None, unit: Unit) -> str:
    return "" if total is None else in_unit(total, unit, is_short=True)


def _draw_number(canvas: Canvas, result: SeriesResult) -> None:
    if not result.lines:
        draw_empty(canvas)
        return
    only = result.lines[0]
    draw_amount(canvas, only.total, only.previous_total, _unit(result), only.metric.label)


def draw_amount(
    canvas: Canvas, now: Number | None, before: Number | None, unit: Unit, label: str
) -> None:
    """Draws one large number, and how it compares with the one before."""
    area, palette = canvas.area, canvas.palette
    told = in_unit(now, unit)
    size = min(area.height * 0.42, 96.0)
    while width_of(told, size, is_bold=True) > area.width * 0.94 and size > 18:
        size *= 0.92
    x = area.left + area.width / 2
    has_change = before is not None
    y = area.top + area.height / 2 + size * (0.2 if has_change else 0.34)
    canvas.add(text(x, y, told, Type(size, palette.ink, True, "middle")))
    small = max(13.0, size * 0.2)
    name = fitted(label, small, area.width)
    canvas.add(text(x, y - size * 0.98, name, Type(small, palette.muted, anchor="middle")))
    if has_change:
        color, said = _change(now or 0, before or 0, unit, palette)
        canvas.add(text(x, y + small * 1.9, said, Type(small, color, True, "middle")))


def _change(now: Number, before: Number, unit: Unit, palette: Palette) -> tuple[str, str]:
    told = in_unit(before, unit)
    if now == before:
        return palette.muted, f"As before ({told})"
    color = palette.good if now > before else palette.bad
    if not before:
        return color, "Nothing before"
    arrow = "▲" if now > before else "▼"
    return color, f"{arrow} {percent_text(abs(now - before) / abs(before))} (before: {told})"


def _draw_ring(canvas: Canvas, totals: Sequence[tuple[str, Number]], unit: Unit) -> None:
    shown = [each for each in totals if each[1] > 0]
    if not shown:
        draw_empty(canvas)
        return
    palette, area = canvas.palette, canvas.area
    told = [each for each in shown if each[0] != OTHER]
    kept = len(told) if len(shown) <= len(palette.series) else len(palette.series) - 1
    rest = sum(value for _, value in shown) - sum(value for _, value in told[:kept])
    shown = [*told[:kept], (OTHER, rest)] if len(shown) > kept else told
    colored = [
        (name, palette.muted if name == OTHER else palette.color(place), value)
        for place, (name, value) in enumerate(shown)
    ]
    whole = sum(value for _, value in shown)
    side = min(area.height, area.width * 0.46, 380.0)
    is_wide = area.width > 360
    gap = max(24.0, side * 0.16)
    words = min(area.width - side - gap, 400.0) if is_wide else -gap
    left = area.left + (area.width - side - gap - words) / 2
    ring = Area(left, area.top + (area.height - side) / 2, side, side)
    canvas.sketch.plot(ring, ring_plot(colored, ring, palette))
    x, y = ring.left + side / 2, ring.top + side / 2
    size = max(13.0, side * 0.1)
    canvas.add(
        text(
            x,
            y + size * 0.2,
            in_unit(whole, unit, is_short=True),
            Type(size, palette.ink, True, "middle"),
        ),
        text(
            x,
            y + size * 0.2 + size * 0.75,
            "total",
            Type(max(11.0, size * 0.5), palette.muted, anchor="middle"),
        ),
    )
    if is_wide:
        beside = Area(ring.right + gap, area.top, words, area.height)
        _draw_shares(canvas.within(beside), colored, whole, unit)


def _draw_shares(
    canvas: Canvas, colored: Sequence[tuple[str, str, Number]], whole: Number, unit: Unit
) -> None:
    area, palette = canvas.area, canvas.palette
    height = min(30.0, area.height / max(len(colored), 1))
    size = min(14.0, height * 0.56)
    y = area.top + (area.height - height * len(colored)) / 2
    # Where there is little room, names and shares tell more than amounts.
    has_amounts = area.width > 250
    room = area.width - (150 if has_amounts else 80)
    for name, color, value in colored:
        base = y + height / 2 + size * 0.36
        share = percent_text(value / whole)
        swatch = Area(area.left, y + height / 2 - 5, 10, 10)
        canvas.add(
            rect(swatch, color, radius=3),
            text(area.left + 20, base, fitted(name, size, room), Type(size, palette.ink)),
            text(area.right, base, share, Type(size, palette.ink, True, "end")),
        )
        if has_amounts:
            amount = in_unit(value, unit, is_short=True)
            style = Type(size, palette.muted, anchor="end")
            canvas.add(text(area.right - 62, base, amount, style))
        y += height


def draw_bars(canvas: Canvas, totals: Sequence[tuple[str, Number]], unit: Unit) -> None:
    """Draws a horizontal bar for each, the largest first, with its number behind it."""
    if not totals:
        draw_empty(canvas)
        return
    area, palette = canvas.area, canvas.palette
    fitting = max(int(area.height / 22), 1)
    shown = totals[:fitting]
    height = min(area.height / len(shown), 46.0)
    size = min(13.0, height * 0.5)
    widest = max(width_of(name, size) for name, _ in shown)
    names = min(widest + 12, area.width * 0.34)
    amounts = max(width_of(in_unit(value, unit), size, is_bold=True) for _, value in shown) + 10
    largest = max((value for _, value in shown), default=0) or 1
    room = area.width - names - amounts
    for place, (name, value) in enumerate(shown):
        top = area.top + place * height
        base = top + height / 2 + size * 0.36
        track = Area(area.left + names, top + height * 0.18, room, height * 0.64)
        bar = Area(track.left, track.top, max(room * max(value, 0) / largest, 2), track.height)
        canvas.add(
            text(area.left, base, fitted(name, size, names - 12), Type(size, palette.ink)),
            rect(track, palette.faint, radius=4),
            rect(bar, palette.color(0), radius=4),
            text(area.right, base, in_unit(value, unit), Type(size, palette.ink, True, "end")),
        )


def _draw_lines_table(canvas: Canvas, panel: Panel, result: SeriesResult) -> None:
    has_names = len(panel.question_metrics) > 1 or not panel.breakdown_names
    heads = [Column("Series")] if has_names else []
    heads += (Column(name.capitalize()) for name in panel.breakdown_names)
    has_before = any(line.previous_total is not None for line in result.lines)
    heads.append(Column("Total", is_number=True))
    if has_before:
        heads.append(Column("Before", is_number=True))
    rows = [
        [
            *([line.metric.label] if has_names else []),
            *([OTHER] * len(panel.breakdown_names) if line.is_rest else []),
            *map(value_label, line.labels),
            in_unit(line.total, line.metric.unit),
            *([in_unit(line.previous_total, line.metric.unit)] if has_before else []),
        ]
        for line in result.lines
    ]
    draw_table(canvas, heads, rows)


def draw_totals(canvas: Canvas, result: TotalsResult) -> None:
    """Draws one metric as a number, several as a table."""
    if len(result.values) == 1:
        only = result.values[0]
        draw_amount(canvas, only.value, only.previous, only.metric.unit, only.metric.label)
        return
    rows = [[each.metric.label, in_unit(each.value, each.metric.unit)] for each in result.values]
    draw_table(canvas, [Column("Metric"), Column("Total", is_number=True)], rows)


def draw_breakdown(canvas: Canvas, panel: Panel, result: BreakdownResult) -> None:
    """Draws one metric as bars or a ring, several as a table."""
    rows = [(line_label("", row.labels), row.values) for row in result.rows]
    if panel.display is Display.TABLE or len(result.metrics) > 1:
        heads = [
            *(Column(field.label) for field in result.by),
            *(Column(metric.label, is_number=True) for metric in result.metrics),
        ]
        cells = [
            [*map(value_label, row.labels), *(full(value) for value in row.values)]
            for row in result.rows
        ]
        draw_table(canvas, heads, cells)
        return
    totals = [(name, next(iter(values), None) or 0) for name, values in rows]
    draw = _draw_ring if panel.display is Display.PIE else draw_bars
    unit = next((metric.unit for metric in result.metrics), Unit.NUMBER)
    draw(canvas, totals, unit)
