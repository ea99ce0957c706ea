"""Events as funnels are told of them: plain names, or objects with filters of their own."""

from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from app.analytics.filters import EVERYTHING, All, Filter, simplified
from app.analytics.metrics import named
from app.analytics.records import Json
from app.compat.openpanel.filters import filters_among
from app.compat.openpanel.params import Params
from app.compat.openpanel.wire import is_storable, read_model

ANY_EVENT: Final = "*"
"""The name that every event has."""


class WireEvent(BaseModel):
    """One event of a list."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=300)]
    display_name: Annotated[str | None, Field(alias="displayName", max_length=300)] = None
    filters: list[Any] = []
    after_step: Annotated[int, Field(alias="afterStep")] = 1
    before_step: Annotated[int | None, Field(alias="beforeStep")] = None


def wire_event(params: Params, member: Json, *path: str | int) -> WireEvent | None:
    """The event of a member of a list; None, and issues at its path, for what is none."""
    told: Json = {"name": member} if isinstance(member, str) else member
    event = read_model(WireEvent, told, params, *path)
    if event is not None and not is_storable(event.name):
        params.fail(*path, "name", message="NUL characters are not allowed")
        return None
    return event


def event_condition(event: WireEvent, params: Params, zone: ZoneInfo, *path: str | int) -> Filter:
    """What an event must be; issues under its path for filters that can't be understood."""
    called = EVERYTHING if event.name == ANY_EVENT else named(event.name)
    return simplified(All((called, filters_among(event.filters, params, (*path, "filters"), zone))))
