"""Lines of Mixpanel's raw export: `{"event": …, "properties": {"time": …, …}}`."""

import uuid
from typing import Final

from app.analytics.numbers import parse_number
from app.analytics.records import REVENUE, SCREEN_VIEW, Event, Json
from app.importer.rows import (
    REFERRERS,
    BadRowError,
    Circumstances,
    Row,
    degrees_of,
    groups_of,
    instant_of,
    name_of,
    text_of,
    whole_of,
)
from app.ingest.agents import SERVER
from app.ingest.locations import Location, Utm, parse_location, query_properties
from app.ingest.referrers import NO_REFERRER, Referrer, refer
from app.kit.ids import derived_id

_PAGE_VIEW: Final = "$mp_web_page_view"
_DEVICE_PREFIX: Final = "$device:"
_DIRECT: Final = "$direct"

_RENAMED: Final = {
    "current_page_title": "__title",
    "$screen_dpi": "__dpi",
    "$app_version_string": "__version",
    "$app_version": "__version",
    "$app_build_number": "__buildNumber",
    "$language": "__language",
    "$timezone": "__timezone",
    "$lib_version": "__lib_version",
    "$user_agent": "__userAgent",
}

_TAKEN: Final = frozenset(
    {
        # These become columns.
        "time",
        "distinct_id",
        "$device_id",
        "$user_id",
        "$insert_id",
        "session_id",
        "$country",
        "mp_country_code",
        "$region",
        "$city",
        "$latitude",
        "$longitude",
        "$os",
        "$os_version",
        "$osVersion",
        "$browser",
        "$browser_version",
        "$device",
        "$brand",
        "$manufacturer",
        "$model",
        "$duration",
        "$duration_s",
        "$groups",
        "$current_url",
        "$referrer",
        "$initial_referrer",
        "referrer_name",
        "referrer_type",
        "mp_lib",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "$screen_width",
        "$screen_height",
        # These are made again by each export.
        "token",
        "$import",
        "mp_processing_time_ms",
        "$mp_api_endpoint",
        "$mp_api_timestamp_ms",
        "$referring_domain",
        "$initial_referring_domain",
        "$search_engine",
        "mp_keyword",
        "current_domain",
        "current_url_path",
        "current_url_search",
        "current_url_protocol",
    }
)

_DEVICES: Final = frozenset(
    {"desktop", "mobile", "tablet", "smarttv", "console", "wearable", "embedded", "xr", SERVER}
)
_PHONE_LIBRARIES: Final = frozenset(
    {"android", "flutter", "iphone", "react-native", "swift", "unity"}
)
_PHONE_SYSTEMS: Final = frozenset({"android", "ios", "iphone os", "windows phone", "blackberry"})
_SERVER_LIBRARIES: Final = frozenset(
    {"go", "java", "jvm", "mixpanel-go", "node", "php", "python", "ruby", "http"}
)


def event_of(row: Row, line: int, circumstances: Circumstances) -> Event:
    """The event of a line. Raises BadRowError.

    Mixpanel computes sessions when it is asked, so they are made anew from the devices. A
    line of a browser or an app without `$device_id` has its `distinct_id` for a device.
    """
    told = row.get("properties") or {}
    if not isinstance(told, dict):
        raise BadRowError("The event's properties are not an object.")
    name = name_of(row.get("event"))
    name = SCREEN_VIEW if name == _PAGE_VIEW else name
    device_id = _device_id(told)
    location = parse_location(text_of(told.get("$current_url")))
    referrer = _referrer(told, location)
    utm = _utm(told, location)
    event_id, source_id = _ids(name, told, line, circumstances)
    return Event(
        project=circumstances.project,
        id=event_id,
        name=name,
        created_at=instant_of(told.get("time")),
        received_at=circumstances.at_ms,
        imported_at=circumstances.at_ms,
        profile_id=_profile_id(told) or device_id,
        device_id=device_id,
        session_id=text_of(told.get("session_id")) if device_id is None else None,
        path=location.path or None,
        origin=location.origin or None,
        title=text_of(told.get("current_page_title")),
        referrer=referrer.url,
        referrer_name=text_of(told.get("referrer_name")) or referrer.name,
        referrer_type=text_of(told.get("referrer_type")) or referrer.kind,
        utm_source=utm.source,
        utm_medium=utm.medium,
        utm_campaign=utm.campaign,
        utm_term=utm.term,
        utm_content=utm.content,
        country=text_of(told.get("$country") or told.get("mp_country_code")),
        region=text_of(told.get("$region")),
        city=text_of(told.get("$city")),
        longitude=degrees_of(told.get("$longitude")),
        latitude=degrees_of(told.get("$latitude")),
        os=text_of(told.get("$os")),
        os_version=text_of(told.get("$os_version") or told.get("$osVersion")),
        browser=text_of(told.get("$browser")),
        browser_version=text_of(told.get("$browser_version")),
        device=_device(told),
        brand=text_of(told.get("$brand") or told.get("$manufacturer")),
        model=text_of(told.get("$model")),
        sdk_name=text_of(told.get("mp_lib")),
        sdk_version=text_of(told.get("$lib_version")),
        duration=_duration(told),
        revenue=whole_of(told.get("revenue")) if name == REVENUE else 0,
        groups=groups_of(told.get("$groups")),
        properties=_properties(name, told, location, utm, source_id),
    )


