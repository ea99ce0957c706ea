"""OpenPanel clients."""

from sqlalchemy import CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.control.base import Base


class ClientRow(Base):
    """One client: `id` is a lower-case UUID, `secret_hash` is `<salt>.<scrypt key>`.

    A root client may belong to no project.
    """

    __tablename__ = "clients"
    __table_args__ = (CheckConstraint("type IN ('read', 'write', 'root')", name="type"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    project: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("projects.number", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    secret_hash: Mapped[str]
    ignore_cors_and_secret: Mapped[bool]
    created_at: Mapped[int]
