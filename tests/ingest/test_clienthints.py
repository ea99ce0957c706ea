import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.agents import AgentReader
from app.ingest.calls import Brand, ClientHints, Technology
from app.ingest.clienthints import hints_in, refined

READER = AgentReader()

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/124.0.0.0 Safari/537.36"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Chrome/124.0.0.0 Safari/537.36"
LINUX = f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/124.0.0.0 Safari/537.36"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/124.0.0.0 Mobile Safari/537.36"
ANDROID_TABLET = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/124.0.0.0 Safari/537.36"
CHROME_OS = f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/124.0.0.0 Safari/537.36"
WEB_VIEW = (
    f"Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/UQ1A; wv) {WEBKIT} Version/4.0 "
    "Chrome/124.0.6367.82 Mobile Safari/537.36"
)
FACEBOOK = f"{WEB_VIEW} [FB_IAB/FB4A;FBAV/459.0.0.36.108;]"

CHROME = '"Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"'
CHROME_FULL = (
    '"Chromium";v="124.0.6367.91", "Google Chrome";v="124.0.6367.91", "Not-A.Brand";v="99.0.0.0"'
)
BRAVE = '"Chromium";v="124", "Brave";v="124", "Not-A.Brand";v="99"'
EDGE_FULL = '"Chromium";v="124.0.6367.91", "Microsoft Edge";v="124.0.2478.67"'
OPERA_FULL = '"Opera";v="110.0.5130.23", "Chromium";v="124.0.6367.91", "Not-A.Brand";v="99.0.0.0"'


def _told(technology: Technology) -> str:
    parts = (
        technology.os,
        technology.os_version,
        technology.browser,
        technology.browser_version,
        technology.device,
        technology.brand,
        technology.model,
    )
    return " | ".join(part or "-" for part in parts)


def _headers(**hints: str) -> dict[str, str]:
    names = {"brands": "sec-ch-ua", "full_brands": "sec-ch-ua-full-version-list"}
    return {
        names.get(key, f"sec-ch-ua-{key.replace('_', '-')}"): text for key, text in hints.items()
    }


def _windows(version: str) -> dict[str, str]:
    return _headers(brands=CHROME, platform='"Windows"', platform_version=f'"{version}"')


