"""Pages of events by number, each beginning where the one before it ended."""

from collections.abc import Hashable
from dataclasses import dataclass, replace

from app.analytics.fields import COLUMNS
from app.analytics.filters import All, Compare, Operator
from app.analytics.periods import TimeRange
from app.analytics.queries import After, EventsQuery, Page
from app.analytics.records import Event
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.decode import EventsRequest


@dataclass(frozen=True, slots=True)
class PageOfEvents:
    """The events of a page, and how many there are on all pages."""

    events: tuple[Event, ...]
    total_count: int


async def page_of_events(asked: Admitted, wanted: EventsRequest) -> PageOfEvents:
    """The page as it follows from the one that the same client saw before it.

    What was written in front of page 1 since then neither moves rows to later pages nor
    counts. A page whose predecessor was not seen is found by its offset.
    """
    bookmarks = asked.services.bookmarks
    listing = _listing(asked, wanted.query)
    trail = bookmarks.find(listing, wanted.page) if wanted.page > 1 else None
    end = None if trail is None else trail.end_of(wanted.page - 1)
    query = wanted.query
    if end is not None:
        query = replace(query, after=end, page=Page(query.page.limit))
    result = await asked.services.reader.ask(query, asked.project)
    events = tuple(result.events)
    if trail is None:
        is_first = wanted.page == 1 and events
        trail = bookmarks.begin(listing, _key(events[0]) if is_first else None)
    if events:
        trail.note(wanted.page, _key(events[-1]))
    bookmarks.keep(listing)
    if not result.has_more and (events or wanted.page == 1):
        # The last page tells how many there are; there is nothing to count.
        before = (wanted.page - 1) * query.page.limit
        return PageOfEvents(events, before + len(events))
    first = trail.first if wanted.page > 1 else None
    total = await _count_from(asked, wanted.query, first, result.range)
    return PageOfEvents(events, total)


async def _count_from(
    asked: Admitted, query: EventsQuery, first: After | None, span: TimeRange
) -> int:
    """How many events there are from that one on; newer ones stand before it."""
    reader = asked.services.reader
    if first is None:
        return await reader.count(query, asked.project)
    # The rows of the first one's own instant are told by their ids, which are slow to read.
    earlier = replace(query, range=TimeRange(span.start, max(span.start, first.instant)))
    beside = (
        Compare(COLUMNS["created_at"], Operator.EQUALS, (first.instant,)),
        Compare(COLUMNS["id"], Operator.AT_LEAST, (first.id,)),
    )
    same = replace(query, filter=All((query.filter, *beside)))
    return await reader.count(earlier, asked.project) + await reader.count(same, asked.project)


def _listing(asked: Admitted, query: EventsQuery) -> Hashable:
    """What makes two requests pages of the same listing, as the same client sees it."""
    return asked.caller, replace(query, page=Page(query.page.limit), columns=None)


def _key(event: Event) -> After:
    return After(event.created_at, event.id)
