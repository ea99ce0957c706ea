"""The enums of the schema. Values equal the core's own where the core has the same thing."""

from enum import StrEnum
from typing import Final

from app.analytics.fields import CLOCK_PARTS, COLUMNS, GROUP_COLUMNS, PROFILE_COLUMNS
from schema.definitions import enum_type


@enum_type(
    {
        "EVENTS": "Events of any kind.",
        "PAGEVIEWS": "Screen view events, with or without a session.",
        "VISITORS": "Different profiles among the sessions that began in the range.",
        "SESSIONS": "Sessions that began in the range.",
        "SCREEN_VIEWS": "Pages or screens seen in those sessions.",
        "BOUNCE_RATE": "Percentage (0 to 100) of sessions with at most one screen view.",
        "SESSION_DURATION": "Mean length in seconds of the sessions that lasted at all.",
        "VIEWS_PER_SESSION": "Screen views per session.",
        "REVENUE": "Sum of revenue events, in minor currency units.",
        "PROFILES": "Different profiles with any event in the range.",
        "SUM": "The sum of the numbers in `of`.",
        "AVG": "The mean of the numbers in `of`.",
        "MIN": "The smallest of the numbers in `of`.",
        "MAX": "The largest of the numbers in `of`.",
        "MEDIAN": "The number that half of the numbers in `of` don't exceed.",
        "P90": "The number that 90 of 100 numbers in `of` don't exceed.",
        "P95": "The number that 95 of 100 numbers in `of` don't exceed.",
        "P99": "The number that 99 of 100 numbers in `of` don't exceed.",
        "PERCENTILE": "The number that the part `share` of the numbers in `of` doesn't exceed.",
        "UNIQUE": "How many different values `of` has.",
        "EVENTS_PER_PROFILE": "Events per profile that has any.",
        "LATEST_PER_PROFILE": "Profiles with any event, each where its newest one lies.",
        "FORMULA": "What `formula` makes of the metrics before it.",
    },
    name="Metric",
)
class MetricName(StrEnum):
    """What is measured.

    SUM, AVG, MIN, MAX, UNIQUE and the percentiles need `of`, and FORMULA needs `formula`; the
    others take neither.
    """

    EVENTS = "events"
    PAGEVIEWS = "pageviews"
    VISITORS = "visitors"
    SESSIONS = "sessions"
    SCREEN_VIEWS = "screen_views"
    BOUNCE_RATE = "bounce_rate"
    SESSION_DURATION = "session_duration"
    VIEWS_PER_SESSION = "views_per_session"
    REVENUE = "revenue"
    PROFILES = "profiles"
    SUM = "sum"
    AVG = "average"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    P90 = "p90"
    P95 = "p95"
    P99 = "p99"
    PERCENTILE = "percentile"
    UNIQUE = "unique"
    EVENTS_PER_PROFILE = "events_per_profile"
    LATEST_PER_PROFILE = "latest_per_profile"
    FORMULA = "formula"


@enum_type(
    {
        "COUNT": "A whole number of things.",
        "PERCENT": "A percentage, 0 to 100.",
        "SECONDS": "Seconds, with decimals.",
        "CURRENCY": "Minor currency units, such as cents.",
        "NUMBER": "A plain number.",
    }
)
class Unit(StrEnum):
    """What the numbers of a metric are."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    CURRENCY = "currency"
    NUMBER = "number"


@enum_type(
    {
        "STRING": "Text.",
        "NUMBER": "A number.",
        "BOOLEAN": "True or false.",
        "DATETIME": "An instant.",
    }
)
class ValueType(StrEnum):
    """What the values of a field are."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "instant"


@enum_type(
    {
        "EVENT": "Properties of events.",
        "PROFILE": "Properties of profiles.",
        "GROUP": "Properties of groups.",
    }
)
class PropertyScope(StrEnum):
    """What a property belongs to."""

    EVENT = "event"
    PROFILE = "profile"
    GROUP = "group"


