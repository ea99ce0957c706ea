"""Addresses of pages that a heat map is asked of: no address inside the network is accepted.

The rule holds although this server opens none of them: a client that checks its own requests
with it gets the documented answer.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from app.analytics.records import Json
from app.compat.posthog.errors import invalid

_SCHEMES: Final = ("http", "https")
_OWN_NAMES: Final = ("localhost", "local", "internal", "localdomain")


def check_heatmap(context: Mapping[str, Json]) -> None:
    """Raises ApiError for a `heatmap_url` that is no public page."""
    told = context.get("heatmap_url")
    reason = None if not told else _objection(told)
    if reason is not None:
        raise invalid(f"heatmap_url not allowed: {reason}", "export_context")


def _objection(told: Json) -> str | None:
    try:
        parts = urlsplit(told) if isinstance(told, str) else None
        host = None if parts is None else parts.hostname
    except ValueError:
        return "Invalid URL"
    if parts is None or parts.scheme not in _SCHEMES:
        return "Disallowed scheme"
    if not host:
        return "Missing host"
    if parts.username is not None or parts.password is not None:
        return "Credentials in the URL"
    return None if _is_public(host) else "Private or internal address"


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        bare = host.rstrip(".").lower()
        # A last part of digits is another spelling of an address: 127.1, 0x7f000001.
        name, _, last = bare.rpartition(".")
        is_number = last.isdigit() or last.startswith("0x")
        return bool(name) and last not in _OWN_NAMES and not is_number
