import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.locations import Location, Utm, parse_location, query_properties, utm_of


@pytest.mark.parametrize(
    ("url", "location"),
    [
        (None, Location()),
        ("", Location()),
        ("HomeScreen", Location("HomeScreen")),
        ("settings/privacy?x=1", Location("settings/privacy?x=1")),
        ("ftp://files.test/a", Location("ftp://files.test/a")),
        (
            "https://shop.example/p?utm_source=Google&x=1#top",
            Location(
                "/p",
                "https://shop.example",
                {"utm_source": "Google", "x": "1"},
                "#top",
                "shop.example",
            ),
        ),
        ("https://shop.example", Location("/", "https://shop.example", hostname="shop.example")),
        ("/p?a=1&a=2&b=", Location("/p", query={"a": "2", "b": ""})),
        ("/p#part", Location("/p", hash="#part")),
        ("/?q=a+b%20c&%00=%00x", Location("/", query={"q": "a b c", "": "x"})),
        (
            "HTTPS://Shop.Example:443/A",
            Location("HTTPS://Shop.Example:443/A"),
        ),
        (
            "https://Shop.Example:443/A",
            Location("/A", "https://shop.example", hostname="shop.example"),
        ),
        (
            "http://user:word@localhost:3000/a",
            Location("/a", "http://localhost:3000", hostname="localhost"),
        ),
        (
            "http://[2001:db8::1]:8080/",
            Location("/", "http://[2001:db8::1]:8080", hostname="2001:db8::1"),
        ),
        ("https://a.test/å b", Location("/%C3%A5%20b", "https://a.test", hostname="a.test")),
        ("https://a.test/%C3%A5", Location("/%C3%A5", "https://a.test", hostname="a.test")),
        ("http://[bad/a", Location("http://[bad/a")),
        ("http://a.test:port/a", Location("http://a.test:port/a")),
        ("http://", Location("http://")),
        ("https", Location("https")),
        ("httpScreen", Location("httpScreen")),
        ("//cdn.test/x", Location("/x")),
        ("/a/../b", Location("/b")),
        ("/a/./b/.?x=..", Location("/a/b/", query={"x": ".."})),
        ("/../..", Location("/")),
        ("/a/%2e%2E/b//../c.", Location("/b/c.")),
        ("/a/...", Location("/a/...")),
    ],
)
def test_location_of_a_url_or_screen(url: str | None, location: Location) -> None:
    assert parse_location(url) == location


@given(st.text() | st.text().map("http://".__add__) | st.text().map("/".__add__))
def test_any_text_has_a_location(url: str) -> None:
    location = parse_location(url)
    assert bool(location.path) == bool(url)


def test_campaign_comes_from_the_query() -> None:
    location = parse_location(
        "/?utm_source=News&utm_medium=email&utm_campaign=may&utm_term=&utm_content=top&ref=x"
    )
    assert utm_of(location) == Utm(source="News", medium="email", campaign="may", content="top")
    assert utm_of(parse_location("/")) == Utm()


def test_query_and_fragment_become_properties_when_there_are_any() -> None:
    assert query_properties(parse_location("/a?x=1#top")) == {
        "__query": {"x": "1"},
        "__hash": "#top",
    }
    assert query_properties(parse_location("/a")) == {}
