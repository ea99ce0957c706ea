"""Which media type an answer has. Sources: RFC 9110 §12.5.1, GraphQL over HTTP."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class MediaType(StrEnum):
    """A form of answer. With JSON, failed operations are 200 as old clients expect."""

    JSON = "application/json"
    GRAPHQL_RESPONSE = "application/graphql-response+json"


_HTML: Final = "text/html"


@dataclass(frozen=True, slots=True)
class _Range:
    pattern: str
    weight: float
    place: int

    def specificity(self, media_type: str) -> int:
        """How closely the range names the type: 3 exactly, 0 not at all."""
        if self.pattern == media_type:
            return 3
        if self.pattern == f"{media_type.partition('/')[0]}/*":
            return 2
        return 1 if self.pattern == "*/*" else 0


def negotiate(accept: str | None) -> MediaType | None:
    """The form that the header asks for; None when it takes neither.

    Who says nothing, or takes anything, gets plain JSON.
    """
    if accept is None or not accept.strip():
        return MediaType.JSON
    ranges = _ranges(accept)
    ranked = [(_rank(ranges, one), one) for one in MediaType]
    acceptable = [(rank, one) for rank, one in ranked if rank[0] > 0]
    return max(acceptable, key=lambda pair: pair[0])[1] if acceptable else None


def prefers_page(accept: str | None) -> bool:
    """Whether the header names HTML, and does not rather take JSON: as browsers do."""
    ranges = _ranges(accept or "")
    html = _rank(ranges, _HTML)
    return html[1] == 3 and html[0] > 0 and all(html > _rank(ranges, one) for one in MediaType)


def _rank(ranges: list[_Range], media_type: str) -> tuple[float, int, int]:
    """The weight, the specificity and the order of the range that speaks for the type."""
    matching = [(one.specificity(media_type), one) for one in ranges if one.specificity(media_type)]
    if not matching:
        return (0, 0, 0)
    specificity, speaking = max(matching, key=lambda pair: (pair[0], -pair[1].place))
    return (speaking.weight, specificity, -speaking.place)


def _ranges(accept: str) -> list[_Range]:
    ranges: list[_Range] = []
    for place, part in enumerate(accept.lower().split(",")):
        pattern, *parameters = (piece.strip() for piece in part.split(";"))
        if pattern:
            ranges.append(_Range(pattern, _weight(parameters), place))
    return ranges


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
