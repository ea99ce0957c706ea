"""Profiles, whose truth is here."""

from sqlalchemy import JSON, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.analytics.records import Json
from app.control.base import Base


class ProfileRow(Base):
    """One profile; the columns are the fields of the record of the same name."""

    __tablename__ = "profiles"
    __table_args__ = (
        Index(None, "project", "last_seen_at", "id"),
        Index(None, "project", "created_at", "id"),
    )

    project: Mapped[int] = mapped_column(
        Integer, ForeignKey("projects.number", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    is_external: Mapped[bool]
    created_at: Mapped[int]
    last_seen_at: Mapped[int]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    avatar: Mapped[str | None]
    groups: Mapped[list[str]] = mapped_column(JSON)
    properties: Mapped[dict[str, Json]] = mapped_column(JSON)
    sequence: Mapped[int] = mapped_column(unique=True)
