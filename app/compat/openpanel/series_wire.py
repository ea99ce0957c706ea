"""Events as charts and funnels name them: plain names, or objects with filters of their own."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from app.analytics.filters import EVERYTHING, All, Filter, simplified
from app.analytics.metrics import named
from app.analytics.records import Json
from app.compat.openpanel.filters import filters_among
from app.compat.openpanel.params import Params
from app.compat.openpanel.wire import is_storable, read_model

ANY_EVENT: Final = "*"
"""The name that every event has, the boundaries of sessions included."""

Segment: TypeAlias = Literal[
    "event",
    "user",
    "session",
    "group",
    "user_average",
    "one_event_per_user",
    "property_sum",
    "property_average",
    "property_max",
    "property_min",
    "median",
    "p90",
    "p95",
    "p99",
]


class WireSeries(BaseModel):
    """An event to count, or with `formula` a series computed from the ones before it."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: Annotated[str, Field(max_length=300)] = ""
    display_name: Annotated[str | None, Field(alias="displayName", max_length=300)] = None
    segment: Segment = "event"
    measured: Annotated[str | None, Field(alias="property", max_length=300)] = None
    filters: list[Any] = []
    formula: str | None = None
    hidden: Annotated[list[str], Field(alias="hideSeries")] = []

    @property
    def shown_name(self) -> str:
        """What the series is called in answers."""
        return self.display_name or self.name or self.formula or ""


class WireBreakdown(BaseModel):
    """A field to split by."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=300)]


def wire_series(params: Params, *names: str) -> list[tuple[int, WireSeries]]:
    """The valid series under the first of the names that is given, each with its place."""
    name = params.given(*names)
    found: list[tuple[int, WireSeries]] = []
    for place, member in params.members(*names):
        told: Json = {"name": member} if isinstance(member, str) else member
        wire = read_model(WireSeries, told, params, name, place)
        if wire is None:
            continue
        if not wire.name and wire.formula is None:
            params.fail(name, place, "name", message="Expected the name of an event")
        elif not is_storable(wire.name):
            params.fail(name, place, "name", message="NUL characters are not allowed")
        else:
            found.append((place, wire))
    return found


def condition_of_series(
    wire: WireSeries, params: Params, path: Sequence[str | int], zone: ZoneInfo
) -> Filter:
    """What an event of the series must be; `path` leads to the series."""
    called = EVERYTHING if wire.name == ANY_EVENT else named(wire.name)
    return simplified(All((called, filters_among(wire.filters, params, (*path, "filters"), zone))))


def wire_breakdowns(params: Params) -> list[tuple[int, WireBreakdown]]:
    """The valid breakdowns of a request, each with its place."""
    found: list[tuple[int, WireBreakdown]] = []
    for place, member in params.members("breakdowns"):
        told: Json = {"name": member} if isinstance(member, str) else member
        wire = read_model(WireBreakdown, told, params, "breakdowns", place)
        if wire is not None:
            found.append((place, wire))
    return found