@enum_type(
    {
        "STRING": "Texts.",
        "NUMBER": "Numbers.",
        "BOOLEAN": "True or false.",
        "LIST": "Lists.",
        "OBJECT": "Objects with properties of their own.",
    }
)
class PropertyKind(StrEnum):
    """What the values of a property are."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"
    OBJECT = "object"


@enum_type(
    {
        "AUTO": "Minutes, hours, days, weeks or months, as the length of the range suggests.",
        "MINUTE": "One minute.",
        "HOUR": "One hour.",
        "DAY": "One local day, of 23 to 25 hours where clocks change.",
        "WEEK": "One local week.",
        "MONTH": "One local month.",
        "QUARTER": "Three local months, from January on.",
        "YEAR": "One local year.",
    }
)
class Interval(StrEnum):
    """The size of a bucket, or a unit of time."""

    AUTO = "auto"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@enum_type({"MONDAY": "Weeks from Monday to Sunday.", "SUNDAY": "Weeks from Sunday to Saturday."})
class WeekStart(StrEnum):
    """The day on which a week begins."""

    MONDAY = "monday"
    SUNDAY = "sunday"


@enum_type(
    {
        "ZERO": "The metric's value of nothing: 0, or null for a mean, a minimum or a maximum.",
        "NULL": "Null, to tell a bucket without anything from one that measures 0.",
    }
)
class Fill(StrEnum):
    """What stands in a bucket in which nothing happened that the question is about."""

    ZERO = "zero"
    NULL = "null"


@enum_type(
    {
        "TODAY": "The present local day.",
        "YESTERDAY": "The local day before.",
        "LAST_24_HOURS": "The 24 hours up to this moment.",
        "LAST_7_DAYS": "7 local days, today being the last.",
        "LAST_30_DAYS": "30 local days, today being the last.",
        "LAST_90_DAYS": "90 local days, today being the last.",
        "THIS_WEEK": "From the start of the local week to the end of today.",
        "LAST_WEEK": "The whole local week before this one.",
        "THIS_MONTH": "From the start of the local month to the end of today.",
        "LAST_MONTH": "The whole local month before this one.",
        "THIS_QUARTER": "From the start of the local quarter to the end of today.",
        "LAST_QUARTER": "The whole local quarter before this one.",
        "THIS_YEAR": "From the start of the local year to the end of today.",
        "LAST_YEAR": "The whole local year before this one.",
        "LAST_12_MONTHS": "This local month so far, and the 11 before it.",
        "ALL": "From the first event to the end of today.",
    }
)
class Preset(StrEnum):
    """A range told from the present moment, in the time zone of the question."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_24_HOURS = "last_24_hours"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_QUARTER = "this_quarter"
    LAST_QUARTER = "last_quarter"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"
    LAST_12_MONTHS = "last_12_months"
    ALL = "all"


@enum_type(
    {
        "PERIOD": "As long, and right before.",
        "WEEK": "The same local times one week before.",
        "MONTH": "The same local times one month before.",
        "YEAR": "The same local times one year before.",
    }
)
class PreviousPeriod(StrEnum):
    """A range to compare with, told from the range itself."""

    PERIOD = "period"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@enum_type({"ASC": "The smallest first.", "DESC": "The largest first."})
class SortDirection(StrEnum):
    """Which end of an order comes first."""

    ASC = "ascending"
    DESC = "descending"


@enum_type({"NEWEST": "The newest first.", "OLDEST": "The oldest first."})
class EventOrder(StrEnum):
    """The order of events and sessions; those of one instant are ordered by id."""

    NEWEST = "newest"
    OLDEST = "oldest"


@enum_type(
    {
        "LAST_SEEN": "The one seen last comes first.",
        "FIRST_SEEN": "The newest one comes first.",
        "ID": "By profile id, ascending.",
    }
)
class ProfileOrder(StrEnum):
    """The order of profiles."""

    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    ID = "id"


