"""The daily salts of device ids."""

from sqlalchemy.orm import Mapped, mapped_column

from app.control.base import Base


class SaltRow(Base):
    """The salt made for one UTC day, which is counted from the Unix epoch."""

    __tablename__ = "salts"

    utc_day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[str]
