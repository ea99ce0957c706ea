from pathlib import Path

import pytest

from app.ingest.locations import parse_location
from app.ingest.reference import find_referrers
from app.ingest.referrer_books import (
    BookError,
    PublishedBook,
    PublishedSite,
    read_sites,
    referrer_book,
)
from app.ingest.referrers import HandwrittenBook, Referrer, Source, refer

INSTALLED = referrer_book()

SENDERS = [
    ("https://www.google.com/", "Google", "search"),
    ("https://www.google.co.uk/search?q=a", "Google", "search"),
    ("https://google.se/", "Google", "search"),
    ("android-app://com.google.android.googlequicksearchbox/", "Google", "search"),
    ("https://www.bing.com/search?q=a", "Bing", "search"),
    ("https://duckduckgo.com/", "DuckDuckGo", "search"),
    ("https://search.brave.com/", "Brave", "search"),
    ("https://www.ecosia.org/", "Ecosia", "search"),
    ("https://de.search.yahoo.com/", "Yahoo!", "search"),
    ("https://yandex.ru/", "Yandex", "search"),
    ("https://m.baidu.com/", "Baidu", "search"),
    ("https://search.naver.com/", "Naver", "search"),
    ("https://kagi.com/", "Kagi", "search"),
    ("https://www.startpage.com/", "Startpage", "search"),
    ("https://www.facebook.com/", "Facebook", "social"),
    ("https://lm.facebook.com/l.php?u=x", "Facebook", "social"),
    ("https://l.instagram.com/", "Instagram", "social"),
    ("https://t.co/abc", "Twitter", "social"),
    ("https://x.com/someone/status/1", "Twitter", "social"),
    ("https://www.linkedin.com/feed/", "LinkedIn", "social"),
    ("https://lnkd.in/x", "LinkedIn", "social"),
    ("https://old.reddit.com/r/python", "Reddit", "social"),
    ("https://out.reddit.com/", "Reddit", "social"),
    ("https://go.bsky.app/", "Bluesky", "social"),
    ("https://l.threads.com/", "Threads", "social"),
    ("https://mastodon.social/@a", "Mastodon", "social"),
    ("https://away.vk.com/", "VK", "social"),
    ("https://www.youtube.com/watch?v=1", "YouTube", "social"),
    ("https://www.flickr.com/", "Flickr", "social"),
    ("https://mail.google.com/mail/u/0/", "Gmail", "email"),
    ("https://outlook.live.com/", "Outlook.com", "email"),
    ("https://mail.163.com/", "163 Mail", "email"),
    ("https://mail.yandex.ua/", "Yandex", "email"),
    ("https://googleads.g.doubleclick.net/", "Google", "paid"),
    ("https://yabs.yandex.ru/", "Yandex.Direct", "paid"),
    ("https://www.adform.net/", "Adform", "paid"),
    ("https://trc.taboola.com/", "Taboola", "paid"),
    ("https://chatgpt.com/", "ChatGPT", "ai"),
    ("https://chat.openai.com/", "ChatGPT", "ai"),
    ("https://www.perplexity.ai/search/x", "Perplexity", "ai"),
    ("https://claude.ai/chat/1", "Claude", "ai"),
    ("https://gemini.google.com/app", "Gemini", "ai"),
    ("https://copilot.microsoft.com/", "Copilot", "ai"),
    ("https://chat.deepseek.com/", "DeepSeek", "ai"),
    ("https://github.com/a/b", "GitHub", "tech"),
    ("https://gist.github.com/", "GitHub", "tech"),
    ("https://news.ycombinator.com/item?id=1", "Hacker News", "tech"),
    ("https://stackoverflow.com/questions/1", "Stack Overflow", "tech"),
    ("https://www.producthunt.com/", "Product Hunt", "tech"),
    ("https://en.m.wikipedia.org/wiki/A", "Wikipedia", "content"),
    ("https://someone.substack.com/p/a", "Substack", "content"),
    ("https://medium.com/@a", "Medium", "content"),
    ("https://ground.news/", "Ground News", "content"),
    ("https://www.amazon.de/", "Amazon", "commerce"),
    ("https://play.google.com/store", "Google Play", "commerce"),
    ("https://support.google.com/x", "Google", "unknown"),
    ("https://finance.yahoo.com/", "Yahoo!", "unknown"),
    ("https://blog.example/a", "https://blog.example/a", None),
    ("https://docs.google.com/document", "https://docs.google.com/document", None),
]


@pytest.mark.parametrize(("url", "name", "kind"), SENDERS)
def test_senders_are_known(url: str, name: str, kind: str | None) -> None:
    found = refer(url, parse_location("https://shop.example/"), INSTALLED)
    assert (found.name, found.kind) == (name, kind)


@pytest.mark.parametrize(
    ("campaign", "name", "kind"),
    [
        ("google", "Google", "search"),
        ("chatgpt.com", "ChatGPT", "ai"),
        ("fb", "Facebook", "social"),
        ("hacker+news", "Hacker News", "tech"),
        ("ground+news", "Ground News", "content"),
        ("flickr", "Flickr", "social"),
        ("may-letter", "may-letter", None),
    ],
)
def test_campaigns_are_known_by_host_or_name(campaign: str, name: str, kind: str | None) -> None:
    found = refer(None, parse_location(f"/?utm_source={campaign}"), INSTALLED)
    assert found == Referrer(None, name, kind)  # type: ignore[arg-type]


def test_installed_list_is_the_published_one() -> None:
    assert find_referrers() is not None
    assert isinstance(INSTALLED, PublishedBook)


@pytest.mark.parametrize(
    ("place", "name", "medium", "source"),
    [
        ("mail.test", "Test Mail", "email", Source("Test Mail", "email")),
        ("shop.test", "Test Shop", "referral", Source("Test Shop", "content")),
        ("odd.test", "Odd", "carrier pigeon", Source("Odd", "unknown")),
        ("code.test", "github", "social", Source("GitHub", "tech")),
        ("ads.code.test", "Git-Hub", "paid", Source("GitHub", "paid")),
        ("away.github.com", "The Hub", "social", Source("GitHub", "tech")),
        ("github.com", "Another", "paid", Source("GitHub", "tech")),
    ],
)
def test_handwritten_list_names_and_sorts_the_published_one(
    place: str, name: str, medium: str, source: Source
) -> None:
    book = PublishedBook([PublishedSite(place, name, medium)], HandwrittenBook())
    assert book.find_host(place) == source
    assert book.find_host(f"www.{place}") == source


def test_published_hosts_stand_for_themselves_alone() -> None:
    sites = [PublishedSite("a.test", "A", "search"), PublishedSite("b.test/x", "B", "search")]
    book = PublishedBook(sites, HandwrittenBook())
    assert book.find_host("docs.a.test") is None
    assert book.find_host("b.test") is None
    assert book.find_host("a" * 300) is None


@pytest.mark.parametrize("text", ["", "[]", '{"a.test": {"source": "A"}}', '{"a.test": 1}'])
def test_list_of_another_format_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sites.json"
    path.write_text(text)
    with pytest.raises(BookError, match=r"sites\.json"):
        read_sites(path)


def test_without_a_list_there_is_none(tmp_path: Path) -> None:
    assert find_referrers(tmp_path) is None
    with pytest.raises(BookError, match=r"none\.json"):
        read_sites(tmp_path / "none.json")
