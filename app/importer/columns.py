"""Lines of OpenPanel's events as columns, many at once.

`openpanel.event_of` is the definition. This gives the same for lines as exports write them, in
a fraction of the time; anything else about them is unusual, and for the definition to judge.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import NoneType
from typing import Annotated, Any, Final

import msgspec
import orjson

from app.analytics.errors import DomainError
from app.analytics.event_row import EventRow
from app.analytics.records import Json
from app.importer.openpanel import QUERY, SNAKE_OF, TEXTS, UTM, campaign_of
from app.importer.rows import BadRowError, Circumstances, all_milliseconds, instant_of, text_of
from app.ingest.bodies import storable
from app.ingest.encoding import LARGEST_AMOUNT
from app.ingest.properties import MAX_DEPTH, MAX_VALUES, checked_properties
from app.kit.ids import derived_id
from app.stores.arrow import (
    NO_GROUPS,
    ArrowError,
    EventTable,
    joined_tables,
    repeated,
    table_of_columns,
)

_USUAL_DEGREES: Final = 360

_PIECE_BYTES: Final = 1 << 18
"""What a processor's own cache holds with all that is made of it; more takes twice as long."""

_Nothing = Annotated[int, msgspec.Meta(ge=1, le=0)]
"""No value at all."""

_KINDS: Final[Mapping[str, tuple[Any, object]]] = {
    "name": (str, ""),
    "created_at": (int | str, ""),
    "longitude": (float | None, None),
    "latitude": (float | None, None),
    "duration": (int | None, None),
    "revenue": (int | None, None),
    "groups": (list[str] | None, None),
    "properties": (msgspec.Raw, msgspec.Raw(b"null")),
}
"""The kinds of fields, and what stands for a missing one; all others are texts or null."""

_READ: Final = (
    *("id", "profile_id", "device_id", "session_id", "title"),
    *_KINDS,
    *TEXTS,
    *UTM,
)
_PLACES: Final = {name: place for place, name in enumerate(_READ)}


class UnusualRowsError(Exception):
    """Some of the rows have to be looked at one by one."""


def _decoder(spelled: Mapping[str, str]) -> "msgspec.json.Decoder[Any]":
    """Reads the fields, some of them under other names; a line with a second name is unusual."""
    keys = {name: spelled.get(name, name) for name in _READ}
    second = {*SNAKE_OF, *SNAKE_OF.values()}.difference(keys.values())
    refused = {f"other_{place}": key for place, key in enumerate(sorted(second))}
    fields: list[tuple[str, Any, Any]] = []
    for name in keys:
        kind, missing = _KINDS.get(name, (str | None, None))
        fields.append((name, kind, missing))
    fields += [(name, _Nothing, 0) for name in refused]
    row = msgspec.defstruct(
        "Row",
        fields,
        rename=keys | refused,
        gc=False,
    )
    return msgspec.json.Decoder(row)


_OF_TABLES: Final = _decoder({})
_OF_EXPORTS: Final = _decoder(
    {snake: camel for camel, snake in SNAKE_OF.items() if snake not in UTM}
)
"""Their campaigns are among the properties."""


def table_of(body: bytes, first_line: int, circumstances: Circumstances) -> EventTable:
    """The events of whole lines, each of which holds one. Raises UnusualRowsError."""
    clean = storable(body)
    tables: list[EventTable] = []
    line = first_line
    for piece in _pieces(clean):
        tables.append(_piece_of(piece, line, circumstances))
        line += len(tables[-1])
    if not tables:
        raise UnusualRowsError
    return joined_tables(tables)


def _pieces(body: bytes) -> Iterator[bytes]:
    """The lines, some at once."""
    start = 0
    while start < len(body):
        end = body.rfind(b"\n", start, start + _PIECE_BYTES) + 1 or body.find(b"\n", start) + 1
        yield body[start : end or len(body)]
        start = end or len(body)


def _piece_of(body: bytes, first_line: int, circumstances: Circumstances) -> EventTable:
    told = _Told(body)
    properties = told.properties()
    device_ids = told.texts("device_id")
    count = len(properties)
    columns: dict[str, Sequence[object]] = {
        "project": repeated("project", circumstances.project, count),
        "position": repeated("position", 0, count),
        "id": _ids(told.texts("id"), first_line, circumstances),
        "name": told.names(),
        "created_at": told.instants(),
        "received_at": repeated("received_at", circumstances.at_ms, count),
        "imported_at": repeated("imported_at", circumstances.at_ms, count),
        "profile_id": told.texts("profile_id"),
        "device_id": device_ids,
        "session_id": _without_device(told.texts("session_id"), device_ids),
        "title": _titles(told.texts("title"), properties),
        **{name: told.texts(name) for name in TEXTS},
        **_campaigns({name: told.texts(name) for name in UTM}, properties),
        "longitude": told.degrees("longitude"),
        "latitude": told.degrees("latitude"),
        "duration": told.amounts("duration"),
        "revenue": told.amounts("revenue"),
        "groups": told.groups(),
        "properties": _texts_of(properties),
    }
    try:
        return table_of_columns([columns[name] for name in EventRow._fields])
    except ArrowError as error:
        # A number is too large.
        raise UnusualRowsError from error


