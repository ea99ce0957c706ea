"""The series and breakdowns of charts: plain names, or objects."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from app.analytics.records import Json
from app.compat.openpanel.params import Params
from app.compat.openpanel.steps_wire import WireEvent
from app.compat.openpanel.wire import is_storable, read_model

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


class WireSeries(WireEvent):
    """An event to count, or with `formula` a series computed from the ones before it."""

    name: Annotated[str, Field(max_length=300)] = ""
    segment: Segment = "event"
    measured: Annotated[str | None, Field(alias="property", max_length=300)] = None
    formula: str | None = None
    hidden: Annotated[list[str], Field(alias="hideSeries")] = Field(default_factory=list[str])

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


def wire_breakdowns(params: Params) -> list[tuple[int, WireBreakdown]]:
    """The valid breakdowns of a request, each with its place."""
    found: list[tuple[int, WireBreakdown]] = []
    for place, member in params.members("breakdowns"):
        told: Json = {"name": member} if isinstance(member, str) else member
        wire = read_model(WireBreakdown, told, params, "breakdowns", place)
        if wire is not None:
            found.append((place, wire))
    return found
