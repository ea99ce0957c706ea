"""Credentials in all the spellings that this API's clients have for them."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from app.analytics.errors import UnauthenticatedError
from app.compat.mixpanel.errors import BadCallError
from app.compat.mixpanel.params import Params

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """A service account and its secret."""

    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secret:
    """A project secret, or a project token in its place."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that stands alone: a personal API key or a project secret."""

    token: str = field(repr=False)


Credentials: TypeAlias = Account | Secret | Bearer


def credentials_in(headers: Mapping[str, str], params: Params) -> Credentials:
    """The credentials of a request; raises UnauthenticatedError when there are none.

    A call that is signed with an API key is a BadCallError: secrets are only kept as hashes,
    so nobody can check its signature.
    """
    told = headers.get("authorization", "").strip()
    if not told:
        return _without_header(params)
    scheme, _, payload = told.partition(" ")
    payload = payload.strip()
    if scheme.lower() == "bearer" and payload:
        return Bearer(payload)
    if scheme.lower() != "basic" or not payload:
        raise UnauthenticatedError("The authorization header is neither Basic nor Bearer.")
    return _basic(payload)


def _without_header(params: Params) -> Credentials:
    if params.text("sig") is not None or params.text("expire") is not None:
        raise BadCallError(
            "invalid parameter: sig (requests can't be signed any more; send the project secret "
            "or a service account by HTTP Basic)"
        )
    key = params.text("api_key")
    if key is not None:
        return Secret(key)
    raise UnauthenticatedError("There are no credentials.")


def _basic(payload: str) -> Credentials:
    text = payload if ":" in payload else _decoded(payload)
    user, _, password = text.partition(":")
    if not user:
        raise UnauthenticatedError("There is no user name.")
    if password in {"", user}:
        return Secret(user)
    return Account(user, password)


def _decoded(payload: str) -> str:
    """What the payload says in either alphabet of base64, padded or not; else itself."""
    if _BASE64.fullmatch(payload) is None:
        return payload
    standard = payload.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        return payload
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
