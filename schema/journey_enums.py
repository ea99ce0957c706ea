"""The enums of questions about journeys. Values equal the core's own."""

from enum import StrEnum

from schema.definitions import enum_type


@enum_type(
    {
        "PROFILES": "Everything that a profile does is one journey.",
        "SESSIONS": "Each session is a journey of its own.",
        "GROUPS": "Everything that happens in a group, such as a company, is one journey; "
        "an event of several groups belongs to each one's.",
    }
)
class JourneyUnit(StrEnum):
    """Whose events make one journey."""

    PROFILES = "profile_id"
    SESSIONS = "session_id"
    GROUPS = "group"


@enum_type(
    {
        "ORDERED": "Each step is later than the one before, whatever else happens between them.",
        "ADJACENT": "As ORDERED, and nothing else happens between them.",
        "ANY": "The steps may come in any order.",
    }
)
class FunnelOrder(StrEnum):
    """How the steps of a funnel follow each other."""

    ORDERED = "increasing"
    ADJACENT = "adjacent"
    ANY = "any"


@enum_type(
    {
        "COMPLETED": "It reached the step.",
        "DROPPED": "It reached the step before, and not this one.",
    }
)
class StepOutcome(StrEnum):
    """What became of a journey at a step."""

    COMPLETED = "completed"
    DROPPED = "dropped"


@enum_type(
    {
        "FIRST_TIME": "Their very first start, ever.",
        "RECURRING": "Their first start of each period.",
    }
)
class RetentionStart(StrEnum):
    """Which starts put someone into a cohort."""

    FIRST_TIME = "first_time"
    RECURRING = "recurring"


@enum_type(
    {
        "CALENDAR": "At local midnights, or at the start of the hour.",
        "ROLLING": "From the start itself, in steps of a whole period; a month is thirty days.",
    }
)
class RetentionWindow(StrEnum):
    """How the periods after a start are cut."""

    CALENDAR = "calendar"
    ROLLING = "rolling"


@enum_type(
    {
        "ON": "Came back in the period.",
        "ON_OR_AFTER": "Came back in the period, or later in the range.",
    }
)
class RetentionMode(StrEnum):
    """What counts as coming back."""

    ON = "on"
    ON_OR_AFTER = "on_or_after"


@enum_type(
    {
        "KEEP": "It stands there as often as it happened.",
        "COLLAPSE": "It stands there once, at the time of the first.",
    }
)
class Repeats(StrEnum):
    """What becomes of an item that follows itself."""

    KEEP = "keep"
    COLLAPSE = "collapse"
