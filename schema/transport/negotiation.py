"""Which form an answer has. Sources: RFC 9110 §12.5.1, GraphQL over HTTP, and what clients send."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class MediaType(StrEnum):
    """A form of answer in one piece. With JSON, failed ones are 200 as old clients expect."""

    JSON = "application/json"
    GRAPHQL_RESPONSE = "application/graphql-response+json"


class StreamType(StrEnum):
    """A form of answer in several pieces."""

    EVENT_STREAM = "text/event-stream"
    MULTIPART = "multipart/mixed"


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


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms that a caller takes: the best one in one piece, the best one in several.

    `prefers_stream` is whether the caller names the latter before every other.
    """

    single: MediaType | None
    stream: StreamType | None
    prefers_stream: bool


def negotiate(accept: str | None) -> MediaType | None:
    """The form in one piece that the header asks for; None when it takes none.

    Who says nothing, or takes anything, gets plain JSON.
    """
    return forms_of(accept).single


def forms_of(accept: str | None) -> Forms:
    """The forms that the header asks for; streams have to be named."""
    if accept is None or not accept.strip():
        return Forms(MediaType.JSON, None, prefers_stream=False)
    ranges = _ranges(accept)
    singles = [(rank, one) for one in MediaType if (rank := _rank(ranges, one))[0] > 0]
    streams = [
        (rank, one) for one in StreamType if (rank := _rank(ranges, one))[0] > 0 and rank[1] == 3
    ]
    single = max(singles, key=lambda pair: pair[0], default=None)
    stream = max(streams, key=lambda pair: (pair[0][0], pair[0][2]), default=None)
    return Forms(
        single[1] if single else None,
        stream[1] if stream else None,
        # Trap: some clients list streams behind JSON for each query, and read none for it.
        prefers_stream=stream is not None and all(_before(stream[0], rank) for rank, _ in singles),
    )


def prefers_page(accept: str | None) -> bool:
    """Whether the header names HTML, and does not rather take JSON: as browsers do."""
    ranges = _ranges(accept or "")
    html = _rank(ranges, _HTML)
    return html[1] == 3 and html[0] > 0 and all(html > _rank(ranges, one) for one in MediaType)


def _before(stream: tuple[float, int, int], single: tuple[float, int, int]) -> bool:
    """Whether the stream has the greater weight, or stands first where these are equal."""
    return (stream[0], stream[2]) > (single[0], single[2])


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
