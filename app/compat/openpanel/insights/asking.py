"""Parameters that several endpoints share."""

from app.analytics.filters import Case, Filter
from app.analytics.queries import Page
from app.analytics.ranges import RangeSpec
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.filters import decode_filters
from app.compat.openpanel.ranges import decode_range

_MOST_ROWS = 50
_USUAL_ROWS = 10


def range_of(asked: Admitted, usual: str = "7d") -> RangeSpec:
    """The range of the request; without any, the usual one."""
    return decode_range(asked.params, asked.zone, usual)


def filter_of(asked: Admitted, case: Case = Case.SENSITIVE) -> Filter:
    """The condition that all filters of the request make together."""
    return decode_filters(asked.params, asked.zone, case)


def page_of(asked: Admitted) -> Page:
    """The page that the cursor names."""
    limit = asked.params.page("limit", default=_USUAL_ROWS, most=_MOST_ROWS)
    cursor = asked.params.page("cursor", default=1)
    return Page(limit, (cursor - 1) * limit)
