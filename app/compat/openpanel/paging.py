"""Pages of events by number, each beginning where the one before it ended."""

from collections.abc import Hashable
from dataclasses import dataclass, replace

from app.analytics.fields import COLUMNS
from app.analytics.filters import All, Any, Compare, Filter, Operator
from app.analytics.queries import After, EventsQuery, Page
from app.analytics.records import Event
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.decode import EventsRequest
from app.projects.bookmarks import Trail


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
    counted = replace(wanted.query, filter=All((wanted.query.filter, *_not_before(trail))))
    return PageOfEvents(events, await asked.services.reader.count(counted, asked.project))


def _listing(asked: Admitted, query: EventsQuery) -> Hashable:
    """What makes two requests pages of the same listing, as the same client sees it."""
    return asked.caller, replace(query, page=Page(query.page.limit), columns=None)


def _key(event: Event) -> After:
    return After(event.created_at, event.id)


def _not_before(trail: Trail) -> tuple[Filter, ...]:
    """That a row does not stand before the first one of the trail; newest rows come first."""
    if trail.first is None:
        return ()
    instant, created_at = trail.first.instant, COLUMNS["created_at"]
    later = Compare(COLUMNS["id"], Operator.AT_LEAST, (trail.first.id,))
    return (
        Any(
            (
                Compare(created_at, Operator.LESS, (instant,)),
                All((Compare(created_at, Operator.EQUALS, (instant,)), later)),
            )
        ),
    )
