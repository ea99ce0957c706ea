"""Questions of pickers: which names are in use."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.analytics.filters import EVERYTHING, Filter
from app.analytics.ranges import RangeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyKeysQuery:
    """The names of event properties in use, the most frequent first."""

    project: int
    range: RangeSpec
    filter: Filter = EVERYTHING
    search: str = ""
    limit: int = 100
    zone: ZoneInfo | None = None
