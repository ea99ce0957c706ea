"""The daily salts."""

from collections.abc import Sequence

from sqlalchemy import select

from app.control.models import SaltRow
from app.control.sessions import ReadSession


async def list_newest_first(session: ReadSession) -> Sequence[SaltRow]:
    """Every stored salt; there are more than two only while they rotate."""
    return await session.list(select(SaltRow).order_by(SaltRow.utc_day.desc()))