def _ids(
    name: str, told: dict[str, Json], line: int, circumstances: Circumstances
) -> tuple[str, str | None]:
    """The event's id, and the line's own where that is no UUID."""
    own = text_of(told.get("$insert_id"))
    if own is None:
        return derived_id(circumstances.fingerprint, str(line)), None
    try:
        event_id = str(uuid.UUID(own))
    except ValueError:
        who, at = text_of(told.get("distinct_id")) or "", text_of(told.get("time")) or ""
        return derived_id(str(circumstances.project), name, who, at, own), own
    # Other spellings of a UUID are kept beside it: they come back as they were.
    return event_id, None if event_id == own else own


def _device_id(told: dict[str, Json]) -> str | None:
    named = text_of(told.get("$device_id"))
    if named is not None:
        return named
    someone = text_of(told.get("distinct_id"))
    if someone is None:
        return None
    if someone.startswith(_DEVICE_PREFIX):
        return someone.removeprefix(_DEVICE_PREFIX) or None
    return someone if _is_own_device(told) else None


def _is_own_device(told: dict[str, Json]) -> bool:
    """Whether the `distinct_id` of someone at a browser or in an app stands for the device."""
    someone = text_of(told.get("distinct_id"))
    if someone is None or someone.startswith(_DEVICE_PREFIX):
        return False
    return _device(told) not in {None, SERVER} or "$current_url" in told or "$browser" in told


def _profile_id(told: dict[str, Json]) -> str | None:
    someone = text_of(told.get("$user_id")) or text_of(told.get("distinct_id"))
    return someone.removeprefix(_DEVICE_PREFIX) or None if someone else None


def _device(told: dict[str, Json]) -> str | None:
    """The kind of device; Mixpanel's own `$device` may name a model instead."""
    named = text_of(told.get("$device"))
    if named in _DEVICES or is_own_export(told):
        return named
    library = (text_of(told.get("mp_lib")) or "").lower()
    system = (text_of(told.get("$os")) or "").lower()
    if library in _SERVER_LIBRARIES:
        return SERVER
    if library in _PHONE_LIBRARIES or system in _PHONE_SYSTEMS:
        return "tablet" if "ipad" in (named or "").lower() else "mobile"
    return "desktop" if system else None


def is_own_export(told: dict[str, Json]) -> bool:
    """Whether the line comes from this server's export: Mixpanel's name the endpoint as well."""
    return "$mp_api_timestamp_ms" in told and "$mp_api_endpoint" not in told


def _referrer(told: dict[str, Json], location: Location) -> Referrer:
    """The first referrer of the visit where it is known, else the page's own.

    What this server knew of it when it was exported is not made anew.
    """
    if is_own_export(told):
        return Referrer(text_of(told.get("$referrer")), text_of(told.get("referrer_name")))
    for key in ("$initial_referrer", "$referrer"):
        url = text_of(told.get(key))
        if url == _DIRECT:
            return NO_REFERRER
        found = refer(url, location, REFERRERS)
        if found.url:
            return found
    return refer(None, location, REFERRERS)


def _utm(told: dict[str, Json], location: Location) -> Utm:
    def named(key: str) -> str | None:
        return text_of(told.get(key)) or location.query.get(key) or None

    return Utm(
        source=named("utm_source"),
        medium=named("utm_medium"),
        campaign=named("utm_campaign"),
        term=named("utm_term"),
        content=named("utm_content"),
    )


def _duration(told: dict[str, Json]) -> int:
    """Milliseconds; Mixpanel has seconds."""
    seconds = told.get("$duration", told.get("$duration_s"))
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return 0
    return whole_of(seconds * 1000.0)


def _properties(
    name: str, told: dict[str, Json], location: Location, utm: Utm, source_id: str | None
) -> dict[str, Json]:
    kept: dict[str, Json] = {
        _RENAMED.get(key, key): value for key, value in told.items() if key not in _TAKEN
    }
    if name == REVENUE:
        kept.pop("revenue", None)
    if not is_own_export(told):
        # An address is good for finding the place, and is not kept.
        kept.pop("ip", None)
    kept |= query_properties(location)
    campaign: dict[str, Json] = {
        f"utm_{part}": value
        for part, value in (
            ("source", utm.source),
            ("medium", utm.medium),
            ("campaign", utm.campaign),
            ("term", utm.term),
            ("content", utm.content),
        )
        if value
    }
    if campaign and not location.path and not location.origin:
        query = kept.get("__query")
        kept["__query"] = (query if isinstance(query, dict) else {}) | campaign
    sides = _side(told.get("$screen_width")), _side(told.get("$screen_height"))
    if any(sides):
        kept["__screen"] = "x".join(sides)
    if told.get("$device_id") is None and _is_own_device(told):
        # The id names someone, and stands for their device as well: it is no device's.
        kept["__distinct_id_is_device"] = True
    if source_id is not None:
        kept["__source_insert_id"] = source_id
    return kept


def _side(value: Json) -> str:
    """A side of the screen as it is kept; nothing for what is no number, which says nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    text = str(value)
    return "" if parse_number(text) is None else text
