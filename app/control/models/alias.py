"""Other names of profiles."""

from sqlalchemy import ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.control.base import Base


class AliasRow(Base):
    """One alias and the profile that it stands for, which is never an alias itself."""

    __tablename__ = "aliases"
    __table_args__ = (Index(None, "project", "profile_id"),)

    project: Mapped[int] = mapped_column(
        Integer, ForeignKey("projects.number", ondelete="CASCADE"), primary_key=True
    )
    alias: Mapped[str] = mapped_column(primary_key=True)
    profile_id: Mapped[str]
    created_at: Mapped[int]
    sequence: Mapped[int] = mapped_column(unique=True)
