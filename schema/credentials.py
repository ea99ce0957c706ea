"""Where credentials stand in a request, and who they prove to be asking."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from app.analytics.errors import UnauthenticatedError
from app.http.auth import Credentials, Guess, credentials_in
from app.projects.principals import Principal, principal_of_client
from app.projects.verifier import CredentialVerifier
from schema.context import Identified

_API_KEY: Final = "phx_"
_CLIENT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


async def find_asker(
    verifier: CredentialVerifier, headers: Mapping[str, str], guess: Guess
) -> Identified | None:
    """Who asks; None when the request carries no credentials at all.

    In this order: `openpanel-client-id` and `openpanel-client-secret`; `Authorization` with
    Bearer and a personal API key or base64 of `id:secret`, or with Basic, whose name is a
    client's id, a service account's name, or a project secret when the password is empty.
    Raises UnauthenticatedError for credentials that prove nothing.
    """
    client = credentials_in(headers)
    if client.client_id or client.secret:
        return await _client(verifier, client, guess)
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    match scheme.lower():
        case "":
            return None
        case "bearer":
            return await _bearer(verifier, value.strip(), guess)
        case "basic":
            return await _pair(verifier, value.strip(), guess)
        case _:
            raise UnauthenticatedError("Authorization is Bearer or Basic.")


async def _bearer(verifier: CredentialVerifier, token: str, guess: Guess) -> Identified:
    if token.startswith(_API_KEY):
        return _named(await verifier.verify_api_key(token))
    return await _pair(verifier, token, guess)


async def _pair(verifier: CredentialVerifier, token: str, guess: Guess) -> Identified:
    name, secret = _decoded(token)
    if _CLIENT_ID.fullmatch(name):
        return await _client(verifier, Credentials(name, secret), guess)
    if not secret:
        return _named(await verifier.verify_project_secret(name))
    return _named(await verifier.verify_service_account(name, secret))


async def _client(verifier: CredentialVerifier, told: Credentials, guess: Guess) -> Identified:
    found = await verifier.verify_client(told.client_id, told.secret, guess)
    if not found.is_secret_valid:
        raise UnauthenticatedError("Missing or invalid client secret")
    return Identified(principal=principal_of_client(found.client), name=found.client.name)


def _named(principal: Principal) -> Identified:
    return Identified(principal=principal, name=principal.id.partition(":")[2])


def _decoded(token: str) -> tuple[str, str]:
    """The two parts of base64 of `name:secret`."""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), validate=True).decode()
    except (UnicodeError, ValueError, binascii.Error):
        text = ""
    name, separator, secret = text.partition(":")
    if not separator or not name:
        raise UnauthenticatedError("The credentials are not base64 of id:secret.")
    return name, secret
