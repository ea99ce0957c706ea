"""Which keys an exported event has, and what each of them shows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from app.analytics.fields import COLUMNS
from app.analytics.records import Event, Json
from app.analytics.shapes import Absent, Constant, Document, Instant, Member, Number, Shape, Text
from app.analytics.shapes import Shown as Value
from app.compat.openpanel.flatten import flatten

Shown: TypeAlias = Callable[[Event], Json]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the row: the record's field that it needs, and what it shows of it.

    `written` is what an engine shows of it to the same effect, if it can.
    """

    column: str
    show: Shown
    written: Value | None = None
    absent: Absent = Absent.NULL


@dataclass(frozen=True, slots=True)
class Selection:
    """The keys of each row; `profile` and `meta` come from elsewhere than the event."""

    keys: tuple[str, ...]
    has_profile: bool
    has_meta: bool

    @property
    def columns(self) -> frozenset[str]:
        """The fields of the record that the keys need."""
        needed = {KEYS[key].column for key in self.keys}
        return frozenset(needed | {"profile_id"} if self.has_profile else needed)


def iso_ms(instant: int) -> str:
    """The instant in ISO 8601 with milliseconds and `Z`."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _imported(event: Event) -> Json:
    return None if event.imported_at is None else iso_ms(event.imported_at)


def _text(column: str) -> Key:
    """Absent text is empty text here."""
    written = Text(COLUMNS[column])
    return Key(column, lambda event: getattr(event, column) or "", written, Absent.EMPTY)


def _plain(column: str) -> Key:
    return Key(column, lambda event: getattr(event, column), Number(COLUMNS[column]))


KEYS: Final[Mapping[str, Key]] = {
    "id": _text("id"),
    "name": _text("name"),
    "deviceId": _text("device_id"),
    "profileId": _text("profile_id"),
    "sessionId": _text("session_id"),
    "createdAt": Key(
        "created_at", lambda event: iso_ms(event.created_at), Instant(COLUMNS["created_at"])
    ),
    "path": _text("path"),
    "city": _text("city"),
    "country": _text("country"),
    "os": _text("os"),
    "browser": _text("browser"),
    "duration": _plain("duration"),
    "properties": Key("properties", lambda event: {**flatten(event.properties)}),
    "region": _text("region"),
    "longitude": _plain("longitude"),
    "latitude": _plain("latitude"),
    "osVersion": _text("os_version"),
    "browserVersion": _text("browser_version"),
    "device": _text("device"),
    "brand": _text("brand"),
    "model": _text("model"),
    "origin": _text("origin"),
    "referrer": _text("referrer"),
    "referrerName": _text("referrer_name"),
    "referrerType": _text("referrer_type"),
    "importedAt": Key("imported_at", _imported, Instant(COLUMNS["imported_at"])),
    "sdkName": _text("sdk_name"),
    "sdkVersion": _text("sdk_version"),
    "revenue": _plain("revenue"),
    "groups": Key("groups", lambda event: [*event.groups], Document("groups")),
}
"""Every key that the event itself can fill."""

ALWAYS: Final = tuple(KEYS)[: tuple(KEYS).index("properties")]
"""The keys of every row; `projectId` and `groups` are there too."""

BUNDLES: Final[Mapping[str, tuple[str, ...]]] = {
    "geo": ("country", "region", "city", "longitude", "latitude"),
    "device": ("device", "brand", "model", "os", "osVersion", "browser", "browserVersion"),
    "referrer": ("referrer", "referrerName", "referrerType"),
    "sdk": ("sdkName", "sdkVersion"),
    "*": tuple(KEYS),
}
"""Names that stand for several keys."""


def select_keys(includes: Iterable[str]) -> Selection:
    """The keys of rows with those additions, in one order; unknown additions add nothing."""
    wanted = list(includes)
    keys = {*ALWAYS}
    for name in wanted:
        keys.update(BUNDLES.get(name, (name,)))
    return Selection(
        tuple(key for key in KEYS if key in keys),
        has_profile="profile" in wanted or "*" in wanted,
        has_meta="meta" in wanted or "*" in wanted,
    )


def shape_of(selection: Selection, project_id: str) -> Shape | None:
    """The rows as an engine writes them; None if a key takes more than an engine can do."""
    members: list[Member] = []
    for name in selection.keys:
        key = KEYS[name]
        if key.written is None:
            return None
        members.append(Member(name, key.written, key.absent))
    if selection.has_profile:
        return None
    members.append(Member("projectId", Constant(project_id)))
    if "groups" not in selection.keys:
        members.append(Member("groups", Constant([])))
    if selection.has_meta:
        members.append(Member("meta", Constant(None)))
    return Shape(tuple(members))
