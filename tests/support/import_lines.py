"""Lines of files to import."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import orjson

from app.analytics.records import Json

START_MS: Final = 1_735_732_800_000
"""The first line's time: 2025-01-01T12:00:00Z."""

MINUTE: Final = 60_000

CAMEL: Final[dict[str, Json]] = {
    "id": "5f0c2f9e-5a1b-4c3d-8e7f-0123456789ab",
    "name": "screen_view",
    "deviceId": "d1",
    "profileId": "ann",
    "projectId": "elsewhere",
    "sessionId": "theirs",
    "properties": {"__title": "Start", "__query.utm_source": "letter", "seats": "3"},
    "createdAt": "2025-01-01T12:00:00.120Z",
    "path": "/",
    "origin": "https://shop.test",
    "referrer": "https://google.com",
    "referrerName": "Google",
    "referrerType": "search",
    "revenue": 0,
    "country": "SE",
    "city": "Lund",
    "region": "Skåne",
    "longitude": 13.19,
    "latitude": 55.7,
    "os": "Windows",
    "osVersion": "10",
    "browser": "Chrome",
    "browserVersion": "140.0",
    "device": "desktop",
    "brand": "",
    "model": "",
    "importedAt": None,
    "sdkName": "web",
    "sdkVersion": "1.3.0",
    "groups": ["acme"],
}

SNAKE: Final[dict[str, Json]] = {
    "id": "5f0c2f9e-5a1b-4c3d-8e7f-0123456789ab",
    "name": "screen_view",
    "device_id": "d1",
    "profile_id": "ann",
    "project_id": "elsewhere",
    "session_id": "theirs",
    "properties": {"__title": "Start", "__query.utm_source": "letter", "seats": "3"},
    "created_at": "2025-01-01 12:00:00.120",
    "path": "/",
    "origin": "https://shop.test",
    "referrer": "https://google.com",
    "referrer_name": "Google",
    "referrer_type": "search",
    "duration": 0,
    "revenue": 0,
    "country": "SE",
    "city": "Lund",
    "region": "Skåne",
    "longitude": 13.19,
    "latitude": 55.7,
    "os": "Windows",
    "os_version": "10",
    "browser": "Chrome",
    "browser_version": "140.0",
    "device": "desktop",
    "brand": "",
    "model": "",
    "imported_at": None,
    "sdk_name": "web",
    "sdk_version": "1.3.0",
    "groups": ["acme"],
}

MIXPANEL: Final[dict[str, Json]] = {
    "event": "$mp_web_page_view",
    "properties": {
        "time": 1_735_732_800,
        "distinct_id": "ann",
        "$user_id": "ann",
        "$device_id": "d1",
        "$insert_id": "5f0c2f9e-5a1b-4c3d-8e7f-0123456789ab",
        "$current_url": "https://shop.test/lamps?utm_source=letter&page=2#top",
        "current_page_title": "Lamps",
        "$referrer": "https://www.google.com/",
        "$os": "Windows",
        "$browser": "Chrome",
        "$browser_version": 140,
        "mp_country_code": "SE",
        "$region": "Skåne",
        "$city": "Lund",
        "$screen_width": 1920,
        "$screen_height": 1080,
        "mp_lib": "web",
        "$lib_version": "2.55.0",
        "$duration": 1.5,
        "plan": "pro",
        "seats": 3,
        "$mp_api_endpoint": "api.mixpanel.com",
    },
}


def numbered_row(number: int) -> dict[str, Json]:
    """An event of one of seven devices, a minute after the one before."""
    return {
        "id": f"event-{number}",
        "name": "screen_view",
        "deviceId": f"d{number % 7}",
        "createdAt": START_MS + number * MINUTE,
        "path": f"/{number % 5}",
    }


def write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """The file of these rows."""
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path
