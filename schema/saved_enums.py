"""The enums of what is saved and exported."""

from enum import StrEnum

from app.exports import records as exports
from app.projects import insights
from schema.definitions import enum_type


@enum_type(
    {
        "TOTALS": "One number per metric.",
        "TIMESERIES": "Numbers per time bucket.",
        "BREAKDOWN": "Numbers per value of a dimension.",
        "FUNNEL": "How many get how far through some steps.",
        "RETENTION": "How many come back.",
        "PATHS": "Which items follow which.",
        "STICKINESS": "In how many intervals profiles or sessions are active.",
        "LIFECYCLE": "Who comes, stays, comes again and goes.",
        "EVENTS": "Events themselves, which can be exported and have no result.",
    }
)
class InsightKind(StrEnum):
    """What a saved insight asks."""

    TOTALS = "totals"
    TIMESERIES = "timeseries"
    BREAKDOWN = "breakdown"
    FUNNEL = "funnel"
    RETENTION = "retention"
    PATHS = "paths"
    STICKINESS = "stickiness"
    LIFECYCLE = "lifecycle"
    EVENTS = "events"


@enum_type(
    {
        "LINE": "Lines over time.",
        "AREA": "Areas over time.",
        "BAR": "Bars over time.",
        "STACKED_BAR": "Stacked bars over time.",
        "BAR_OF_TOTALS": "One bar per series, of the whole range.",
        "PIE": "A ring with a part per series.",
        "NUMBER": "One large number.",
        "TABLE": "A table.",
        "FUNNEL": "The steps of a funnel.",
        "RETENTION": "A grid of cohorts.",
        "PATHS": "Streams from item to item.",
    }
)
class Display(StrEnum):
    """How an answer is shown."""

    LINE = insights.Display.LINE
    AREA = insights.Display.AREA
    BAR = insights.Display.BAR
    STACKED_BAR = insights.Display.STACKED_BAR
    BAR_OF_TOTALS = insights.Display.BAR_OF_TOTALS
    PIE = insights.Display.PIE
    NUMBER = insights.Display.NUMBER
    TABLE = insights.Display.TABLE
    FUNNEL = insights.Display.FUNNEL
    RETENTION = insights.Display.RETENTION
    PATHS = insights.Display.PATHS


@enum_type(
    {
        "PNG": "A picture.",
        "SVG": "A picture that can be enlarged.",
        "PDF": "A page.",
        "CSV": "A table with commas.",
        "XLSX": "A workbook.",
        "JSON": "One JSON document.",
        "NDJSON": "One JSON object per line.",
        "PARQUET": "A columnar file.",
        "ZIP": "A CSV file for each part of a dashboard.",
    }
)
class ExportFormat(StrEnum):
    """What the file is."""

    PNG = exports.ExportFormat.PNG
    SVG = exports.ExportFormat.SVG
    PDF = exports.ExportFormat.PDF
    CSV = exports.ExportFormat.CSV
    XLSX = exports.ExportFormat.XLSX
    JSON = exports.ExportFormat.JSON
    NDJSON = exports.ExportFormat.NDJSON
    PARQUET = exports.ExportFormat.PARQUET
    ZIP = exports.ExportFormat.ZIP


@enum_type(
    {
        "QUEUED": "Nobody has begun with it yet.",
        "RUNNING": "It is being made.",
        "DONE": "The file is there.",
        "FAILED": "It could not be made.",
    }
)
class ExportStatus(StrEnum):
    """How far an export is."""

    QUEUED = exports.ExportState.WAITING
    RUNNING = exports.ExportState.RUNNING
    DONE = exports.ExportState.COMPLETE
    FAILED = exports.ExportState.FAILED


@enum_type({"LIGHT": "Dark on white.", "DARK": "Light on dark."})
class Theme(StrEnum):
    """The colours of a picture."""

    LIGHT = exports.Theme.LIGHT
    DARK = exports.Theme.DARK
