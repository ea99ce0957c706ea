"""Cohorts, by their project and id."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from app.control.models import CohortRow
from app.control.sessions import ReadSession


async def find(session: ReadSession, project: int, reference: str) -> CohortRow | None:
    """The project's cohort with that id or number."""
    named = CohortRow.id == reference
    if reference.isascii() and reference.isdigit() and len(reference) < 10:
        named = or_(named, CohortRow.number == int(reference))
    return await session.find(select(CohortRow).where(CohortRow.project == project, named))


async def list_all(session: ReadSession, project: int) -> Sequence[CohortRow]:
    """The project's cohorts, the oldest first."""
    return await session.list(
        select(CohortRow).where(CohortRow.project == project).order_by(CohortRow.number)
    )
