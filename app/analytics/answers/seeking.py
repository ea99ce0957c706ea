"""Deep pages: where a far offset lies, found by counting instead of reading."""

from dataclasses import replace
from typing import Final

from app.analytics.answers.steps import Steps
from app.analytics.answers.stream import counted
from app.analytics.periods import TimeRange
from app.analytics.queries import EventOrder, Listing, Page, Walk
from app.analytics.sql.build import extent_statement

SEEK_FROM: Final = 1_000
"""The least offset that is sought; nearer ones are read over as fast."""

_CROWDED: Final = 20_000


def sought(listing: Listing) -> Steps[Listing]:
    """The same slice of events, told by a narrow range and a small offset.

    Counting takes a column; reading over the rows before the slice would take them all.
    """
    page = listing.page
    if page.offset < SEEK_FROM or listing.after is not None or listing.walk is not Walk.FORWARD:
        return listing
    # A part of the range must not change what the conditions on it mean.
    scope = replace(listing.scope, since=listing.scope.range.start)
    listing = replace(listing, scope=scope)
    (extent,) = yield (extent_statement(scope),)
    first, last = extent[0]
    if first is None:
        return listing
    slices = yield from counted(scope, TimeRange(int(first), int(last) + 1), _CROWDED)
    passed, held = 0, 0
    kept: list[TimeRange] = []
    for part in slices if listing.order is EventOrder.OLDEST else reversed(slices):
        if not kept and passed + part.count <= page.offset:
            passed += part.count
            continue
        kept.append(part.range)
        held += part.count
        # One row more tells whether there are others behind the slice.
        if passed + held > page.offset + page.limit:
            break
    if not kept:
        nowhere = TimeRange(listing.scope.range.start, listing.scope.range.start)
        return _narrowed(listing, nowhere, 0)
    span = TimeRange(min(part.start for part in kept), max(part.end for part in kept))
    return _narrowed(listing, span, page.offset - passed)


def _narrowed(listing: Listing, span: TimeRange, offset: int) -> Listing:
    scope = replace(listing.scope, range=span)
    return replace(listing, scope=scope, page=Page(listing.page.limit, offset))
