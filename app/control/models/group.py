"""Groups of profiles, such as companies."""

from sqlalchemy import JSON, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.analytics.records import Json
from app.control.base import Base


class GroupRow(Base):
    """What is known of one group. Its members name it in their own rows."""

    __tablename__ = "groups"

    project: Mapped[int] = mapped_column(
        Integer, ForeignKey("projects.number", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    name: Mapped[str]
    properties: Mapped[dict[str, Json]] = mapped_column(JSON)
    created_at: Mapped[int]
    updated_at: Mapped[int]
    sequence: Mapped[int] = mapped_column(unique=True)
