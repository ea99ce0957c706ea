"""Where each page of a listing ended, so that numbered pages follow one another.

Clients that ask for page 2 mean what comes after page 1 as they saw it, not after what has
been written in front of it since. A *trail* is one client's way through the pages of one
listing. It is kept in memory for a while; without one, a page is found by its offset.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

from app.analytics.queries import After
from app.kit.clock import Clock

_MOST_LISTINGS: Final = 500
_MOST_TRAILS: Final = 4
_MOST_PAGES: Final = 20_000
_KEPT_MS: Final = 15 * 60_000


@dataclass(slots=True)
class Trail:
    """The keys of the first row of all and of the last row of each page, by page number."""

    first: After | None
    last_page: int = 0
    ends: OrderedDict[int, After] = field(default_factory=OrderedDict[int, After])

    def end_of(self, page: int) -> After | None:
        """The key of the page's last row, if the page was seen."""
        return self.ends.get(page)

    def note(self, page: int, end: After) -> None:
        """Keeps where the page ended."""
        self.last_page = page
        self.ends[page] = end
        if len(self.ends) > _MOST_PAGES:
            self.ends.popitem(last=False)


@dataclass(slots=True)
class _Listing:
    used_at: int
    trails: list[Trail]


class Bookmarks:
    """The trails of all clients; the least used ones are forgotten first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listings: OrderedDict[Hashable, _Listing] = OrderedDict()

    def find(self, listing: Hashable, page: int) -> Trail | None:
        """The trail on which the page before this one was seen, rather one that waits for it."""
        self._forget()
        known = self._listings.get(listing)
        if known is None:
            return None
        trails = [trail for trail in known.trails if trail.end_of(page - 1) is not None]
        waiting = [trail for trail in trails if trail.last_page == page - 1]
        return next(iter([*waiting, *trails]), None)

    def begin(self, listing: Hashable, first: After | None) -> Trail:
        """A new trail; of one listing, only the newest few are kept."""
        known = self._listings.setdefault(listing, _Listing(0, []))
        trail = Trail(first)
        known.trails = [trail, *known.trails][:_MOST_TRAILS]
        self.keep(listing)
        return trail

    def keep(self, listing: Hashable) -> None:
        """Tells that the listing is still being read."""
        known = self._listings.get(listing)
        if known is not None:
            known.used_at = self._clock.now_ms()
            self._listings.move_to_end(listing)

    def _forget(self) -> None:
        oldest = self._clock.now_ms() - _KEPT_MS
        while self._listings:
            listing, known = next(iter(self._listings.items()))
            if known.used_at >= oldest and len(self._listings) <= _MOST_LISTINGS:
                return
            del self._listings[listing]