class _Told:
    """What lines tell, field by field, under either of its spellings."""

    def __init__(self, body: bytes) -> None:
        is_table = b'"created_at"' in body[: body.find(b"\n")]
        try:
            if not body.isascii():
                # Whether what is passed over is text, nobody else asks.
                body.decode()
            rows = (_OF_TABLES if is_table else _OF_EXPORTS).decode_lines(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnusualRowsError from error
        _expect_one_each(body, len(rows))
        self._columns = list(zip(*map(msgspec.structs.astuple, rows), strict=True))

    def _values(self, field: str) -> Sequence[Any]:
        return self._columns[_PLACES[field]]

    def texts(self, field: str) -> Sequence[Any]:
        """The texts, empty ones left out."""
        values = self._values(field)
        if "" not in values:
            return values
        return [value or None for value in values]

    def names(self) -> Sequence[Any]:
        """The events' names."""
        names = self._values("name")
        if "" in names:
            raise UnusualRowsError
        return names

    def instants(self) -> list[int]:
        """When the events happened."""
        values = self._values("created_at")
        if set(map(type, values)) == {int} and all_milliseconds(values):
            return list(values)
        try:
            return list(map(instant_of, values))
        except BadRowError as error:
            raise UnusualRowsError from error

    def degrees(self, field: str) -> Sequence[Any]:
        """The coordinates."""
        values = self._values(field)
        _expect_within(_USUAL_DEGREES, filter(None, values))
        return values

    def amounts(self, field: str) -> list[int]:
        """The whole numbers, 0 where there is none."""
        amounts = [value or 0 for value in self._values(field)]
        _expect_within(LARGEST_AMOUNT, amounts)
        return amounts

    def groups(self) -> Sequence[Any]:
        """The groups as JSON."""
        values = self._values("groups")
        if not any(values):
            return repeated("groups", NO_GROUPS, len(values))
        held = [[group for group in groups or () if group] for groups in values]
        return [orjson.dumps(groups).decode() if groups else NO_GROUPS for groups in held]

    def properties(self) -> Sequence[dict[str, Json]]:
        """The properties."""
        try:
            # All of them in one go.
            read = orjson.loads(b"[%b]" % b",".join(self._values("properties")))
        except orjson.JSONDecodeError as error:
            raise UnusualRowsError from error
        if not set(map(type, read)) <= {dict, NoneType}:
            raise UnusualRowsError
        return [held or {} for held in read]


def _expect_one_each(body: bytes, rows: int) -> None:
    """Objects may be told with breaks inside, or without any between; lines may be empty."""
    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    # Between these two there is always the end of a line's object.
    seams = body.count(b"}\n{") + body.count(b"}\r\n{")
    if not rows == lines == seams + 1:
        raise UnusualRowsError


def _expect_within(largest: int, values: Iterable[float]) -> None:
    if max(map(abs, values), default=0) > largest:
        raise UnusualRowsError


def _texts_of(properties: Sequence[dict[str, Json]]) -> list[bytes]:
    """The properties as JSON texts."""
    try:
        texts = list(map(orjson.dumps, properties))
    except orjson.JSONEncodeError as error:
        # They nest too deep.
        raise UnusualRowsError from error
    for held, text in zip(properties, texts, strict=True):
        # Nothing nests deeper than there are brackets, nor holds more than there are commas.
        brackets = text.count(b"{") + text.count(b"[")
        if brackets >= MAX_DEPTH or brackets + text.count(b",") >= MAX_VALUES:
            try:
                checked_properties(held, ("properties",))
            except DomainError as error:
                raise UnusualRowsError from error
    return texts


def _ids(
    told: Sequence[str | None], first_line: int, circumstances: Circumstances
) -> Sequence[str | None]:
    if None not in told:
        return told
    return [
        held or derived_id(circumstances.fingerprint, str(line))
        for line, held in enumerate(told, first_line)
    ]


def _without_device(
    told: Sequence[str | None], device_ids: Sequence[str | None]
) -> list[str | None]:
    pairs = zip(told, device_ids, strict=True)
    return [held if device_id is None else None for held, device_id in pairs]


def _titles(told: Sequence[str | None], properties: Sequence[dict[str, Json]]) -> list[str | None]:
    pairs = zip(told, properties, strict=True)
    return [title or text_of(held.get("__title")) for title, held in pairs]


def _campaigns(
    columns: dict[str, Sequence[Any]], properties: Sequence[dict[str, Json]]
) -> dict[str, Sequence[Any]]:
    """The campaigns' columns; few events have a campaign among their properties."""
    places = [place for place, held in enumerate(properties) if not QUERY.isdisjoint(held)]
    if not places:
        return columns
    changed = {name: list(values) for name, values in columns.items()}
    for place in places:
        told = {name: values[place] for name, values in columns.items()}
        for name, text in campaign_of(told, properties[place]).items():
            changed[name][place] = text
    return dict(changed)
