"""What browsers say of themselves in client hints, where user agents have been frozen."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from app.ingest.agents import SERVER, find_maker
from app.ingest.calls import Brand, ClientHints, Technology

_LONGEST_READ: Final = 1024
"""Characters of a header that are looked at."""

_BRAND: Final = re.compile(r'"((?:[^"\\]|\\.){1,64})"\s*;\s*v="?([\w.]{1,32})"?')
_STRING: Final = re.compile(r'\s*"((?:[^"\\]|\\.){1,64})"\s*')
_BROWSERS: Final = {
    "Android WebView": "Chrome WebView",
    "Avast Secure Browser": "Avast Secure Browser",
    "Brave": "Brave",
    "CocCoc": "Coc Coc",
    "DuckDuckGo": "DuckDuckGo",
    "Google Chrome": "Chrome",
    "HeadlessChrome": "Chrome Headless",
    "Microsoft Edge": "Edge",
    "Opera": "Opera",
    "Opera GX": "Opera GX",
    "Opera Mini Android": "Opera Mini",
    "Samsung Internet": "Samsung Internet",
    "Vivaldi": "Vivaldi",
    "Whale": "Whale",
    "YaBrowser": "Yandex",
    "Yandex": "Yandex",
}
"""The brands that are believed, with the names that user agents are shown under.

The engine's name and the brand that does not exist, which browsers list to keep readers from
taking lists for closed, are none of them.
"""

_CHROME: Final = frozenset({"Chrome", "Mobile Chrome"})
"""What a browser of another brand is taken for when its user agent hides the brand."""

_SYSTEMS: Final = {
    "Android": "Android",
    "Chrome OS": "Chrome OS",
    "Chromium OS": "Chrome OS",
    "Linux": "Linux",
    "Windows": "Windows",
    "macOS": "macOS",
}

_OLD_WINDOWS: Final = {"0.1": "7", "0.2": "8", "0.3": "8.1"}
_FIRST_WINDOWS_11: Final = 13
"""Windows tells the version of an interface; that of Windows 11 began with this one."""

_NO_MODELS: Final = frozenset({None, "K"})
"""The models that a frozen user agent of Android shows."""


def hints_in(headers: Mapping[str, str]) -> ClientHints | None:
    """The client hints among headers of lower-case names, or None when there are none."""
    brands = headers.get("sec-ch-ua", "")
    full_brands = headers.get("sec-ch-ua-full-version-list", "")
    platform = headers.get("sec-ch-ua-platform", "")
    if not (brands or full_brands or platform):
        return None
    return _read(
        brands[:_LONGEST_READ],
        full_brands[:_LONGEST_READ],
        platform[:_LONGEST_READ],
        headers.get("sec-ch-ua-platform-version", "")[:_LONGEST_READ],
        headers.get("sec-ch-ua-mobile", "")[:_LONGEST_READ],
        headers.get("sec-ch-ua-model", "")[:_LONGEST_READ],
    )


@lru_cache(maxsize=4_096)
def refined(technology: Technology, hints: ClientHints) -> Technology:
    """The technology that a user agent stands for, made exact by what the browser says.

    Hints come from browsers on Chromium alone; what another program claims in its user
    agent (an app's name, a Linux distribution, a television) stays as it is, and so does a
    server.
    """
    if technology.device == SERVER:
        return technology
    return _with_browser(_with_device(_with_system(technology, hints), hints), hints)


@lru_cache(maxsize=4_096)
def _read(  # noqa: PLR0913, PLR0917 - one text per header.
    brands: str, full_brands: str, platform: str, version: str, mobile: str, model: str
) -> ClientHints:
    return ClientHints(
        brands=_brands(brands),
        full_brands=_brands(full_brands),
        platform=_text(platform),
        platform_version=_text(version),
        is_mobile={"?1": True, "?0": False}.get(mobile.strip()),
        model=_text(model),
    )


def _with_system(technology: Technology, hints: ClientHints) -> Technology:
    name = _SYSTEMS.get(hints.platform or "")
    if name is None or (name == "Linux" and technology.os):
        return technology
    told = _system_version(name, hints.platform_version)
    if name == technology.os:
        return replace(technology, os_version=told or technology.os_version)
    return replace(technology, os=name, os_version=told)


def _system_version(name: str, told: str | None) -> str | None:
    if not told or name == "Linux":
        # That of the kernel, which user agents don't tell either.
        return None
    numbers = told.split(".")
    if name == "Windows":
        major = int(numbers[0]) if numbers[0].isdecimal() else 0
        if major == 0:
            return _OLD_WINDOWS.get(".".join(numbers[:2]))
        return "11" if major >= _FIRST_WINDOWS_11 else "10"
    while len(numbers) > 1 and numbers[-1] in ("", "0"):
        numbers.pop()
    return ".".join(numbers)


def _with_device(technology: Technology, hints: ClientHints) -> Technology:
    device = technology.device
    if hints.is_mobile is True and device == "desktop":
        device = "mobile"
    elif hints.is_mobile is False and device == "mobile" and hints.platform == "Android":
        device = "tablet"
    model = hints.model or technology.model
    brand = technology.brand
    if hints.model and (brand is None or technology.model in _NO_MODELS):
        brand = find_maker(hints.model) or brand
    return replace(technology, device=device, brand=brand, model=model)


def _with_browser(technology: Technology, hints: ClientHints) -> Technology:
    exact = _find_brand(hints.full_brands)
    brand = exact or _find_brand(hints.brands)
    if brand is None:
        return technology
    name, own = _BROWSERS[brand.name], technology.browser
    if own == name or (name == "Chrome" and own in _CHROME):
        return replace(technology, browser_version=exact.version) if exact else technology
    if own is None or own in _CHROME:
        return replace(technology, browser=name, browser_version=brand.version)
    return technology


def _find_brand(brands: tuple[Brand, ...]) -> Brand | None:
    """The brand that says most: Chrome's own stands beside that of some of its variants."""
    known = [brand for brand in brands if brand.name in _BROWSERS]
    others = (brand for brand in known if brand.name != "Google Chrome")
    return next(others, known[0] if known else None)


def _brands(header: str) -> tuple[Brand, ...]:
    return tuple(Brand(match[1], match[2]) for match in _BRAND.finditer(header))


def _text(header: str) -> str | None:
    match = _STRING.fullmatch(header)
    return match[1] if match else None
