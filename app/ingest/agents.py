"""What a user agent tells of software and hardware, and whether a program sent the call."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from ua_parser import OS, Device, Parser, UserAgent, load_builtins
from ua_parser.regex import Resolver

from app.ingest.calls import Technology

UNKNOWN_USER_AGENT: Final = "unknown/1.0"
"""Stands for a user agent that was not sent: a server's."""

SERVER: Final = "server"

_LONGEST_READ: Final = 1024
"""Characters of a user agent that are looked at; real ones are shorter than half of it."""

_LONE_PRODUCT: Final = re.compile(r"[^/\s]+/[\w.+-]+")

_OPERATING_SYSTEMS: Final = {
    "Mac OS X": "macOS",
    "ATV OS X": "tvOS",
    "WatchOS": "watchOS",
    "Web0S": "webOS",
}

_BROWSERS: Final = {
    "Amazon Silk": "Silk",
    "Android": "Android Browser",
    "Chrome Mobile": "Mobile Chrome",
    "Chrome Mobile iOS": "Mobile Chrome",
    "Chrome Mobile WebView": "Chrome WebView",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Mobile Firefox",
    "Firefox iOS": "Mobile Firefox",
    "Google": "GSA",
    "HeadlessChrome": "Chrome Headless",
    "IE Mobile": "IEMobile",
    "MiuiBrowser": "MIUI Browser",
    "Mobile Safari UI/WKWebView": "WebKit",
    "Opera Mobile": "Opera",
    "QQ Browser Mobile": "QQBrowser",
    "QQ Browser": "QQBrowser",
    "UC Browser": "UCBrowser",
    "Yandex Browser": "Yandex",
}

_DEVICE_TYPES: Final = (
    ("console", re.compile(r"PlayStation|Xbox|Nintendo", re.IGNORECASE)),
    ("wearable", re.compile(r"Apple ?Watch|watchOS|Galaxy Watch|\bSM-R\d{3}|Wear ?OS")),
    (
        "xr",
        re.compile(r"OculusBrowser|Quest \d|Quest Pro|\bPico (?:Neo|4)|Vision ?Pro|\bVR Safari"),
    ),
    (
        "smarttv",
        re.compile(
            r"smart-?tv|google ?tv|apple ?tv|android tv|hbbtv|bravia|\broku|\baft[a-z]{1,4}\b"
            r"|crkey|web0s|webos\.tv|netcast|\btv safari|\bviera\b|inettvbrowser",
            re.IGNORECASE,
        ),
    ),
    ("embedded", re.compile(r"\bTesla/|QtCarBrowser|\bAEOBC\b")),
    (
        "tablet",
        re.compile(
            r"iPad|Tablet(?! PC)|PlayBook|Kindle|Silk/|\bKF[A-Z]{3,5}\b|\bSM-[TPX]\d{3}|\bGT-P\d{4}"
            r"|Nexus (?:7|9|10)\b|MediaPad|MatePad|\bTB-?[XJ]?\d{3,4}|\bMi ?Pad|Xiaomi Pad"
            r"|Redmi Pad|TouchPad|\bXoom\b"
        ),
    ),
    (
        "mobile",
        re.compile(
            r"iPhone|iPod|Android|Mobile|Windows Phone|IEMobile|BlackBerry|BB10|Opera Mini|MIDP"
            r"|KaiOS|Symbian"
        ),
    ),
)

_APP_HARDWARE: Final = re.compile(r"\b(Model|Manufacturer)=([^;)]+)")

_NO_MODEL: Final = frozenset(
    {"Smartphone", "Tablet", "Feature Phone", "iOS-Device", "SMART-TV", "Web0S SmartTV"}
)


_BRANDS: Final = {"Oppo": "OPPO", "XiaoMi": "Xiaomi", "vivo": "Vivo"}

_MAKERS: Final = (
    ("Samsung", re.compile(r"SM-|GT-|Galaxy")),
    ("Google", re.compile(r"Pixel|Nexus")),
    ("Xiaomi", re.compile(r"Mi |MI |Redmi|POCO|M2\d{3}|2[0-9]{3,}[A-Z0-9]{3,}")),
    ("OnePlus", re.compile(r"ONEPLUS|OnePlus")),
    ("OPPO", re.compile(r"CPH\d{4}|OPPO")),
    ("Realme", re.compile(r"RMX\d{4}|realme")),
    ("Vivo", re.compile(r"vivo|V2\d{3}")),
    ("Motorola", re.compile(r"moto|motorola|XT\d{4}")),
    ("Huawei", re.compile(r"HUAWEI|[A-Z]{3}-(?:L|AL|LX)\d")),
    ("Sony", re.compile(r"XQ-|Xperia")),
    ("Nokia", re.compile(r"Nokia|TA-\d{4}")),
)
"""Makers by how the names of their Android models begin."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The technology that a user agent stands for.

    `is_server` tells that a program sent the call on its own; then the device is "server"
    and nothing else is known.
    """

    technology: Technology
    is_server: bool


