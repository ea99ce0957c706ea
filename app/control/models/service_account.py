"""Mixpanel service accounts."""

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.control.base import Base


class ServiceAccountRow(Base):
    """One service account; `secret_hash` is the SHA-256 of its secret in hexadecimal."""

    __tablename__ = "service_accounts"

    username: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[int] = mapped_column(
        Integer, ForeignKey("projects.number", ondelete="CASCADE"), index=True
    )
    secret_hash: Mapped[str]
    created_at: Mapped[int]
