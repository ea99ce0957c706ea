"""Slices of lists of events made of a few rows that are known already."""

from collections.abc import Sequence
from itertools import accumulate
from operator import attrgetter

from app.analytics.errors import InvalidQueryError
from app.analytics.event_row import EventRow
from app.analytics.line_writing import line_writer
from app.analytics.matching import event_test
from app.analytics.queries import Listing, Walk
from app.analytics.shapes import Shape
from app.stores.base import Lines, Row


def lines_of(rows: Sequence[EventRow], listing: Listing, shape: Shape) -> Lines | None:
    """What the listing would be if those were all events on this side of its horizon.

    None where only an engine can tell, or where a row has no line.
    """
    write = line_writer(shape)
    found = _listed(rows, listing)
    if write is None or found is None:
        return None
    limit = listing.page.limit
    texts: list[bytes] = []
    for row in found[:limit]:
        text = write(row)
        if text is None:
            return None
        texts.append(text)
    if not texts:
        return Lines((), 0, ())
    keys: list[Row] = [(row.created_at, row.id) for row in found]
    return Lines(
        (b"".join(texts),),
        len(texts),
        last=keys[len(texts) - 1],
        first=keys[0],
        beyond=keys[limit] if limit < len(keys) else (),
        ends=[*accumulate(map(len, texts))],
        keys=keys[:limit],
    )


def _listed(rows: Sequence[EventRow], listing: Listing) -> list[EventRow] | None:
    """The rows that the listing holds, in its order."""
    page, horizon, span = listing.page, listing.horizon, listing.scope.range
    if listing.after is not None or page.offset or page.each is not None or horizon is None:
        return None
    try:
        is_meant = event_test(listing.scope.filter)
    except InvalidQueryError:
        return None
    goes_back = listing.goes_back
    start, end = (max(span.start, horizon), span.end) if goes_back else (span.start, horizon + 1)
    found = [row for row in rows if start <= row.created_at < min(end, span.end) and is_meant(row)]
    found.sort(key=attrgetter("id"), reverse=listing.walk is Walk.BACKWARD)
    found.sort(key=attrgetter("created_at"), reverse=goes_back)
    return found