_SERVER_AGENT: Final = Agent(Technology(device=SERVER), is_server=True)


@cache
def _parser() -> Parser:
    """The patterns, read once in a process: that takes some tenths of a second."""
    return Parser(Resolver(load_builtins()))


class AgentReader:
    """Reads user agents and remembers the most recent ones.

    The patterns are those of the uap-core project, in their compiled form. Names follow
    what browsers' analytics commonly show: "Mobile Safari", "macOS".
    """

    def __init__(self, remembered: int = 8_192) -> None:
        self._parser = _parser()
        self._read = lru_cache(maxsize=remembered)(self._parse)

    def read(self, user_agent: str | None) -> Agent:
        """The agent behind a user agent; a missing one is a server's."""
        if not user_agent:
            return _SERVER_AGENT
        return self._read(user_agent[:_LONGEST_READ])

    def _parse(self, user_agent: str) -> Agent:
        # Trap: the compiled matcher takes UTF-8 and refuses lone surrogates.
        text = user_agent.encode("utf-8", "replace").decode("utf-8").strip()
        if _LONE_PRODUCT.fullmatch(text):
            return _SERVER_AGENT
        found = self._parser.parse(text)
        if _is_program(found.os, found.device):
            return _SERVER_AGENT
        device_type = _device_type(text, found.os)
        brand, model = _hardware(text, found.device)
        technology = Technology(
            os=_os_name(found.os),
            os_version=_version(found.os),
            browser=_browser_name(found.user_agent, found.os),
            browser_version=_browser_version(found.user_agent, found.os),
            device=device_type,
            brand=brand,
            model=model,
        )
        return Agent(technology, is_server=False)


def find_maker(model: str) -> str | None:
    """The maker of an Android model, by how the model's name begins."""
    return next((maker for maker, pattern in _MAKERS if pattern.match(model)), None)


def _is_program(os: OS | None, device: Device | None) -> bool:
    """Whether no one looks at a screen: every browser names its system or its device.

    Crawlers name both at times, and are told by the device.
    """
    if device is not None:
        return device.brand == "Spider"
    return os is None


def _device_type(text: str, os: OS | None) -> str:
    for kind, pattern in _DEVICE_TYPES:
        if pattern.search(text):
            return kind
    # An app's network library names the kernel alone; the system was concluded from it.
    return "mobile" if os is not None and os.family == "iOS" else "desktop"


def _os_name(os: OS | None) -> str | None:
    return None if os is None else _OPERATING_SYSTEMS.get(os.family, os.family)


def _is_browser(agent: UserAgent, os: OS | None) -> bool:
    """Apps without a browser's name are reported under the name of their system."""
    return os is None or agent.family != os.family or agent.major != os.major


def _browser_name(agent: UserAgent | None, os: OS | None) -> str | None:
    if agent is None or not _is_browser(agent, os):
        return None
    return _BROWSERS.get(agent.family, agent.family)


def _browser_version(agent: UserAgent | None, os: OS | None) -> str | None:
    if agent is None or not _is_browser(agent, os):
        return None
    return _version(agent)


def _version(product: OS | UserAgent | None) -> str | None:
    """The parts that are known, joined with dots."""
    if product is None:
        return None
    parts = (product.major, product.minor, product.patch, product.patch_minor)
    return ".".join(part for part in parts if part) or None


def _hardware(text: str, device: Device | None) -> tuple[str | None, str | None]:
    """Brand and model; what only says "some phone" is left out."""
    told = {match[1]: match[2].strip() for match in _APP_HARDWARE.finditer(text)}
    brand = device.brand if device else None
    model = device.model if device else None
    if brand is not None and brand.startswith("Generic"):
        brand = None
    if model in _NO_MODEL:
        model = None
    if model == "Mac":
        model = "Macintosh"
    brand = told.get("Manufacturer") or (_BRANDS.get(brand, brand) if brand else None)
    model = told.get("Model") or model
    return brand or (find_maker(model) if model else None), model
