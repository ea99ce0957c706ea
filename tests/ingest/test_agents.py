import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.agents import SERVER, AgentReader
from app.ingest.calls import Technology

READER = AgentReader()

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X)"
IOS_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"


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


CLIENTS = [
    (
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1"
        ),
        "iOS | 16.5 | Mobile Safari | 16.5 | mobile | Apple | iPhone",
    ),
    (
        (
            f"Mozilla/5.0 (iPad; CPU OS 15_6 like Mac OS X) {IOS_WEBKIT} "
            "Version/15.6 Mobile/15E148 Safari/604.1"
        ),
        "iOS | 15.6 | Mobile Safari | 15.6 | tablet | Apple | iPad",
    ),
    (
        f"{WINDOWS} {WEBKIT} Chrome/124.0.6367.91 Safari/537.36",
        "Windows | 10 | Chrome | 124.0.6367.91 | desktop | - | -",
    ),
    (
        f"{WINDOWS} {WEBKIT} Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51",
        "Windows | 10 | Edge | 124.0.2478.51 | desktop | - | -",
    ),
    (
        "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
        "Windows | 7 | IE | 11.0 | desktop | - | -",
    ),
    (
        f"{MAC} {IOS_WEBKIT} Version/17.4.1 Safari/605.1.15",
        "macOS | 10.15.7 | Safari | 17.4.1 | desktop | Apple | Macintosh",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:125.0) Gecko/20100101 Firefox/125.0",
        "macOS | 10.15 | Firefox | 125.0 | desktop | Apple | Macintosh",
    ),
    (
        f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/124.0.0.0 Safari/537.36",
        "Linux | - | Chrome | 124.0.0.0 | desktop | - | -",
    ),
    (
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
        "Ubuntu | - | Firefox | 125.0 | desktop | - | -",
    ),
    (
        f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/124.0.0.0 Safari/537.36",
        "Chrome OS | 14541.0.0 | Chrome | 124.0.0.0 | desktop | - | -",
    ),
    (
        f"Mozilla/5.0 (Linux; Android 13; SM-S918B) {WEBKIT} Chrome/112.0.0.0 Mobile Safari/537.36",
        "Android | 13 | Mobile Chrome | 112.0.0.0 | mobile | Samsung | SM-S918B",
    ),
    (
        f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/124.0.0.0 Mobile Safari/537.36",
        "Android | 10 | Mobile Chrome | 124.0.0.0 | mobile | - | K",
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro) {WEBKIT} Chrome/124.0.6367.82 "
            "Mobile Safari/537.36"
        ),
        "Android | 14 | Mobile Chrome | 124.0.6367.82 | mobile | Google | Pixel 8 Pro",
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 12; SM-T870) {WEBKIT} SamsungBrowser/23.0 "
            "Chrome/115.0.0.0 Safari/537.36"
        ),
        "Android | 12 | Samsung Internet | 23.0 | tablet | Samsung | SM-T870",
    ),
    (
        "Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0",
        "Android | 14 | Mobile Firefox | 125.0 | mobile | - | -",
    ),
    (
        "Mozilla/5.0 (Android 13; Tablet; rv:125.0) Gecko/125.0 Firefox/125.0",
        "Android | 13 | Mobile Firefox | 125.0 | tablet | - | -",
    ),
    (
        f"{IPHONE} {IOS_WEBKIT} CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1",
        "iOS | 17.4.1 | Mobile Chrome | 124.0.6367.88 | mobile | Apple | iPhone",
    ),
    (
        f"{IPHONE} {IOS_WEBKIT} FxiOS/125.0 Mobile/15E148 Safari/605.1.15",
        "iOS | 17.4.1 | Mobile Firefox | 125.0 | mobile | Apple | iPhone",
    ),
    (
        f"{IPHONE} {IOS_WEBKIT} GSA/312.0.623 Mobile/15E148 Safari/604.1",
        "iOS | 17.4.1 | GSA | 312.0.623 | mobile | Apple | iPhone",
    ),
    (
        f"{IPHONE} {IOS_WEBKIT} Mobile/15E148",
        "iOS | 17.4.1 | WebKit | - | mobile | Apple | iPhone",
    ),
    (
        (
            f"{IPHONE} {IOS_WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/459.0.0.36.108;FBDV/iPhone14,5;"
            "FBMD/iPhone;FBSN/iOS;FBSV/17.4.1;FBSS/3;FBID/phone;FBLC/sv_SE]"
        ),
        "iOS | 17.4.1 | Facebook | 459.0.0 | mobile | Apple | iPhone14,5",
    ),
    (
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/UQ1A.240205.002; wv) "
            f"{WEBKIT} Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36"
        ),
        "Android | 14 | Chrome WebView | 124.0.6367.82 | mobile | Google | Pixel 7",
    ),
    (
        f"{WINDOWS} {WEBKIT} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0",
        "Windows | 10 | Opera | 110.0.0 | desktop | - | -",
    ),
    (
        "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/191.308; U; en) Presto/2.8.119 Version/11.10",
        "- | - | Opera Mini | 7.1.32052 | mobile | - | -",
    ),
    (
        (
            f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) {WEBKIT} SamsungBrowser/2.2 "
            "Chrome/63.0.3239.84 TV Safari/537.36"
        ),
        "Tizen | 6.0 | Samsung Internet | 2.2 | smarttv | Samsung | -",
    ),
    (
        "AppleCoreMedia/1.0.0.20L563 (Apple TV; U; CPU OS 16_6 like Mac OS X; en_us)",
        "tvOS | - | - | - | smarttv | Apple | AppleTV",
    ),
    (
        (
            f"Mozilla/5.0 (PlayStation; PlayStation 5/8.20) {IOS_WEBKIT} "
            "Version/15.4 Safari/605.1.15"
        ),
        "- | - | Safari | 15.4 | console | Sony | PlayStation 5",
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 12; Quest 3) {WEBKIT} OculusBrowser/33.0.0.1.37 "
            "Chrome/124.0.6367.82 VR Safari/537.36"
        ),
        "Android | 12 | Oculus Browser | 33.0.0 | xr | Meta | Quest 3",
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 11; KFTRWI) {WEBKIT} Silk/122.3.1 like "
            "Chrome/122.0.6261.119 Safari/537.36"
        ),
        "Android | 11 | Silk | 122.3.1 | tablet | Amazon | Kindle",
    ),
    (
        f"Mozilla/5.0 (Linux; Android 12; Lenovo TB-X606F) {WEBKIT} Chrome/122.0.0.0 Safari/537.36",
        "Android | 12 | Chrome | 122.0.0.0 | tablet | Lenovo | TB-X606F",
    ),
    (
        f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/124.0.6367.78 Safari/537.36",
        "Linux | - | Chrome Headless | 124.0.6367 | desktop | - | -",
    ),
    (
        f"{MAC} {WEBKIT} Slack/4.37.101 Chrome/122.0.6261.156 Electron/29.3.0 Safari/537.36",
        "macOS | 10.15.7 | Electron | 29.3.0 | desktop | Apple | Macintosh",
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 21) {WEBKIT} Chrome/112.0.0.0 "
            "Mobile Safari/537.36"
        ),
        "Android | 13 | Mobile Chrome | 112.0.0.0 | mobile | Cubot | NOTE 21",
    ),
    (
        "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230805.001)",
        "Android | 13 | - | - | mobile | Google | Pixel 7",
    ),
    (
        "Shop/1.2.3 CFNetwork/1490.0.4 Darwin/23.2.0",
        "iOS | 17.2 | Shop | 1.2.3 | mobile | Apple | -",
    ),
    (
        "Shop/1.0 (Android 14; Model=Pixel 7; Manufacturer=Google)",
        "Android | 14 | - | - | mobile | Google | Pixel 7",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Firefox/128.0",
        "macOS | 10.15 | Firefox | 128.0 | desktop | Apple | Macintosh",
    ),
    (
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
        "Ubuntu | - | Firefox | 127.0 | desktop | - | -",
    ),
    (
        f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/127.0.0.0 Safari/537.36",
        "Chrome OS | 14541.0.0 | Chrome | 127.0.0.0 | desktop | - | -",
    ),
    (
        "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
        "Android | 14 | Mobile Firefox | 128.0 | mobile | - | -",
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 13; SM-A536B) {WEBKIT} "
            "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"
        ),
        "Android | 13 | Samsung Internet | 25.0 | mobile | Samsung | SM-A536B",
    ),
    (
        f"Mozilla/5.0 (Linux; Android 12; SM-T870) {WEBKIT} Chrome/126.0.0.0 Safari/537.36",
        "Android | 12 | Chrome | 126.0.0.0 | tablet | Samsung | SM-T870",
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro) {WEBKIT} "
            "Chrome/126.0.6478.122 Mobile Safari/537.36"
        ),
        "Android | 14 | Mobile Chrome | 126.0.6478.122 | mobile | Google | Pixel 8 Pro",
    ),
    (
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) {IOS_WEBKIT} "
            "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1"
        ),
        "iOS | 17.5.1 | Mobile Chrome | 126.0.6478.54 | mobile | Apple | iPhone",
    ),
    (
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {IOS_WEBKIT} "
            "FxiOS/127.0 Mobile/15E148 Safari/605.1.15"
        ),
        "iOS | 17.5 | Mobile Firefox | 127.0 | mobile | Apple | iPhone",
    ),
    (
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) {IOS_WEBKIT} "
            "Mobile/21E219 Instagram 330.0.3.29.92 (iPhone14,5; iOS 17_4; en_US; en; "
            "scale=3.00; 1170x2532; 595808637)"
        ),
        "iOS | 17.4 | Instagram | 330.0.3 | mobile | Apple | iPhone14,5",
    ),
    (
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {IOS_WEBKIT} "
            "EdgiOS/126.0.2592.86 Version/17.0 Mobile/15E148 Safari/604.1"
        ),
        "iOS | 17.5 | Edge | 126.0.2592.86 | mobile | Apple | iPhone",
    ),
    (
        f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0",
        "Windows | 10 | Opera | 112.0.0 | desktop | - | -",
    ),
    (
        f"{WINDOWS} {WEBKIT} Chrome/124.0.0.0 YaBrowser/24.6.0.0 Safari/537.36",
        "Windows | 10 | Yandex | 24.6.0 | desktop | - | -",
    ),
    (
        f"Mozilla/5.0 (Linux; Android 11; CPH2269) {WEBKIT} Chrome/125.0.0.0 Mobile Safari/537.36",
        "Android | 11 | Mobile Chrome | 125.0.0.0 | mobile | OPPO | CPH2269",
    ),
    (
        (
            f"Mozilla/5.0 (Linux; Android 10; moto g(8)) {WEBKIT} "
            "Chrome/125.0.6422.165 Mobile Safari/537.36"
        ),
        "Android | 10 | Mobile Chrome | 125.0.6422.165 | mobile | Motorola | g(8)",
    ),
    (
        f"Mozilla/5.0 (PlayStation 5 3.11) {IOS_WEBKIT} Version/13.0 Safari/605.1.15",
        "- | - | Safari | 13.0 | console | Sony | PlayStation 5",
    ),
    (
        (
            f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {WEBKIT} SamsungBrowser/2.2 "
            "Chrome/63.0.3239.84 TV Safari/537.36"
        ),
        "Tizen | 6.0 | Samsung Internet | 2.2 | smarttv | Samsung | -",
    ),
    (
        f"{MAC} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.8.3381.46",
        "macOS | 10.15.7 | Vivaldi | 6.8.3381 | desktop | Apple | Macintosh",
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; WOW64; rv:115.0) Gecko/20100101 Firefox/115.0",
        "Windows | 10 | Firefox | 115.0 | desktop | - | -",
    ),
    (
        (
            f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {IOS_WEBKIT} "
            "CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1"
        ),
        "iOS | 16.6 | Mobile Chrome | 125.0.6422.80 | tablet | Apple | iPad",
    ),
]

SERVERS = [
    None,
    "",
    "unknown/1.0",
    "curl/8.5.0",
    "python-requests/2.32.3",
    "python-httpx/0.27.0",
    "okhttp/4.9.3",
    "GuzzleHttp/7",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)",
    "Mozilla/5.0 Test",
    "node",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    (
        f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) {WEBKIT} Chrome/124.0.6367.82 "
        "Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    ),
]


@pytest.mark.parametrize(("user_agent", "told"), CLIENTS)
def test_client_is_told_by_its_user_agent(user_agent: str, told: str) -> None:
    agent = READER.read(user_agent)
    assert _told(agent.technology) == told
    assert not agent.is_server


@pytest.mark.parametrize("user_agent", SERVERS)
def test_program_is_a_server_and_nothing_else(user_agent: str | None) -> None:
    agent = READER.read(user_agent)
    assert agent.is_server
    assert agent.technology == Technology(device=SERVER)


@given(st.text(st.characters()))
def test_any_text_is_read(user_agent: str) -> None:
    assert READER.read(user_agent).technology.device


def test_endless_user_agent_is_read_in_part() -> None:
    assert not READER.read(f"{CLIENTS[0][0]} {'x' * 100_000}").is_server
