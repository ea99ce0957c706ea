"""What is ordered, and what is known of an order."""

from dataclasses import dataclass
from enum import StrEnum

from app.analytics.codec import Question, decode_question
from app.analytics.records import Json
from app.control.models import ExportRow
from app.projects.insights import Display


class ExportFormat(StrEnum):
    """What the file is; the value is its media type."""

    PNG = "image/png"
    SVG = "image/svg+xml"
    PDF = "application/pdf"
    CSV = "text/csv"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    PARQUET = "application/vnd.apache.parquet"
    ZIP = "application/zip"
    """A CSV for each part."""

    @property
    def suffix(self) -> str:
        """How the file's name ends, without the dot."""
        return "jsonl" if self is ExportFormat.NDJSON else self.name.lower()

    @property
    def is_picture(self) -> bool:
        """Whether the file is drawn."""
        return self in (ExportFormat.PNG, ExportFormat.SVG, ExportFormat.PDF)


class Theme(StrEnum):
    """The colours of a picture."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column to keep, and what its head says; it stands for those under it (`name.…`) too."""

    name: str
    head: str


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What is to be exported: an insight, a dashboard or a question; a question goes first.

    `columns` keep these columns of a table, in this order. `filename` is what the caller calls
    it, `context` what else the caller says, kept untouched. `exception` tells why it can't be
    made: the order is then kept as one that failed. `expires_at` is in milliseconds.
    """

    format: str
    created_by: str
    insight: int | None = None
    dashboard: int | None = None
    question: Question | None = None
    display: Display | None = None
    theme: Theme = Theme.LIGHT
    columns: tuple[ColumnChoice, ...] | None = None
    filename: str | None = None
    context: Json = None
    expires_at: int | None = None
    exception: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An order and what became of it.

    `done` of `total` rows (None while unknown) tell how far the work is; `rows` and `size`
    (bytes) are those of the finished file, `blob` its name in the blob store.
    """

    number: int
    project: int
    order: ExportOrder
    created_at: int
    state: ExportState
    done: int
    total: int | None
    exception: str | None
    blob: str | None
    size: int | None
    rows: int | None
    finished_at: int | None


def export_of(row: ExportRow) -> Export:
    """The export that the row holds."""
    return Export(
        number=row.number,
        project=row.project,
        order=ExportOrder(
            format=row.format,
            created_by=row.created_by,
            insight=row.insight,
            dashboard=row.dashboard,
            question=None if row.question is None else decode_question(row.question),
            display=None if row.display is None else Display(row.display),
            theme=Theme(row.theme),
            columns=_columns_of(row),
            filename=row.filename,
            context=row.context,
            expires_at=row.expires_at,
        ),
        created_at=row.created_at,
        state=_state_of(row),
        done=row.done,
        total=row.total,
        exception=row.exception,
        blob=row.blob,
        size=row.size,
        rows=row.rows,
        finished_at=row.finished_at,
    )


def _columns_of(row: ExportRow) -> tuple[ColumnChoice, ...] | None:
    return None if row.columns is None else tuple(ColumnChoice(*each) for each in row.columns)


def _state_of(row: ExportRow) -> ExportState:
    if row.finished_at is not None:
        return ExportState.COMPLETE if row.exception is None else ExportState.FAILED
    return ExportState.WAITING if row.lease is None else ExportState.RUNNING
