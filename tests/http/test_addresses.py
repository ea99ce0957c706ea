import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from app.http.addresses import ADDRESS_HEADERS, accountable_address, client_address


@pytest.mark.parametrize(
    ("headers", "socket_address", "address"),
    [
        ({}, None, None),
        ({}, "203.0.113.7", "203.0.113.7"),
        ({}, "127.0.0.1", None),
        ({}, "testclient", None),
        ({"x-client-ip": "203.0.113.7"}, "198.51.100.1", "203.0.113.7"),
        ({"x-client-ip": "10.0.0.1"}, "198.51.100.1", "198.51.100.1"),
        ({"x-client-ip": "10.0.0.1", "x-real-ip": "203.0.113.7"}, None, "203.0.113.7"),
        (
            {"x-forwarded-for": "198.51.100.1", "openpanel-client-ip": "203.0.113.7"},
            None,
            "203.0.113.7",
        ),
        ({"x-forwarded-for": " 203.0.113.7 , 198.51.100.1"}, None, "203.0.113.7"),
        ({"x-forwarded-for": "10.0.0.1, 198.51.100.1"}, None, None),
        ({"x-forwarded-for": "203.0.113.7:4711"}, None, "203.0.113.7"),
        ({"x-forwarded-for": "[2001:db8::1]:4711"}, None, "2001:db8::1"),
        ({"x-real-ip": "2001:0DB8:0::0001"}, None, "2001:db8::1"),
        ({"x-real-ip": "::ffff:203.0.113.7"}, None, "203.0.113.7"),
        ({"x-real-ip": "::ffff:10.0.0.1"}, None, None),
        ({"x-real-ip": "fe80::1%eth0"}, None, None),
        ({"x-real-ip": "203.0.113.7, 198.51.100.1"}, None, None),
        ({"forwarded": 'proto=https;For="[2001:db8::1]:4711", for=10.0.0.1'}, None, "2001:db8::1"),
        ({"forwarded": "for=203.0.113.7"}, None, "203.0.113.7"),
        ({"forwarded": "for=_hidden"}, None, None),
        ({"forwarded": "proto=https"}, None, None),
        ({"x-client-ip": ""}, None, None),
        ({"x-client-ip": "unknown"}, None, None),
    ],
)
def test_address_behind_a_request(
    headers: dict[str, str], socket_address: str | None, address: str | None
) -> None:
    assert client_address(headers, socket_address) == address


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse, nothing is bound to it.
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "ff02::1",
    ],
)
def test_address_that_is_not_public_tells_nothing(address: str) -> None:
    assert client_address({"x-client-ip": address}, address) is None


def test_order_of_the_headers_is_a_choice() -> None:
    headers = {"x-client-ip": "203.0.113.7", "x-real-ip": "198.51.100.1"}
    assert client_address(headers) == "203.0.113.7"
    assert client_address(headers, order=("x-real-ip", "x-client-ip")) == "198.51.100.1"
    assert client_address(headers, order=()) is None


@given(st.sampled_from(ADDRESS_HEADERS), st.text() | st.text().map("for=".__add__))
def test_any_header_is_taken(name: str, value: str) -> None:
    client_address({name: value}, value)


PROXIES = ("127.0.0.0/8", "10.0.0.0/8", "2001:db8:1::/48")


@pytest.mark.parametrize(
    ("socket_address", "forwarded", "address"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("2001:db8:1::5", ["2001:db8:2:3:4:5:6:7"], "2001:db8:2:3::/64"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("testclient", ["198.51.100.1"], "testclient"),
        (None, ["198.51.100.1"], "unknown"),
    ],
)
def test_limits_count_an_address_that_callers_cannot_choose(
    socket_address: str | None, forwarded: list[str], address: str
) -> None:
    lines = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    headers = Headers(raw=[*lines, (b"openpanel-client-ip", b"192.0.2.9")])
    assert accountable_address(headers, socket_address, PROXIES) == address
