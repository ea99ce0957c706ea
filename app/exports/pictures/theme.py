"""Colours, type and the settings of plots."""

from dataclasses import dataclass
from typing import Any, Final

from app.exports.records import Theme

FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The renderer brings the first one along; the others are what browsers have in its place."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme: from the ground up, then those of series in their order."""

    ground: str
    card: str
    border: str
    grid: str
    faint: str
    muted: str
    ink: str
    good: str
    bad: str
    heat: tuple[str, str]
    heat_ink: str
    series: tuple[str, ...]

    def color(self, place: int) -> str:
        """The colour of the series at that place; they come again after the last."""
        return self.series[place % len(self.series)]


LIGHT: Final = Palette(
    ground="#F4F5F7",
    card="#FFFFFF",
    border="#E3E6EB",
    grid="#ECEEF2",
    faint="#F1F3F6",
    muted="#687083",
    ink="#1B2130",
    good="#12805C",
    bad="#C0352B",
    heat=("#EEF3FE", "#2B5BD7"),
    heat_ink="#FFFFFF",
    series=(
        *("#2F6BEB", "#E5673A", "#12A277", "#9B51E0", "#D99A00"),
        *("#0E9BB0", "#D6447A", "#5F7A8A", "#8A5A32", "#5C9E31"),
    ),
)
DARK: Final = Palette(
    ground="#0F131B",
    card="#181D27",
    border="#2A3140",
    grid="#262D3A",
    faint="#202633",
    muted="#99A3B5",
    ink="#EEF1F6",
    good="#4CC79A",
    bad="#FF7A70",
    heat=("#1E2A45", "#6C9CFF"),
    heat_ink="#0F131B",
    series=(
        *("#6C9CFF", "#FF9364", "#41CD9F", "#BF8BFF", "#F0BE4B"),
        *("#43C6D8", "#FF7DAA", "#9DB3C1", "#C99A70", "#93D168"),
    ),
)
_PALETTES: Final = {Theme.LIGHT: LIGHT, Theme.DARK: DARK}


def palette_of(theme: Theme) -> Palette:
    """The colours of the theme."""
    return _PALETTES[theme]


def plot_config(palette: Palette) -> dict[str, Any]:
    """The settings that all plots share."""
    axis = {
        "labelFont": FONT,
        "labelFontSize": 12,
        "labelColor": palette.muted,
        "labelPadding": 8,
        "domainColor": palette.border,
        "tickColor": palette.border,
        "gridColor": palette.grid,
        "title": None,
    }
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False, "ticks": True, "tickSize": 4, "labelFlush": True},
        "axisY": {"domain": False, "ticks": False, "tickCount": 5},
        "legend": {"disable": True},
    }
