"""Projects, by their number, slug or Mixpanel secret."""

from collections.abc import Sequence

from sqlalchemy import select

from app.control.models import ProjectRow
from app.control.sessions import ReadSession, WriteSession


async def find_by_number(session: ReadSession, number: int) -> ProjectRow | None:
    """The project with that number."""
    return await session.find(select(ProjectRow).where(ProjectRow.number == number))


async def find_by_slug(session: ReadSession, slug: str) -> ProjectRow | None:
    """The project with that slug."""
    return await session.find(select(ProjectRow).where(ProjectRow.slug == slug))


async def find_by_secret_hash(session: ReadSession, secret_hash: str) -> ProjectRow | None:
    """The project whose Mixpanel secret has that hash."""
    return await session.find(
        select(ProjectRow).where(ProjectRow.mixpanel_secret_hash == secret_hash)
    )


async def find_by_token(session: ReadSession, token: str) -> ProjectRow | None:
    """The project with that public Mixpanel token."""
    return await session.find(select(ProjectRow).where(ProjectRow.mixpanel_token == token))


async def list_all(session: ReadSession) -> Sequence[ProjectRow]:
    """Every project, by number."""
    return await session.list(select(ProjectRow).order_by(ProjectRow.number))


async def find_for_change(session: WriteSession, number: int) -> ProjectRow | None:
    """The project with that number; nobody else changes it until this transaction ends."""
    return await session.find(
        select(ProjectRow).where(ProjectRow.number == number).with_for_update()
    )


async def add_origins(session: WriteSession, number: int, origins: Sequence[str]) -> None:
    """Adds to the project's origins those that are not there yet, in the order given."""
    row = await session.get(select(ProjectRow).where(ProjectRow.number == number).with_for_update())
    row.origins = list(dict.fromkeys((*row.origins, *origins)))
