"""Counters that also put writers in a row."""

from sqlalchemy.orm import Mapped, mapped_column

from app.control.base import Base


class CounterRow(Base):
    """A named number that only grows. The rows are made by the migrations."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
