"""PostHog personal API keys."""

from sqlalchemy import JSON, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.control.base import Base


class ApiKeyRow(Base):
    """One personal API key, found by the SHA-256 of the key in hexadecimal.

    `scopes` is a JSON array of texts such as `export:read`.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[int] = mapped_column(
        Integer, ForeignKey("projects.number", ondelete="CASCADE"), index=True
    )
    key_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    label: Mapped[str]
    created_at: Mapped[int]
