"""From a subject to the bytes of its picture."""

from dataclasses import replace
from typing import Final

from app.analytics.queries import EventsQuery
from app.analytics.results import SeriesResult
from app.exports.asking import ask
from app.exports.maker import UnsupportedExportError
from app.exports.panels import Note, Panel, Subject
from app.exports.pictures.drawing import DrawingProcess
from app.exports.pictures.layout import Answered, Picture, draw_alone, draw_board
from app.exports.pictures.theme import palette_of
from app.exports.records import Export, ExportFormat
from app.exports.tabulate import Answer
from app.projects.reader import Reader
from app.projects.records import Project

_SCALE: Final = 2.0
_MOST_PIXELS: Final = 10_000.0


class PicturePainter:
    """Draws pictures of what the store answers."""

    def __init__(self, reader: Reader, drawing: DrawingProcess) -> None:
        self._reader = reader
        self._drawing = drawing

    async def paint(self, subject: Subject, project: Project, export: Export) -> bytes:
        """The whole picture in the order's format and theme.

        Raises UnsupportedExportError for events themselves, which have no picture.
        """
        answered = [
            await self._answered(part, project, export.created_at) for part in subject.parts
        ]
        palette = palette_of(export.order.theme)
        if subject.is_dashboard:
            picture = draw_board(subject, answered, palette)
        else:
            picture = draw_alone(answered[0], palette)
        return await self.render(picture, ExportFormat(export.order.format))

    async def render(self, picture: Picture, export_format: ExportFormat) -> bytes:
        """The picture as PNG (two pixels for each of its own), PDF or SVG."""
        drawn = await self._drawing.plots([placed.spec for placed in picture.sketch.plots])
        svg = picture.sketch.document(picture.width, picture.height, drawn)
        match export_format:
            case ExportFormat.PNG:
                scale = min(_SCALE, _MOST_PIXELS / max(picture.width, picture.height))
                return await self._drawing.png(svg, scale)
            case ExportFormat.PDF:
                return await self._drawing.pdf(svg)
            case _:
                return svg.encode()

    async def _answered(self, part: Panel | Note, project: Project, now: int) -> Answered:
        if isinstance(part, Note):
            return Answered(part, None)
        if isinstance(part.question, EventsQuery):
            raise UnsupportedExportError(
                "Events themselves have no picture; choose a table format."
            )
        return Answered(part, until(await ask(self._reader, part.question, project), now))


def until(answer: Answer, now: int) -> Answer:
    """The answer without points of buckets to come: a line must not fall to 0 there."""
    if not isinstance(answer, SeriesResult):
        return answer
    lines = (
        replace(
            line,
            points=tuple(
                None if start > now else point
                for start, point in zip(answer.buckets, line.points, strict=True)
            ),
        )
        for line in answer.lines
    )
    return replace(answer, lines=tuple(lines))
