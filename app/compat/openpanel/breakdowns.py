"""The breakdown endpoints: what each is by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.analytics.fields import COLUMNS, Column


@dataclass(frozen=True, slots=True)
class Shape:
    """A breakdown by `field`, grouped together with `prefix` if there is one."""

    field: Column
    prefix: Column | None = None

    @property
    def by(self) -> tuple[Column, ...]:
        """The fields of the query; the prefix comes last."""
        return (self.field,) if self.prefix is None else (self.field, self.prefix)


_PREFIXES: Final = {
    "region": "country",
    "city": "country",
    "browser_version": "browser",
    "os_version": "os",
}

_NAMES: Final = (
    "referrer",
    "referrer_name",
    "referrer_type",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "country",
    "region",
    "city",
    "device",
    "brand",
    "model",
    "browser",
    "browser_version",
    "os",
    "os_version",
)

SHAPES: Final[Mapping[str, Shape]] = {
    name: Shape(COLUMNS[name], COLUMNS[_PREFIXES[name]] if name in _PREFIXES else None)
    for name in _NAMES
}
"""Every breakdown by the last part of its path."""
