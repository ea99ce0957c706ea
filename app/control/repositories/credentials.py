"""Credentials, each by what its owner sends."""

from sqlalchemy import select

from app.control.models import ApiKeyRow, ClientRow, ServiceAccountRow
from app.control.sessions import ReadSession


async def find_client(session: ReadSession, client_id: str) -> ClientRow | None:
    """The client with that id."""
    return await session.find(select(ClientRow).where(ClientRow.id == client_id))


async def find_service_account(session: ReadSession, username: str) -> ServiceAccountRow | None:
    """The service account with that name."""
    return await session.find(
        select(ServiceAccountRow).where(ServiceAccountRow.username == username)
    )


async def find_api_key(session: ReadSession, key_hash: str) -> ApiKeyRow | None:
    """The personal API key with that hash."""
    return await session.find(select(ApiKeyRow).where(ApiKeyRow.key_hash == key_hash))