CASES = [
    (WINDOWS, _windows("15.0.0"), "Windows | 11 | Chrome | 124.0.0.0 | desktop | - | -"),
    (WINDOWS, _windows("13.0.0"), "Windows | 11 | Chrome | 124.0.0.0 | desktop | - | -"),
    (WINDOWS, _windows("10.0.0"), "Windows | 10 | Chrome | 124.0.0.0 | desktop | - | -"),
    (WINDOWS, _windows("0.3.0"), "Windows | 8.1 | Chrome | 124.0.0.0 | desktop | - | -"),
    (WINDOWS, _windows("0.1"), "Windows | 7 | Chrome | 124.0.0.0 | desktop | - | -"),
    (WINDOWS, _windows("0.9"), "Windows | 10 | Chrome | 124.0.0.0 | desktop | - | -"),
    (
        WINDOWS,
        _headers(brands=CHROME, platform='"Windows"'),
        "Windows | 10 | Chrome | 124.0.0.0 | desktop | - | -",
    ),
    (
        WINDOWS,
        _headers(brands=CHROME, full_brands=CHROME_FULL, mobile="?0"),
        "Windows | 10 | Chrome | 124.0.6367.91 | desktop | - | -",
    ),
    (WINDOWS, _headers(brands=BRAVE), "Windows | 10 | Brave | 124 | desktop | - | -"),
    (
        f"{WINDOWS} Edg/124.0.0.0",
        _headers(full_brands=EDGE_FULL),
        "Windows | 10 | Edge | 124.0.2478.67 | desktop | - | -",
    ),
    (
        f"{WINDOWS} OPR/110.0.0.0",
        _headers(full_brands=OPERA_FULL),
        "Windows | 10 | Opera | 110.0.5130.23 | desktop | - | -",
    ),
    (
        MAC,
        _headers(brands=CHROME, platform='"macOS"', platform_version='"14.5.0"'),
        "macOS | 14.5 | Chrome | 124.0.0.0 | desktop | Apple | Macintosh",
    ),
    (
        CHROME_OS,
        _headers(brands=CHROME, platform='"Chrome OS"', platform_version='"15786.48.2"'),
        "Chrome OS | 15786.48.2 | Chrome | 124.0.0.0 | desktop | - | -",
    ),
    (
        LINUX,
        _headers(brands=CHROME, platform='"Linux"', platform_version='"6.5.0"'),
        "Linux | - | Chrome | 124.0.0.0 | desktop | - | -",
    ),
    (
        ANDROID,
        _headers(
            brands=CHROME,
            full_brands=CHROME_FULL,
            platform='"Android"',
            platform_version='"14.0.0"',
            mobile="?1",
            model='"SM-S918B"',
        ),
        "Android | 14 | Mobile Chrome | 124.0.6367.91 | mobile | Samsung | SM-S918B",
    ),
    (
        ANDROID,
        _headers(brands=CHROME, platform='"Android"', mobile="?1", model='"Pixel 8 Pro"'),
        "Android | 10 | Mobile Chrome | 124.0.0.0 | mobile | Google | Pixel 8 Pro",
    ),
    (
        ANDROID,
        _headers(brands=CHROME, platform='"Android"', mobile="?1", model='""'),
        "Android | 10 | Mobile Chrome | 124.0.0.0 | mobile | - | K",
    ),
    (
        ANDROID_TABLET,
        _headers(brands=CHROME, platform='"Android"', mobile="?0", model='"SM-X710"'),
        "Android | 10 | Chrome | 124.0.0.0 | tablet | Samsung | SM-X710",
    ),
    # A phone that asks for the pages of a desktop.
    (
        LINUX,
        _headers(brands=CHROME, platform='"Android"', platform_version='"14"', mobile="?1"),
        "Android | 14 | Chrome | 124.0.0.0 | mobile | - | -",
    ),
    (
        WEB_VIEW,
        _headers(brands='"Chromium";v="124", "Android WebView";v="124"', mobile="?1"),
        "Android | 14 | Chrome WebView | 124.0.6367.82 | mobile | Google | Pixel 7",
    ),
    (
        FACEBOOK,
        _headers(brands='"Chromium";v="124", "Android WebView";v="124"', mobile="?1"),
        "Android | 14 | Facebook | 459.0.0 | mobile | Google | Pixel 7",
    ),
    (
        "curl/8.5.0",
        _headers(brands=CHROME, platform='"Windows"'),
        "- | - | - | - | server | - | -",
    ),
]


@pytest.mark.parametrize(("user_agent", "headers", "told"), CASES)
def test_hints_make_a_user_agent_exact(user_agent: str, headers: dict[str, str], told: str) -> None:
    hints = hints_in({"user-agent": user_agent, **headers})
    assert hints is not None
    assert _told(refined(READER.read(user_agent).technology, hints)) == told


def test_hints_are_read_from_their_headers() -> None:
    headers = _headers(
        brands=BRAVE,
        full_brands='"Brave";v="124.1.65.114", "Not(A:Brand";v="8.0.0.0"',
        platform='"Android"',
        platform_version='"14"',
        mobile="?1",
        model='"Pixel 8"',
    )
    assert hints_in(headers) == ClientHints(
        brands=(Brand("Chromium", "124"), Brand("Brave", "124"), Brand("Not-A.Brand", "99")),
        full_brands=(Brand("Brave", "124.1.65.114"), Brand("Not(A:Brand", "8.0.0.0")),
        platform="Android",
        platform_version="14",
        is_mobile=True,
        model="Pixel 8",
    )


@pytest.mark.parametrize("headers", [{}, {"user-agent": WINDOWS}, {"sec-ch-ua": ""}])
def test_browsers_without_hints_give_none(headers: dict[str, str]) -> None:
    assert hints_in(headers) is None


@given(
    st.dictionaries(
        st.sampled_from(
            sorted(
                _headers(
                    **dict.fromkeys(
                        (
                            "brands",
                            "full_brands",
                            "platform",
                            "platform_version",
                            "mobile",
                            "model",
                        ),
                        "",
                    )
                )
            )
        ),
        st.text() | st.text(alphabet='";v=?1.0 ,abW\\'),
    )
)
def test_any_headers_are_taken(headers: dict[str, str]) -> None:
    hints = hints_in(headers)
    if hints is not None:
        technology = READER.read(ANDROID).technology
        assert refined(technology, hints).browser == technology.browser
