import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.locations import parse_location
from app.ingest.referrers import NO_REFERRER, HandwrittenBook, Referrer, Source, refer

BOOK = HandwrittenBook()


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("google.com", Source("Google", "search")),
        ("www.google.com", Source("Google", "search")),
        ("www.google.se", Source("Google", "search")),
        ("google.co.uk", Source("Google", "search")),
        ("google.com.au", Source("Google", "search")),
        ("mail.google.com", Source("Gmail", "email")),
        ("news.google.com", Source("Google News", "content")),
        ("gemini.google.com", Source("Gemini", "ai")),
        ("docs.google.com", None),
        ("se.search.yahoo.com", Source("Yahoo!", "search")),
        ("mail.yahoo.com", Source("Yahoo! Mail", "email")),
        ("l.facebook.com", Source("Facebook", "social")),
        ("old.reddit.com", Source("Reddit", "social")),
        ("t.co", Source("Twitter", "social")),
        ("x.com", Source("Twitter", "social")),
        ("netflix.com", None),
        ("chatgpt.com", Source("ChatGPT", "ai")),
        ("news.ycombinator.com", Source("Hacker News", "tech")),
        ("sv.wikipedia.org", Source("Wikipedia", "content")),
        ("www.amazon.de", Source("Amazon", "commerce")),
        ("googleadservices.com", Source("Google Ads", "paid")),
        ("blog.test", None),
        ("com", None),
        ("", None),
    ],
)
def test_site_is_known_by_its_host(host: str, source: Source | None) -> None:
    assert BOOK.find_host(host) == source


@pytest.mark.parametrize(
    ("referrer", "page", "found"),
    [
        (None, "https://a.test/", NO_REFERRER),
        ("", "https://a.test/", NO_REFERRER),
        ("/", "https://a.test/", NO_REFERRER),
        ("https://a.test/other", "https://a.test/", NO_REFERRER),
        ("http://A.test:80/other", "https://a.test/", NO_REFERRER),
        (
            "https://www.a.test/x",
            "https://a.test/",
            Referrer("https://www.a.test/x", "https://www.a.test/x"),
        ),
        (
            "https://www.google.com/",
            "https://a.test/",
            Referrer("https://www.google.com", "Google", "search"),
        ),
        ("https://www.google.com//", None, Referrer("https://www.google.com", "Google", "search")),
        (
            "android-app://com.google.android.gm/",
            "https://a.test/",
            Referrer("android-app://com.google.android.gm", "Gmail", "email"),
        ),
        ("https://blog.test/a/", "/p", Referrer("https://blog.test/a", "https://blog.test/a")),
        ("a newsletter", "/p", Referrer("a newsletter", "a newsletter")),
        ("http://[bad", "/p", Referrer("http://[bad", "http://[bad")),
        (
            None,
            "https://shop.example/p?utm_source=Google&x=1#top",
            Referrer(None, "Google", "search"),
        ),
        (None, "/p?utm_source=chatgpt.com", Referrer(None, "ChatGPT", "ai")),
        (None, "/p?utm_source=Hacker+News", Referrer(None, "Hacker News", "tech")),
        (None, "/p?utm_source=Newsletter", Referrer(None, "newsletter")),
        (None, "/p?ref=producthunt", Referrer(None, "Product Hunt", "tech")),
        (None, "/p?utm_referrer=bing.com", Referrer(None, "Bing", "search")),
        (None, "/p?utm_source=&ref=reddit", Referrer(None, "Reddit", "social")),
        (None, "/p?utm_referrer=bing&ref=reddit&utm_source=x", Referrer(None, "Twitter", "social")),
        (
            "https://www.google.com/",
            "/p?utm_source=newsletter",
            Referrer("https://www.google.com", "newsletter", "search"),
        ),
        (
            "https://www.google.com/",
            "/p?utm_source=facebook",
            Referrer("https://www.google.com", "Facebook", "social"),
        ),
        (
            "https://a.test/before",
            "https://a.test/?utm_source=facebook",
            Referrer(None, "Facebook", "social"),
        ),
    ],
)
def test_referrer_of_a_page(referrer: str | None, page: str | None, found: Referrer) -> None:
    assert refer(referrer, parse_location(page), BOOK) == found


@given(st.text() | st.text().map("http://".__add__), st.text().map("/?utm_source=".__add__))
def test_any_referrer_is_taken(referrer: str, page: str) -> None:
    assert refer(referrer, parse_location(page), BOOK).name != ""
