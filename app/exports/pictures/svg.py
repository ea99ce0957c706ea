"""Pieces of SVG."""

import re
from dataclasses import dataclass, field
from typing import Final

from app.exports.pictures.drawing import Spec
from app.exports.pictures.text import safe
from app.exports.pictures.theme import FONT

_OPENING: Final = re.compile(r"<svg[^>]*>")
_VIEW_BOX: Final = re.compile(r'viewBox="([^"]*)"')
_ID: Final = re.compile(r'\b(id="|url\(#|href="#)')


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle, in pixels from the top left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    def inset(self, x: float, y: float) -> "Area":
        """The area without margins of that size."""
        return Area(self.left + x, self.top + y, self.width - 2 * x, self.height - 2 * y)

    def below(self, height: float) -> "Area":
        """What is left under a strip of that height."""
        return Area(self.left, self.top + height, self.width, max(self.height - height, 1))


@dataclass(frozen=True, slots=True)
class Placed:
    """A plot and where it stands."""

    area: Area
    spec: Spec


@dataclass(slots=True)
class Sketch:
    """A picture in the making: pieces of SVG, and plots that are still to be drawn."""

    pieces: list[str] = field(default_factory=list[str])
    plots: list[Placed] = field(default_factory=list[Placed])

    def add(self, *pieces: str) -> None:
        """Puts pieces on top of what is there."""
        self.pieces += pieces

    def plot(self, area: Area, spec: Spec) -> None:
        """Has a plot drawn over everything else in that area."""
        self.plots.append(Placed(area, spec))

    def document(self, width: float, height: float, drawn: list[str]) -> str:
        """The whole SVG, with the plots as they were drawn."""
        nested = [
            _nested(placed.area, svg, f"p{number}-")
            for number, (placed, svg) in enumerate(zip(self.plots, drawn, strict=True))
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" '
            f'xmlns:xlink="http://www.w3.org/1999/xlink" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" font-family="{FONT}">'
            f"{''.join(self.pieces)}{''.join(nested)}</svg>"
        )


def _nested(area: Area, svg: str, prefix: str) -> str:
    """The drawn plot as a part of a larger picture: its ids must not meet those of others."""
    opening = _OPENING.search(svg)
    if opening is None:
        return ""
    view = _VIEW_BOX.search(opening.group())
    inner = _ID.sub(rf"\g<1>{prefix}", svg[opening.end() : svg.rfind("</svg>")])
    return (
        f'<svg x="{area.left:g}" y="{area.top:g}" width="{area.width:g}" '
        f'height="{area.height:g}" viewBox="{view.group(1) if view else ""}" '
        f'preserveAspectRatio="xMinYMin meet">{inner}</svg>'
    )


def rect(area: Area, fill: str, *, radius: float = 0, stroke: str | None = None) -> str:
    """A filled rectangle."""
    edge = f' stroke="{stroke}"' if stroke else ""
    round_ = f' rx="{radius:g}"' if radius else ""
    return (
        f'<rect x="{area.left:.2f}" y="{area.top:.2f}" width="{max(area.width, 0):.2f}" '
        f'height="{max(area.height, 0):.2f}"{round_} fill="{fill}"{edge}/>'
    )


def circle(x: float, y: float, radius: float, fill: str) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:g}" fill="{fill}"/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str) -> str:
    """A hairline."""
    return (
        f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" '
        f'stroke="{stroke}" stroke-width="1"/>'
    )


def path(shape: str, fill: str, opacity: float = 1) -> str:
    """A filled shape."""
    return f'<path d="{shape}" fill="{fill}" fill-opacity="{opacity:g}"/>'


@dataclass(frozen=True, slots=True)
class Type:
    """How a text is set; `anchor` is start, middle or end."""

    size: float
    fill: str
    is_bold: bool = False
    anchor: str = "start"
    halo: str | None = None
    """The colour of an edge around the letters, which keeps them readable over lines."""


def text(x: float, y: float, content: str, style: Type) -> str:
    """One line of text on the base line `y`."""
    weight = ' font-weight="bold"' if style.is_bold else ""
    anchor = "" if style.anchor == "start" else f' text-anchor="{style.anchor}"'
    if style.halo is not None:
        anchor += f' stroke="{style.halo}" stroke-width="3" paint-order="stroke"'
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{style.size:g}" fill="{style.fill}"'
        f"{weight}{anchor}>{safe(content)}</text>"
    )
