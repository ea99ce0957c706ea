"""Mixpanel's raw export in plain Python: what an event's line says, field by field."""

import re
from typing import Any, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from app.analytics.periods import offset_at
from app.analytics.records import Event, Json

UTC = ZoneInfo("UTC")


def exported(event: Event, *, in_ms: bool = False, zone: ZoneInfo = UTC) -> dict[str, Json]:
    """The line of a stored event, as the object that it spells."""
    hidden: dict[str, Any] = {
        key[2:]: value for key, value in event.properties.items() if key.startswith("__")
    }
    owns_id = hidden.get("distinct_id_is_device") is True
    device, profile = event.device_id or None, event.profile_id or None
    is_anonymous = device is not None and not owns_id and profile in {None, device}
    local = event.created_at + offset_at(event.created_at, zone)
    told: dict[str, Any] = {
        "time": local if in_ms else local // 1000,
        "distinct_id": f"$device:{device}" if is_anonymous else profile,
        "$insert_id": _insert_id(event, hidden),
        "$device_id": None if owns_id else device,
        "$user_id": None if is_anonymous else profile,
        **_place(event, hidden),
        **_source(event, hidden),
        **_technology(event, hidden),
        "session_id": event.session_id,
        "$groups": list(event.groups) or None,
        "$import": True if event.imported_at is not None else None,
        "mp_processing_time_ms": event.imported_at
        if event.imported_at is not None
        else event.received_at,
        "$mp_api_timestamp_ms": event.received_at,
    }
    told |= _amounts(event)
    properties = {key: value for key, value in told.items() if value is not None and value != ""}
    properties.setdefault("distinct_id", "")
    properties |= {key: hidden[name] for key, name in _AS_STORED.items() if name in hidden}
    if event.name != "revenue" and "revenue" in event.properties:
        properties["revenue"] = event.properties["revenue"]
    others = {
        key: value
        for key, value in event.properties.items()
        if not key.startswith("__") and key not in told.keys() | _AS_STORED.keys()
    }
    return {"event": event.name, "properties": properties | others}


def _insert_id(event: Event, hidden: dict[str, Any]) -> object:
    if event.name == "session_start" and event.imported_at is None:
        return event.id
    return hidden.get("source_insert_id") or event.id


_AS_STORED = {
    "$screen_dpi": "dpi",
    "$app_version_string": "version",
    "$app_build_number": "buildNumber",
    "$language": "language",
    "$timezone": "timezone",
    "$user_agent": "userAgent",
}


def _amounts(event: Event) -> dict[str, Any]:
    seconds = event.duration / 1000 if event.duration > 0 else None
    is_end = event.name == "session_end"
    return {
        "$duration": None if is_end else seconds,
        "$duration_s": seconds if is_end else None,
        "revenue": event.revenue if event.name == "revenue" else None,
    }


def _place(event: Event, hidden: dict[str, Any]) -> dict[str, Any]:
    asked, mark = hidden.get("query"), hidden.get("hash")
    query = ""
    if isinstance(asked, dict) and asked:
        members = cast("dict[str, Any]", asked)
        query = "?" + "&".join(f"{_encoded(key)}={_encoded(members[key])}" for key in members)
    address = f"{event.origin or ''}{event.path or ''}"
    if address:
        address += query + (mark if isinstance(mark, str) else "")
    page: dict[str, Any] = dict.fromkeys(
        ("current_domain", "current_url_path", "current_url_protocol", "current_url_search")
    )
    if event.name == "screen_view" and event.origin:
        page = {
            "current_domain": _host(event.origin),
            "current_url_path": event.path,
            "current_url_protocol": event.origin.partition("//")[0].lower(),
            "current_url_search": query,
        }
    return {
        "$city": event.city,
        "$region": event.region,
        "mp_country_code": event.country,
        "$latitude": event.latitude,
        "$longitude": event.longitude,
        "$current_url": address,
        "current_page_title": event.title,
        **page,
    }


def _encoded(value: object) -> str:
    return quote(value if isinstance(value, str) else "", safe="-._~")


def _host(address: str) -> str | None:
    found = re.match(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?(?://)?(?:[^/?#@]*@)?([^/:?#]+)", address)
    return found[1].lower() if found else None


def _source(event: Event, hidden: dict[str, Any]) -> dict[str, Any]:
    is_search = event.referrer_type == "search"
    return {
        "$referrer": event.referrer,
        "$referring_domain": _host(event.referrer) if event.referrer else None,
        "$search_engine": event.referrer_name.lower()
        if is_search and event.referrer_name
        else None,
        "referrer_name": event.referrer_name,
        "referrer_type": event.referrer_type,
        "utm_source": event.utm_source,
        "utm_medium": event.utm_medium,
        "utm_campaign": event.utm_campaign,
        "utm_term": event.utm_term,
        "utm_content": event.utm_content,
        **_screen(hidden.get("screen")),
    }


def _screen(size: object) -> dict[str, Any]:
    sides = size.split("x") if isinstance(size, str) else []
    numbers = [float(side) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", side) else None for side in sides]
    numbers += [None, None]
    return {"$screen_width": numbers[0], "$screen_height": numbers[1]}


def _technology(event: Event, _: dict[str, Any]) -> dict[str, Any]:
    return {
        "$os": event.os,
        "$os_version": event.os_version,
        "$browser": event.browser,
        "$browser_version": event.browser_version,
        "$device": event.device,
        "$brand": event.brand,
        "$model": event.model,
        "mp_lib": event.sdk_name,
        "$lib_version": event.sdk_version,
    }
