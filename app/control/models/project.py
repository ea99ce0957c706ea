"""Projects."""

from sqlalchemy import JSON, Index, Integer, false
from sqlalchemy.orm import Mapped, mapped_column

from app.analytics.records import Json
from app.control.base import Base


class ProjectRow(Base):
    """One project: `number` is what rows refer to, `slug` is what people write.

    `origins` is a JSON array of allowed browser origins, `filters` one of objects that say
    what is refused. `mixpanel_secret_hash` is the
    SHA-256 of the project secret in hexadecimal, and the way to find a project by it.
    `mixpanel_token` is public and only good for writing. With `legacy_time`, Mixpanel's
    clients get times as local clocks show them. `conversions` is a JSON array of names of events.
    """

    __tablename__ = "projects"
    # A number is never given twice, so that events of a removed project stay orphans.
    __table_args__ = (
        Index("ix_projects_mixpanel_token", "mixpanel_token", unique=True),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    origins: Mapped[list[str]] = mapped_column(JSON)
    filters: Mapped[list[Json]] = mapped_column(JSON, server_default="[]")
    allow_unsafe_revenue: Mapped[bool] = mapped_column(server_default=false())
    cross_domain: Mapped[bool] = mapped_column(server_default=false())
    mixpanel_secret_hash: Mapped[str] = mapped_column(unique=True)
    mixpanel_token: Mapped[str | None] = mapped_column(default=None)
    legacy_time: Mapped[bool] = mapped_column(server_default=false())
    conversions: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    created_at: Mapped[int]
