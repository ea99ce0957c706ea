"""From parameters to questions. Each raises InvalidQueryError that names what is wrong."""

from dataclasses import dataclass
from typing import Final

from app.analytics.fields import COLUMNS
from app.analytics.filters import All, Compare, Filter, Operator
from app.analytics.queries import (
    EventsQuery,
    Page,
)
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.filters import decode_filters
from app.compat.openpanel.ranges import decode_bounds
from app.compat.openpanel.selection import Selection, select_keys

_MOST_ROWS: Final = 50
_LARGEST_LIMIT: Final = 10_000
"""What is asked for beyond the documented limit becomes it; more than this is a mistake."""
_LAST_PAGE: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class EventsRequest:
    """What an export of events asks for: the rows, which page of them, and their keys."""

    query: EventsQuery
    page: int
    selection: Selection


def events_request(asked: Admitted) -> EventsRequest:
    """The events of an export, the newest first."""
    params = asked.params
    page = params.whole("page", least=0, most=_LAST_PAGE) or 1
    told = params.whole("limit", least=0, most=_LARGEST_LIMIT)
    limit = _MOST_ROWS if told is None else min(max(told, 1), _MOST_ROWS)
    selection = select_keys(params.texts("includes", "include"))
    query = EventsQuery(
        project=asked.project.number,
        range=decode_bounds(params, asked.zone),
        filter=All((*_named(asked), decode_filters(params, asked.zone))),
        page=Page(limit, (page - 1) * limit),
        columns=selection.columns,
    )
    params.check()
    return EventsRequest(query, page, selection)


def _named(asked: Admitted) -> list[Filter]:
    conditions: list[Filter] = []
    names = asked.params.texts("event", "events")
    if names:
        conditions.append(Compare(COLUMNS["name"], Operator.EQUALS, names))
    profile_id = asked.params.text("profileId", "profile_id")
    if profile_id is not None:
        conditions.append(Compare(COLUMNS["profile_id"], Operator.EQUALS, (profile_id,)))
    return conditions
