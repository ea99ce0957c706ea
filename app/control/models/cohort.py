"""Cohorts of profiles."""

from sqlalchemy import JSON, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.analytics.records import Json
from app.control.base import Base


class CohortRow(Base):
    """What makes a profile a member of one cohort.

    `number` is the cohort's name for clients that know whole numbers only. `definition` is
    a condition in the form of `app.analytics.codec`.
    """

    __tablename__ = "cohorts"
    # A number is never given twice, so that a removed cohort's clients find nothing.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  SQLAlchemy's own form

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    project: Mapped[int] = mapped_column(
        Integer, ForeignKey("projects.number", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    description: Mapped[str]
    definition: Mapped[Json] = mapped_column(JSON, nullable=False)
    created_at: Mapped[int]
    updated_at: Mapped[int]
