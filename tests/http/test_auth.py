import pytest
from starlette.datastructures import Headers

from app.http.auth import Credentials, credentials_in, is_allowed_origin

ORIGINS = [
    ("https://shop.test", "https://shop.test", True),
    ("https://www.shop.test", "https://shop.test", True),
    ("https://shop.test", "www.shop.test/", True),
    ("http://shop.test", "https://shop.test", True),
    ("https://SHOP.test", "https://shop.TEST/", True),
    ("https://shop.test:8443", "https://shop.test", False),
    ("https://evil.test", "https://shop.test", False),
    ("https://shop.test.evil.test", "https://shop.test", False),
    ("https://evil.test", "*", True),
    ("null", "*", True),
    (None, "*", False),
    ("", "*", False),
    ("https://a.shop.test", "https://*.shop.test", True),
    ("https://a.b.shop.test", "https://*.shop.test", True),
    ("https://a.shop.test", "*.shop.test", True),
    ("https://.shop.test", "*.shop.test", False),
    ("https://shop.test", "https://*.shop.test", False),
    ("http://a.shop.test", "https://*.shop.test", False),
    ("https://a.shop.test.evil.test", "https://*.shop.test", False),
    ("https://evil.test/a.shop.test", "*.shop.test", False),
    ("https://axshop.test", "https://*.shop.test", False),
    ("http://localhost:3000", "http://localhost:*", True),
    ("http://localhost", "http://localhost:*", False),
]


@pytest.mark.parametrize("case", ORIGINS)
def test_origin_must_match_a_whole_entry(case: tuple[str | None, str, bool]) -> None:
    origin, entry, is_allowed = case
    assert is_allowed_origin(origin, (entry,)) is is_allowed


def test_no_origin_is_allowed_where_none_is_listed() -> None:
    assert not is_allowed_origin("https://shop.test", ())


HEADERS: list[tuple[dict[str, str], Credentials]] = [
    ({"openpanel-client-id": "a", "openpanel-client-secret": "b"}, Credentials("a", "b")),
    ({"mixan-client-id": "a", "mixan-client-secret": "b"}, Credentials("a", "b")),
    ({"openpanel-client-id": "a", "mixan-client-id": "x"}, Credentials("a", None)),
    ({"openpanel-client-id": "", "mixan-client-id": "x"}, Credentials("x", None)),
    ({}, Credentials(None, None)),
]


@pytest.mark.parametrize(("headers", "found"), HEADERS)
def test_first_spelling_that_is_not_empty_wins(headers: dict[str, str], found: Credentials) -> None:
    assert credentials_in(Headers(headers)) == found


def test_gaps_are_filled_from_elsewhere_and_secrets_are_not_shown() -> None:
    filled = Credentials("a").or_else("b", "hidden")
    assert filled == Credentials("a", "hidden")
    assert "hidden" not in repr(filled)


def test_only_a_leading_www_makes_no_difference() -> None:
    assert is_allowed_origin("https://www.example.com", ("https://example.com",))
    assert not is_allowed_origin("https://exwww.ample.com", ("https://example.com",))
