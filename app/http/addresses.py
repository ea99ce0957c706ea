"""The address of whoever is behind a request, proxies or not."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from starlette.datastructures import Headers

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

ADDRESS_HEADERS: Final = (
    "openpanel-client-ip",
    "true-client-ip",
    "x-client-ip",
    "cf-connecting-ip",
    "x-forwarded-for",
    "x-real-ip",
    "fastly-client-ip",
    "x-cluster-client-ip",
    "x-appengine-user-ip",
    "do-connecting-ip",
    "x-nf-client-connection-ip",
    "x-forwarded",
    "forwarded",
)
"""The headers that name an address, the first to be believed first."""

_LONGEST_ADDRESS: Final = 64
_LISTS: Final = frozenset({"x-forwarded-for", "x-forwarded"})

# `is_private` of the library would not do: it counts the networks kept for examples, which
# name no one's own network and stand in documents and tests for public ones.
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)


def client_address(
    headers: Mapping[str, str],
    socket_address: str | None = None,
    order: tuple[str, ...] = ADDRESS_HEADERS,
) -> str | None:
    """The first public address that a header names, else the socket's if that is public.

    `headers` are asked by lower-case names. Of a list of addresses only the first counts.
    The text is in its shortest form, and an IPv4 address mapped into IPv6 is unwrapped.
    """
    for name in order:
        value = headers.get(name)
        if value and (address := _public_address(_named_address(name, value))):
            return address
    return _public_address(socket_address) if socket_address else None


def accountable_address(
    headers: Headers, socket_address: str | None, trusted_proxies: tuple[str, ...]
) -> str:
    """Whom a limit counts: nothing that callers write themselves can change it.

    The socket's address, unless it is that of a trusted proxy; then the last address that
    such proxies have added to `x-forwarded-for`. Of IPv6, the network of 64 bits that one
    subscriber has.
    """
    address = _parse(socket_address or "")
    if address is None:
        return socket_address or "unknown"
    networks = _networks(trusted_proxies)
    hops = ",".join(headers.getlist("x-forwarded-for")).split(",")
    while hops and any(address in network for network in networks):
        told = _parse(hops.pop().strip()[:_LONGEST_ADDRESS])
        if told is None:
            break
        address = told
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def _named_address(header: str, value: str) -> str:
    if header == "forwarded":
        return _forwarded_for(value)
    return value.partition(",")[0] if header in _LISTS else value


def _forwarded_for(value: str) -> str:
    """The `for` of the first element. Source: RFC 7239 §4."""
    for pair in value.partition(",")[0].split(";"):
        key, _, named = pair.partition("=")
        if key.strip().lower() == "for":
            return named.strip().strip('"')
    return ""


def _public_address(text: str) -> str | None:
    return _read_address(text) if len(text) <= _LONGEST_ADDRESS else None


@lru_cache(maxsize=8_192)
def _read_address(text: str) -> str | None:
    address = _parse(text.strip())
    if address is None:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in _NOT_PUBLIC):
        return None
    return str(address)


def _parse(text: str) -> _Address | None:
    """The address, whether or not a port, brackets or a zone are around it."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
