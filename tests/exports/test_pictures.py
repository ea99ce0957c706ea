"""Pictures: what is written in them, what fits, and that every kind can be drawn."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from app.analytics.fields import COLUMNS
from app.analytics.journey_results import (
    FunnelGroup,
    FunnelResult,
    LifecycleResult,
    PathLink,
    PathNode,
    PathsResult,
    RetentionCohort,
    RetentionGroup,
    RetentionResult,
    StepReached,
    StickinessResult,
)
from app.analytics.journeys import FunnelStep
from app.analytics.metrics import BOUNCE_RATE, PAGEVIEWS, VISITORS, Unit
from app.analytics.periods import DAY_MS, HOUR_MS, Interval, TimeRange
from app.analytics.queries import SeriesQuery
from app.analytics.ranges import last_days
from app.analytics.results import (
    BreakdownResult,
    BreakdownRow,
    Line,
    MetricValue,
    SeriesResult,
    TotalsResult,
)
from app.exports.panels import Note, Panel, Subject
from app.exports.pictures.drawing import DrawingError, DrawingProcess, Plot
from app.exports.pictures.frame import range_text
from app.exports.pictures.grid import contrast, mixed
from app.exports.pictures.layout import Answered, draw_alone, draw_board, placed
from app.exports.pictures.painter import until
from app.exports.pictures.plots import Curve, TimePlot, time_plot
from app.exports.pictures.svg import Area
from app.exports.pictures.text import (
    compact,
    duration,
    fitted,
    fitted_path,
    full,
    in_unit,
    percent_text,
    safe,
    width_of,
    wrapped,
)
from app.exports.pictures.theme import DARK, LIGHT
from app.exports.tabulate import Answer
from app.projects.dashboards import Box
from app.projects.insights import Display

pytestmark = pytest.mark.anyio

UTC = ZoneInfo("UTC")
TO = "\N{EN DASH}"
START = 1_740_787_200_000
"""2025-03-01T00:00:00Z."""
DAYS = 5
SPAN = TimeRange(START, START + DAYS * DAY_MS)
STARTS = tuple(range(SPAN.start, SPAN.end, DAY_MS))
QUESTION = SeriesQuery(
    project=1,
    metrics=(VISITORS,),
    range=last_days(5),
    interval=Interval.DAY,
    breakdown=(COLUMNS["country"],),
)
HOSTILE = '<script>&"\x00\ud800 ' + "very long " * 30


def series(*values: tuple[int | None, ...], before: bool = False) -> SeriesResult:
    lines = tuple(
        Line(
            VISITORS,
            (HOSTILE if number else None,),
            points,
            sum(point or 0 for point in points),
            points if before else None,
            7 if before else None,
        )
        for number, points in enumerate(values)
    )
    earlier = TimeRange(START - DAYS * DAY_MS, START)
    return SeriesResult(
        SPAN,
        UTC,
        Interval.DAY,
        STARTS,
        lines,
        earlier if before else None,
        STARTS if before else None,
    )


SOME = (3, 0, None, 12_345, 7)
FUNNEL_STEPS = (
    FunnelStep(BOUNCE_RATE.measures[0].where, HOSTILE),
    FunnelStep(BOUNCE_RATE.measures[0].where),
)
REACHED = (StepReached(1_000), StepReached(250, 90.0, 61.5))
COHORTS = (
    RetentionCohort(START, 0, (0, 0)),
    RetentionCohort(START, 10, (10, 4)),
    RetentionCohort(START, 5, (5,)),
)
ANSWERS: dict[str, tuple[Display, Answer]] = {
    "line": (Display.LINE, series(SOME)),
    "lines": (Display.LINE, series(SOME, SOME, before=True)),
    "many": (Display.LINE, series(*[SOME] * 40)),
    "area": (Display.AREA, series(SOME)),
    "areas": (Display.AREA, series(SOME, SOME)),
    "bar": (Display.BAR, series(SOME, SOME)),
    "stacked": (Display.STACKED_BAR, series(SOME, SOME)),
    "bars": (Display.BAR_OF_TOTALS, series(SOME, SOME)),
    "pie": (Display.PIE, series(*[SOME] * 14)),
    "number": (Display.NUMBER, series(SOME, before=True)),
    "table": (Display.TABLE, series(*[SOME] * 30)),
    "zeros": (Display.LINE, series((0, 0, 0, 0, 0))),
    "empty": (Display.PIE, series()),
    "totals": (Display.NUMBER, TotalsResult(SPAN, UTC, (MetricValue(BOUNCE_RATE, 41.5, 41.5),))),
    "several totals": (
        Display.TABLE,
        TotalsResult(SPAN, UTC, (MetricValue(VISITORS, 1), MetricValue(PAGEVIEWS, None))),
    ),
    "breakdown": (
        Display.BAR_OF_TOTALS,
        BreakdownResult(
            SPAN, UTC, (COLUMNS["country"],), (VISITORS,), (BreakdownRow((None,), (3,)),), 1
        ),
    ),
    "funnel": (
        Display.FUNNEL,
        FunnelResult(SPAN, UTC, FUNNEL_STEPS, (), (FunnelGroup((), REACHED),)),
    ),
    "funnels": (
        Display.FUNNEL,
        FunnelResult(
            SPAN,
            UTC,
            FUNNEL_STEPS,
            (COLUMNS["country"],),
            tuple(FunnelGroup((name,), REACHED) for name in ("SE", None, "DE")),
        ),
    ),
    "retention": (
        Display.RETENTION,
        RetentionResult(SPAN, UTC, Interval.DAY, (), (RetentionGroup((), COHORTS, (1.0, None)),)),
    ),
    "paths": (
        Display.PATHS,
        PathsResult(
            SPAN,
            UTC,
            9,
            (PathNode(0, "/", 9), PathNode(1, HOSTILE, 6), PathNode(1, None, 3)),
            (PathLink(0, "/", HOSTILE, 6, 1.0), PathLink(0, "/", None, 3, 2.0)),
        ),
    ),
    "stickiness": (Display.BAR, StickinessResult(SPAN, UTC, Interval.DAY, (5, 1, 0, 0, 0))),
    "lifecycle": (
        Display.STACKED_BAR,
        LifecycleResult(SPAN, UTC, Interval.DAY, STARTS, *[(1, 2, 3, 4, 5)] * 4),
    ),
    "no paths": (Display.PATHS, PathsResult(SPAN, UTC, 0, (), ())),
}


@pytest.fixture(scope="module")
async def drawing() -> AsyncIterator[DrawingProcess]:
    opened = DrawingProcess()
    yield opened
    await opened.close()


def answered(name: str) -> Answered:
    display, answer = ANSWERS[name]
    return Answered(Panel(f"{name} {HOSTILE}", QUESTION, display), answer)


def texts_in(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 — made by this test.
    return ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", list(ANSWERS))
async def test_every_answer_becomes_one_well_formed_picture(
    drawing: DrawingProcess, name: str, palette: object
) -> None:
    chosen = LIGHT if palette is LIGHT else DARK
    picture = draw_alone(answered(name), chosen)
    for plot in picture.sketch.plots:
        assert plot.area.left >= 0
        assert plot.area.right <= picture.width
        assert plot.area.bottom <= picture.height
    drawn = await drawing.plots([plot.spec for plot in picture.sketch.plots])
    svg = picture.sketch.document(picture.width, picture.height, drawn)
    texts = texts_in(svg)
    assert texts[0].startswith(name)
    assert "\ud800" not in svg
    assert any("2025" in text and "UTC" in text for text in texts)
    ids = [part.partition('"')[0] for part in svg.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


async def test_a_board_is_drawn_as_png_and_pdf(drawing: DrawingProcess) -> None:
    parts = [answered("line"), answered("pie"), Answered(Note("# Read\n" + HOSTILE), None)]
    subject = Subject("Board", tuple(each.part for each in parts), "About", is_dashboard=True)
    picture = draw_board(subject, parts, DARK)
    drawn = await drawing.plots([plot.spec for plot in picture.sketch.plots])
    svg = picture.sketch.document(picture.width, picture.height, drawn)
    png = await drawing.png(svg, 0.5)
    width = int.from_bytes(png[16:20], "big")
    assert (png[:8], width) == (b"\x89PNG\r\n\x1a\n", picture.width / 2)
    assert (await drawing.pdf(svg)).startswith(b"%PDF-")


async def test_a_wrong_specification_leaves_the_process_alive(drawing: DrawingProcess) -> None:
    with pytest.raises(DrawingError):
        await drawing.plots([{"mark": "nothing at all"}])
    assert (await drawing.plots([])) == []
    with pytest.raises(DrawingError):
        await drawing.png("no picture", 1)


async def test_a_process_that_ends_is_replaced() -> None:
    drawing = DrawingProcess()
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'
    assert await drawing.png(svg, 1)
    process = drawing._process  # pyright: ignore[reportPrivateUsage] # To be killed.
    assert process is not None
    process.kill()
    process.join()
    with pytest.raises(DrawingError):
        await drawing.png(svg, 1)
    assert await drawing.png(svg, 1)
    await drawing.close()
    assert Plot({}).spec == {}


def test_points_to_come_are_left_out() -> None:
    shown = until(series((1, 2, 3, 0, 0)), STARTS[2])
    assert isinstance(shown, SeriesResult)
    assert shown.lines[0].points == (1, 2, 3, None, None)


@pytest.mark.parametrize(
    ("value", "short", "whole"),
    [
        (None, TO, TO),
        (0, "0", "0"),
        (999, "999", "999"),
        (1_000, "1k", "1,000"),
        (1_234, "1.23k", "1,234"),
        (45_678, "45.7k", "45,678"),
        (999_960, "1M", "999,960"),
        (-2_500_000, "-2.5M", "-2,500,000"),
        (0.256, "0.26", "0.26"),
        (1e300, "1.00e+300", "1.00e+300"),
    ],
)
def test_numbers_are_written_short_and_in_full(value: float | None, short: str, whole: str) -> None:
    assert (compact(value), full(value)) == (short, whole)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, TO), (0, "0s"), (58.6, "58.6s"), (61.5, "1m 2s"), (3_600, "1h"), (90_061, "1d 1h")],
)
def test_durations_have_their_two_largest_units(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_units_are_written_with_their_numbers() -> None:
    assert in_unit(41.25, Unit.PERCENT) == "41.2%"
    assert in_unit(199_900, Unit.CURRENCY) == "1,999.00"
    assert in_unit(199_900, Unit.CURRENCY, is_short=True) == "2k"
    assert percent_text(1 / 3) == "33.3%"
    assert percent_text(1) == "100%"


def test_texts_are_cut_to_their_room() -> None:
    for cut in (fitted, fitted_path):
        shown = cut("/products/a-very-long-name-of-a-lamp", 12, 80)
        assert width_of(shown, 12) <= 80
        assert "…" in shown
        assert cut("/a", 12, 80) == "/a"
    assert all(width_of(line, 13) <= 100 for line in wrapped(HOSTILE, 13, 100))
    assert safe('<&">\x00') == "&lt;&amp;&quot;&gt;"


def test_ranges_say_once_what_their_ends_share() -> None:
    day = TimeRange(START, START + DAY_MS)
    assert range_text(day, UTC) == "1 Mar 2025"
    assert range_text(SPAN, UTC) == f"1 {TO} 5 Mar 2025"
    assert range_text(TimeRange(START - DAY_MS, SPAN.end), UTC) == f"28 Feb {TO} 5 Mar 2025"
    year = TimeRange(START - 100 * DAY_MS, SPAN.end)
    assert range_text(year, UTC) == f"21 Nov 2024 {TO} 5 Mar 2025"


def test_tiles_have_places_that_do_not_overlap() -> None:
    assert placed([None, None, None]) == [Box(0, 0, 6, 6), Box(6, 0, 6, 6), Box(0, 6, 6, 6)]
    assert placed([Box(0, 0, 12, 2), Box(3, 1, 4, 4)]) == [Box(0, 0, 12, 2), Box(3, 2, 4, 4)]


def test_colours_mix_between_two() -> None:
    assert mixed("#000000", "#FF8000", 0) == "#000000"
    assert mixed("#000000", "#FF8000", 1) == "#FF8000"
    assert mixed("#000000", "#FF8000", 0.5) == "#804000"


def test_a_cell_is_written_in_the_ink_that_stands_out() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#2F6BEB", "#2F6BEB") == 1
    for palette in (LIGHT, DARK):
        grounds = [mixed(*palette.heat, step / 20) for step in range(21)]
        best = [max(contrast(ink, g) for ink in (palette.ink, palette.heat_ink)) for g in grounds]
        # What is readable as small text, by the usual measure.
        assert min(best) >= 4


def hours_plot(start: int, hours: int) -> TimePlot:
    starts = [start + hour * HOUR_MS for hour in range(hours)]
    curve = Curve("Views", "#000000", [1] * hours)
    return TimePlot([curve], starts, Interval.HOUR, ZoneInfo("UTC"), Unit.COUNT, Display.LINE)


@pytest.mark.parametrize(("hours", "every"), [(6, 1), (24, 3), (48, 6), (96, 12), (24 * 30, 72)])
def test_hours_are_told_at_full_parts_of_the_day(hours: int, every: int) -> None:
    midnight = 1_741_046_400_000
    spec: Any = time_plot(hours_plot(midnight, hours), Area(0, 0, 760, 300), LIGHT)
    told = spec["encoding"]["x"]["axis"]["values"]
    instants = [datetime.fromisoformat(each).timestamp() * 1000 for each in told]
    assert instants == [midnight + at * HOUR_MS for at in range(0, hours, every)]


def test_a_flat_line_belongs_to_the_ground() -> None:
    plot = replace(hours_plot(0, 3), curves=[Curve("Views", "#000000", [0, None, 0])])
    spec: Any = time_plot(plot, Area(0, 0, 760, 300), LIGHT)
    y = spec["encoding"]["y"]
    assert (y["scale"]["domain"], y["axis"]["values"]) == ([0, 1], [0, 1])