@enum_type(
    {
        "READ_STATS": "Ask for numbers: totals, series, breakdowns, the catalog.",
        "READ_EVENTS": "List events and sessions.",
        "READ_PROFILES": "List profiles.",
        "WRITE_EVENTS": "Track events and identify profiles.",
        "MANAGE_INSIGHTS": "Change saved insights.",
        "EXPORT": "Export events.",
    }
)
class Scope(StrEnum):
    """One thing that a credential may allow."""

    READ_STATS = "READ_STATS"
    READ_EVENTS = "READ_EVENTS"
    READ_PROFILES = "READ_PROFILES"
    WRITE_EVENTS = "WRITE_EVENTS"
    MANAGE_INSIGHTS = "MANAGE_INSIGHTS"
    EXPORT = "EXPORT"


_UNITS: Final = {
    "duration": "Duration in milliseconds, of an event or a session.",
    "revenue": "Revenue in minor currency units.",
    "country": "Country, as an ISO 3166 code such as SE.",
    "origin": "Origin of the page, such as https://example.com.",
    "is_bounce": "Whether the session is a bounce.",
    "day_of_week": "Local day of the week, 1 for Monday to 7 for Sunday.",
    "hour_of_day": "Local hour of the day, 0 to 23.",
}


def _said_of(column: str) -> str:
    return _UNITS.get(column) or f"{COLUMNS[column].label}."


@enum_type({name.upper(): _said_of(name) for name in (*COLUMNS, *CLOCK_PARTS)})
class EventField(StrEnum):
    """A field of events, or of the sessions that they belong to."""

    NAME = "name"
    PATH = "path"
    ORIGIN = "origin"
    TITLE = "title"
    REFERRER = "referrer"
    REFERRER_NAME = "referrer_name"
    REFERRER_TYPE = "referrer_type"
    UTM_SOURCE = "utm_source"
    UTM_MEDIUM = "utm_medium"
    UTM_CAMPAIGN = "utm_campaign"
    UTM_TERM = "utm_term"
    UTM_CONTENT = "utm_content"
    COUNTRY = "country"
    REGION = "region"
    CITY = "city"
    DEVICE = "device"
    BRAND = "brand"
    MODEL = "model"
    OS = "os"
    OS_VERSION = "os_version"
    BROWSER = "browser"
    BROWSER_VERSION = "browser_version"
    ENTRY_PATH = "entry_path"
    ENTRY_ORIGIN = "entry_origin"
    EXIT_PATH = "exit_path"
    EXIT_ORIGIN = "exit_origin"
    PROFILE_ID = "profile_id"
    SESSION_ID = "session_id"
    DEVICE_ID = "device_id"
    SDK_NAME = "sdk_name"
    SDK_VERSION = "sdk_version"
    DURATION = "duration"
    REVENUE = "revenue"
    IS_BOUNCE = "is_bounce"
    SCREEN_VIEW_COUNT = "screen_view_count"
    EVENT_COUNT = "event_count"
    DAY_OF_WEEK = "day_of_week"
    HOUR_OF_DAY = "hour_of_day"


@enum_type({name.upper(): f"{column.label}." for name, column in PROFILE_COLUMNS.items()})
class ProfileField(StrEnum):
    """A field of the profile that an event or a session belongs to."""

    ID = "id"
    EMAIL = "email"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    AVATAR = "avatar"
    IS_EXTERNAL = "is_external"
    CREATED_AT = "created_at"
    LAST_SEEN_AT = "last_seen_at"


@enum_type({name.upper(): f"{column.label}." for name, column in GROUP_COLUMNS.items()})
class GroupField(StrEnum):
    """A field of the groups that an event or a session names."""

    ID = "id"
    NAME = "name"
    TYPE = "type"


@enum_type(
    {
        "NUMBER": "As a number.",
        "BOOLEAN": "As true or false; 1 and 0 are these too.",
        "DATETIME": "As an instant.",
    }
)
class CastType(StrEnum):
    """How a text is read before it is compared; one that is no such value matches nothing."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "instant"
