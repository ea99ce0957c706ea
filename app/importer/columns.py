"""Rows of OpenPanel's events as columns, many at once.

`openpanel.event_of` is the definition. This gives the same for rows as exports write them, in
a fraction of the time; anything else about them is unusual, and for the definition to judge.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import NoneType
from typing import Any, Final

import orjson

from app.analytics.errors import DomainError
from app.analytics.event_row import EventRow
from app.analytics.records import Json
from app.importer.openpanel import QUERY, SNAKE_OF, TEXTS, UTM, campaign_of
from app.importer.rows import BadRowError, Circumstances, Row, groups_of, instant_of, text_of
from app.ingest.encoding import LARGEST_AMOUNT
from app.ingest.properties import MAX_VALUES, checked_properties
from app.kit.ids import derived_id
from app.stores.arrow import NO_GROUPS, ArrowError, EventTable, repeated, table_of_columns

_CAMEL_OF: Final = {snake: camel for camel, snake in SNAKE_OF.items()}
_CAMEL_UTM: Final = frozenset(_CAMEL_OF[name] for name in UTM)
_KNOWN: Final = frozenset({*EventRow._fields, *SNAKE_OF})
_USUAL_DEGREES: Final = 360


class UnusualRowsError(Exception):
    """Some of the rows have to be looked at one by one."""


def table_of(rows: Sequence[Row], lines: Sequence[int], circumstances: Circumstances) -> EventTable:
    """The events of the rows on these lines. Raises UnusualRowsError."""
    if not rows:
        raise UnusualRowsError
    told = _Told(rows)
    properties: list[dict[str, Json]] = [held or {} for held in told.values("properties")]
    _expect(properties, dict)
    device_ids = told.texts("device_id")
    columns: dict[str, Sequence[object]] = {
        "project": repeated("project", circumstances.project, len(rows)),
        "position": repeated("position", 0, len(rows)),
        "id": _ids(told.texts("id"), lines, circumstances),
        "name": told.names(),
        "created_at": told.instants(),
        "received_at": repeated("received_at", circumstances.at_ms, len(rows)),
        "imported_at": repeated("imported_at", circumstances.at_ms, len(rows)),
        "profile_id": told.texts("profile_id"),
        "device_id": device_ids,
        "session_id": _without_device(told.texts("session_id"), device_ids),
        "title": _titles(told.texts("title"), properties),
        **{name: told.texts(name) for name in TEXTS},
        **_campaigns(told, rows, properties),
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
        # A text is something else.
        raise UnusualRowsError from error


class _Told:
    """What rows tell, field by field, under either of its spellings."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._count = len(rows)
        self._columns = _columns_of(rows)
        if not self._columns.keys().isdisjoint(_CAMEL_UTM):
            raise UnusualRowsError

    def values(self, field: str) -> Sequence[Any]:
        """The values as they are, None where there is none."""
        keys = self._columns.keys() & {field, _CAMEL_OF.get(field, field)}
        if len(keys) > 1:
            raise UnusualRowsError
        return self._columns[keys.pop()] if keys else [None] * self._count

    def texts(self, field: str) -> Sequence[Any]:
        """The texts, empty ones left out; nobody has looked whether they are texts."""
        values = self.values(field)
        if "" not in values:
            return values
        return [None if value == "" else value for value in values]

    def names(self) -> Sequence[Any]:
        """The events' names."""
        names = self.values("name")
        _expect(names, str)
        if "" in names:
            raise UnusualRowsError
        return names

    def instants(self) -> list[int]:
        """When the events happened."""
        values = self.values("created_at")
        _expect(values, int, str)
        try:
            return list(map(instant_of, values))
        except BadRowError as error:
            raise UnusualRowsError from error

    def degrees(self, field: str) -> Sequence[Any]:
        """The coordinates."""
        values = self.values(field)
        _expect(values, float, int, NoneType)
        _expect_within(_USUAL_DEGREES, filter(None, values))
        return values

    def amounts(self, field: str) -> list[int]:
        """The whole numbers, 0 where there is none."""
        values = self.values(field)
        _expect(values, int, NoneType)
        amounts = [value or 0 for value in values]
        _expect_within(LARGEST_AMOUNT, amounts)
        return amounts

    def groups(self) -> Sequence[Any]:
        """The groups as JSON."""
        values = self.values("groups")
        if not any(values):
            return repeated("groups", NO_GROUPS, self._count)
        groups = map(groups_of, values)
        return [orjson.dumps(held).decode() if held else NO_GROUPS for held in groups]


def _columns_of(rows: Sequence[Row]) -> Mapping[str, Sequence[Any]]:
    """The rows' values by their keys, of those that are known."""
    keys = tuple(rows[0])
    if list(map(tuple, rows)).count(keys) == len(rows):
        return dict(zip(keys, zip(*map(dict[str, Json].values, rows), strict=True), strict=True))
    known = _KNOWN.intersection(chain.from_iterable(rows))
    return {key: [row.get(key) for row in rows] for key in known}


def _expect(values: Iterable[object], *usual: type) -> None:
    if not set(map(type, values)).issubset(usual):
        raise UnusualRowsError


def _expect_within(largest: int, values: Iterable[float]) -> None:
    if max(map(abs, values), default=0) > largest:
        raise UnusualRowsError


def _texts_of(properties: Sequence[dict[str, Json]]) -> list[bytes]:
    """The properties as JSON texts."""
    texts = list(map(orjson.dumps, properties))
    for held, text in zip(properties, texts, strict=True):
        # Without another bracket, nothing nests.
        if b"{" in text[1:] or b"[" in text or len(held) > MAX_VALUES:
            try:
                checked_properties(held, ("properties",))
            except DomainError as error:
                raise UnusualRowsError from error
    return texts


def _ids(
    told: Sequence[str | None], lines: Sequence[int], circumstances: Circumstances
) -> list[str]:
    _expect(told, str, NoneType)
    return [
        held or derived_id(circumstances.fingerprint, str(line))
        for held, line in zip(told, lines, strict=True)
    ]


def _without_device(
    told: Sequence[str | None], device_ids: Sequence[str | None]
) -> list[str | None]:
    pairs = zip(told, device_ids, strict=True)
    return [held if device_id is None else None for held, device_id in pairs]


def _titles(told: Sequence[str | None], properties: Sequence[dict[str, Json]]) -> list[str | None]:
    _expect(told, str, NoneType)
    pairs = zip(told, properties, strict=True)
    return [title or text_of(held.get("__title")) for title, held in pairs]


def _campaigns(
    told: _Told, rows: Sequence[Row], properties: Sequence[dict[str, Json]]
) -> dict[str, Sequence[str | None]]:
    """The campaigns' columns; few events have a campaign among their properties."""
    columns = {name: told.texts(name) for name in UTM}
    places = [place for place, held in enumerate(properties) if not QUERY.isdisjoint(held)]
    if not places:
        return columns
    changed: dict[str, list[Any]] = {name: list(values) for name, values in columns.items()}
    for place in places:
        for name, text in campaign_of(rows[place], properties[place]).items():
            changed[name][place] = text
    return dict(changed)
