"""Events that tell that two ids are one person's: Mixpanel's way to make aliases."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.analytics.errors import DomainError
from app.analytics.records import Event, Json
from app.compat.mixpanel.admission import Admitted
from app.compat.mixpanel.properties import DEVICE_PREFIX
from app.ingest.calls import Caller
from app.ingest.people_calls import AliasCall

FAILURE: Final = "$identity_failure_reason"

_BOTH: Final = 2
_IDENTIFYING: Final = frozenset({"$merge", "$create_alias", "$identify"})


async def followed(asked: Admitted, events: Sequence[Event]) -> list[Event]:
    """The events, after what they tell of ids was done.

    One that can't be done is kept with the reason, as Mixpanel has it: the others that came
    with it are not to blame.
    """
    return [
        await _followed(asked, event) if event.name in _IDENTIFYING else event for event in events
    ]


async def _followed(asked: Admitted, event: Event) -> Event:
    profile_id, alias = _ids_in(event)
    if not profile_id or not alias or profile_id == alias:
        return event
    caller = Caller(received_at=event.received_at, is_proven=asked.is_proven)
    call = AliasCall(project=event.project, profile_id=profile_id, alias=alias)
    try:
        await asked.services.people.alias(call, caller)
    except DomainError as error:
        return replace(event, properties={**event.properties, FAILURE: error.message})
    return event


def _ids_in(event: Event) -> tuple[str, str]:
    """The profile, and what is another id of it."""
    told = event.properties
    match event.name:
        case "$merge":
            both = told.get("$distinct_ids")
            one, other = both if isinstance(both, list) and len(both) == _BOTH else ("", "")
        case "$create_alias":
            one, other = event.profile_id, told.get("alias")
        case _:
            one = told.get("$identified_id", event.profile_id)
            other = told.get("$anon_id", told.get("$anon_distinct_id"))
    return _id_of(one), _id_of(other)


def _id_of(value: Json) -> str:
    return value.removeprefix(DEVICE_PREFIX) if isinstance(value, str) else ""
