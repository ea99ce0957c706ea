"""Saved insights and the dashboards that show them."""

from sqlalchemy import JSON, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.analytics.records import Json
from app.control.base import Base


class InsightRow(Base):
    """One saved question. `question` is the codec's JSON, `kind` the name of its class.

    `forms` keeps, by the vendor's name, the question as that vendor's client wrote it.
    `deleted_at` hides a row; what refers to it stays whole.
    """

    __tablename__ = "insights"
    __table_args__ = (
        UniqueConstraint("project", "short_id"),
        Index(None, "project", "deleted_at", "number"),
        # A number is never given twice: links to what is gone must not show something else.
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    project: Mapped[int] = mapped_column(Integer, ForeignKey("projects.number", ondelete="CASCADE"))
    short_id: Mapped[str]
    name: Mapped[str]
    description: Mapped[str]
    kind: Mapped[str]
    question: Mapped[Json] = mapped_column(JSON, nullable=False)
    display: Mapped[str]
    forms: Mapped[dict[str, Json]] = mapped_column(JSON)
    tags: Mapped[list[str]] = mapped_column(JSON)
    is_saved: Mapped[bool]
    is_favorite: Mapped[bool]
    created_by: Mapped[str]
    created_at: Mapped[int]
    updated_by: Mapped[str]
    updated_at: Mapped[int]
    deleted_at: Mapped[int | None]


class DashboardRow(Base):
    """One dashboard. `overrides` is the codec's JSON of what holds for all its insights."""

    __tablename__ = "dashboards"
    __table_args__ = (
        Index(None, "project", "deleted_at", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    project: Mapped[int] = mapped_column(Integer, ForeignKey("projects.number", ondelete="CASCADE"))
    name: Mapped[str]
    description: Mapped[str]
    overrides: Mapped[Json] = mapped_column(JSON, nullable=False)
    forms: Mapped[dict[str, Json]] = mapped_column(JSON)
    tags: Mapped[list[str]] = mapped_column(JSON)
    is_pinned: Mapped[bool]
    created_by: Mapped[str]
    created_at: Mapped[int]
    updated_at: Mapped[int]
    deleted_at: Mapped[int | None]


class TileRow(Base):
    """A place on a dashboard that shows an insight or a text.

    `box` is `[left, top, width, height]` in the cells of a grid that is twelve wide, or null
    where the tile simply follows the one before.
    """

    __tablename__ = "tiles"
    __table_args__ = (
        UniqueConstraint("dashboard", "insight"),
        Index(None, "insight"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    dashboard: Mapped[int] = mapped_column(
        Integer, ForeignKey("dashboards.number", ondelete="CASCADE")
    )
    insight: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("insights.number", ondelete="CASCADE")
    )
    text: Mapped[str | None]
    box: Mapped[list[int] | None] = mapped_column(JSON)
    color: Mapped[str | None]
