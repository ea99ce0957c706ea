"""Exports: the order, the job that carries it out, and where the file is."""

from sqlalchemy import JSON, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.analytics.records import Json
from app.control.base import Base


class ExportRow(Base):
    """One export; it is finished when it has a `blob` or an `exception`.

    Until then whoever holds the `lease` works on it, until `leased_until` (ms). `question` is
    the codec's JSON of what is exported where it is no saved insight or dashboard. `context` is
    kept as the caller wrote it. `done` of `total` rows tell how far the work is.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index(None, "project", "created_by", "number"),
        Index(None, "finished_at", "not_before"),
        Index(None, "expires_at"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    project: Mapped[int] = mapped_column(Integer, ForeignKey("projects.number", ondelete="CASCADE"))
    insight: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("insights.number", ondelete="CASCADE")
    )
    dashboard: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("dashboards.number", ondelete="CASCADE")
    )
    format: Mapped[str]
    question: Mapped[Json] = mapped_column(JSON(none_as_null=True), nullable=True)
    display: Mapped[str | None]
    theme: Mapped[str]
    columns: Mapped[list[list[str]] | None] = mapped_column(JSON(none_as_null=True))
    filename: Mapped[str | None]
    context: Mapped[Json] = mapped_column(JSON(none_as_null=True), nullable=True)
    created_by: Mapped[str]
    created_at: Mapped[int]
    expires_at: Mapped[int | None]

    not_before: Mapped[int]
    claims: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None]
    leased_until: Mapped[int | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]

    finished_at: Mapped[int | None]
    exception: Mapped[str | None]
    blob: Mapped[str | None]
    size: Mapped[int | None]
    rows: Mapped[int | None]
