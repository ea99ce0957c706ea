import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.bots import Bot, find_bot

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X)"
IOS_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"

BOTS = [
    (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        Bot("Googlebot", "Search bot"),
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) {WEBKIT} "
            "Chrome/124.0.6367.82 Mobile Safari/537.36 "
            "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        ),
        Bot("Googlebot", "Search bot"),
    ),
    (
        f"{WEBKIT} compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76",
        Bot("BingBot", "Search bot"),
    ),
    (
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        Bot("YandexBot", "Search bot"),
    ),
    (
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        Bot("Baidu Spider", "Search bot"),
    ),
    (
        "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
        Bot("DuckDuckBot", "Search bot"),
    ),
    (
        (
            f"{MAC} {IOS_WEBKIT} Version/17.4 Safari/605.1.15 "
            "(Applebot/0.1; +http://www.apple.com/go/applebot)"
        ),
        Bot("Applebot", "AI Search Crawler"),
    ),
    (
        f"Mozilla/5.0 {WEBKIT}; compatible; GPTBot/1.2; +https://openai.com/gptbot",
        Bot("GPTBot", "AI Data Scraper"),
    ),
    (
        f"Mozilla/5.0 {WEBKIT}; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
        Bot("ClaudeBot", "AI Data Scraper"),
    ),
    (
        f"Mozilla/5.0 {WEBKIT}; compatible; ChatGPT-User/1.0; +https://openai.com/bot",
        Bot("ChatGPT-User", "AI Assistant"),
    ),
    (
        f"Mozilla/5.0 {WEBKIT}; compatible; PerplexityBot/1.0; +https://perplexity.ai/bot)",
        Bot("PerplexityBot", "AI Search Crawler"),
    ),
    ("CCBot/2.0 (https://commoncrawl.org/faq/)", Bot("ccBot crawler", "Crawler")),
    (
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        Bot("aHrefs Bot", "Crawler"),
    ),
    (
        "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
        Bot("SemrushBot", "Crawler"),
    ),
    (
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        Bot("Facebook Crawler", "Social Media Agent"),
    ),
    ("Twitterbot/1.0", Bot("Twitterbot", "Social Media Agent")),
    (
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; +http://www.linkedin.com)",
        Bot("LinkedIn Bot", "Social Media Agent"),
    ),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Bot("Slackbot", "Crawler")),
    (
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        Bot("Discord Bot", "Service Agent"),
    ),
    ("TelegramBot (like TwitterBot)", Bot("TelegramBot", "Crawler")),
    (
        "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        Bot("UptimeRobot", "Site Monitor"),
    ),
    (
        "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
        Bot("Pingdom Bot", "Site Monitor"),
    ),
    (
        "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)",
        Bot("Feedly", "Feed Fetcher"),
    ),
    ("360Spider-Image", Bot("360Spider-Image", "Search bot")),
    ("AcmeCrawler/0.1 (+https://acme.example)", Bot("Generic Bot", "Crawler")),
]

PEOPLE_AND_SERVERS = [
    f"{WINDOWS} {WEBKIT} Chrome/124.0.0.0 Safari/537.36",
    f"{WINDOWS} {WEBKIT} Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51",
    f"{WINDOWS} {WEBKIT} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    f"{MAC} {IOS_WEBKIT} Version/17.4.1 Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:125.0) Gecko/20100101 Firefox/125.0",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/124.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/124.0.0.0 Mobile Safari/537.36",
    # A phone whose brand ends like a bot.
    f"Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 21) {WEBKIT} Chrome/112.0.0.0 Mobile Safari/537",
    f"{IPHONE} {IOS_WEBKIT} Version/17.4.1 Mobile/15E148 Safari/604.1",
    f"{IPHONE} {IOS_WEBKIT} CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1",
    f"{IPHONE} {IOS_WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/459.0.0.36.108;FBDV/iPhone14,5]",
    f"{IPHONE} {IOS_WEBKIT} Mobile/15E148 Instagram 328.0.0.35.90 (iPhone14,5; iOS 17_4_1)",
    f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) {WEBKIT} SamsungBrowser/2.2 Chrome/63.0 TV Safari",
    "Mozilla/5.0 (PlayStation; PlayStation 5/8.20) AppleWebKit/605.1.15 Version/15.4 Safari",
    "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/191.308; U; en) Presto/2.8.119 Version/11.10",
    "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230805.001)",
    "Shop/1.2.3 CFNetwork/1490.0.4 Darwin/23.2.0",
    "Mozilla/5.0 Test",
    "node",
    "curl/8.5.0",
    "python-requests/2.32.3",
    "python-httpx/0.27.0",
    "okhttp/4.9.3",
    "axios/1.7.2",
    "Go-http-client/2.0",
    "unknown/1.0",
    "",
    None,
]


@pytest.mark.parametrize(("user_agent", "bot"), BOTS)
def test_bot_is_known_by_its_user_agent(user_agent: str, bot: Bot) -> None:
    assert find_bot(user_agent) == bot


@pytest.mark.parametrize("user_agent", PEOPLE_AND_SERVERS)
def test_people_and_servers_are_no_bots(user_agent: str | None) -> None:
    assert find_bot(user_agent) is None


@given(st.text(st.characters()))
def test_any_user_agent_is_read(user_agent: str) -> None:
    bot = find_bot(user_agent)
    assert bot is None or (bot.name and bot.kind and "\\g<" not in bot.name)
