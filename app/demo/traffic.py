"""The demo's traffic: how much of it on which day, and the days' events."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from app.analytics.records import Event
from app.demo.people import PersonKey, identities_of, person_of
from app.demo.tables import (
    CHANNELS,
    HOUR_WEIGHTS,
    SPIKE_CHANNEL,
    WEEKDAY_WEIGHTS,
    ChannelRow,
)
from app.demo.visits import Visit, events_of
from app.ingest.encoding import encode_event
from app.projects.identity import Identity

DAYS: Final = 30

_SHARD_EVENTS: Final = 50_000
"""About the most events of a shard: it is journalled in one batch, and held in memory."""

_PART_PEOPLE: Final = 10_000_000
"""How far the numbers of newcomers in two parts of a day are apart."""

_LIVE_MS: Final = 5 * 60 * 1000
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS

_GROWTH_PER_DAY: Final = 0.014
_SPIKE_DAY: Final = 19
_SPIKE: Final = 2.4
_SPIKE_SHARE: Final = 0.6
_NEW_SHARE: Final = 0.58
_EVENTS_PER_VISIT: Final = 5.5
_RETURN_WITHIN_DAYS: Final = 6.0

_EPOCH: Final = date(1970, 1, 1)
_CHANNEL_WEIGHTS: Final = [channel.weight for channel in CHANNELS]
_HOURS: Final = list(accumulate(HOUR_WEIGHTS))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time that is to be filled with so many events of a project."""

    project: int
    timezone: str
    start_ms: int
    end_ms: int
    events: int


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a stretch: the local day from `start_ms` on, as far as `end_ms`.

    Visits begin within it, and nothing happens after `until_ms`. `day` counts from 1970. A busy
    day has several `parts`, one after the other, each as busy as the others; this is number
    `part`. `is_spike` is the day when a crowd comes, `is_live` the last minutes of the stretch.
    """

    project: int
    day: int
    start_ms: int
    end_ms: int
    until_ms: int
    events: int
    part: int = 0
    parts: int = 1
    is_spike: bool = False
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """A shard's events, encoded, and what is said about the profiles in them."""

    rows: list[bytes]
    identities: list[Identity]


def shards_of(stretch: Stretch) -> list[Shard]:
    """The stretch's days, oldest first, and then its last minutes; their events add up."""
    days = _days(stretch)
    live = min(max(24, stretch.events // 2_000), stretch.events // 4)
    weights = [_weight(place, day, start, end) for place, (day, start, end) in enumerate(days)]
    quotas = _apportioned(stretch.events - live, weights)
    shards = [
        Shard(
            stretch.project,
            day,
            start,
            end,
            stretch.end_ms,
            some,
            part,
            parts,
            is_spike=place == _SPIKE_DAY,
        )
        for place, ((day, start, end), events) in enumerate(zip(days, quotas, strict=True))
        for parts in (1 + events // _SHARD_EVENTS,)
        for part, some in enumerate(_apportioned(events, [1.0] * parts))
    ]
    last_start = max(stretch.start_ms, stretch.end_ms - _LIVE_MS)
    last_day = days[-1][0]
    shards.append(
        Shard(
            stretch.project,
            last_day,
            last_start,
            stretch.end_ms,
            stretch.end_ms,
            live,
            is_live=True,
        )
    )
    return shards


def traffic_of(shard: Shard) -> Traffic:
    """The shard's traffic, always the same: exactly its number of events, in their order."""
    random = Random(f"traffic:{shard}")  # noqa: S311 — a demo.
    events: list[Event] = []
    seen: dict[PersonKey, tuple[int, int]] = {}
    new = shard.part * _PART_PEOPLE
    while len(events) < shard.events:
        is_new = random.random() < (0.9 if shard.is_spike else _NEW_SHARE)
        key = PersonKey(shard.day, new) if is_new else _returning(shard, random)
        new += is_new
        start = _start(shard, random)
        visit = Visit(shard.project, person_of(key), start, _channel(shard, random))
        made = [event for event in events_of(visit, random) if event.created_at <= shard.until_ms]
        events += made[: shard.events - len(events)]
        last = max(start, *(event.created_at for event in made)) if made else start
        first_before, last_before = seen.get(key, (start, last))
        seen[key] = min(first_before, start), max(last_before, last)
    events.sort(key=lambda event: event.created_at)
    identities = [
        identity
        for key, (first, last) in seen.items()
        for identity in identities_of(person_of(key), first, last)
    ]
    return Traffic([encode_event(event) for event in events], identities)


def _days(stretch: Stretch) -> list[tuple[int, int, int]]:
    """The local days of the stretch: their number since 1970, start and end."""
    zone = ZoneInfo(stretch.timezone)
    day = datetime.fromtimestamp(stretch.start_ms / 1000, zone).date()
    days: list[tuple[int, int, int]] = []
    start = stretch.start_ms
    while start < stretch.end_ms:
        following = day + timedelta(days=1)
        # Trap: a day may have 23 or 25 hours; its end is the next one's midnight.
        midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
        end = min(int(midnight.astimezone(UTC).timestamp() * 1000), stretch.end_ms)
        days.append(((day - _EPOCH).days, start, end))
        day, start = following, end
    return days


def _weight(place: int, day: int, start: int, end: int) -> float:
    weekday = (_EPOCH + timedelta(days=day)).weekday()
    spike = _SPIKE if place == _SPIKE_DAY else 1.0
    growth = 1 + _GROWTH_PER_DAY * place
    return growth * WEEKDAY_WEIGHTS[weekday] * spike * (end - start) / _DAY_MS


def _apportioned(total: int, weights: Sequence[float]) -> list[int]:
    """The total in whole parts that are in proportion to the weights and add up to it."""
    whole = sum(weights)
    edges = [round(total * part / whole) for part in accumulate(weights)]
    return [end - start for start, end in zip([0, *edges], edges, strict=False)]


def _returning(shard: Shard, random: Random) -> PersonKey:
    """Someone who came first on one of the days before, more likely on a recent one."""
    ago = 1 + int(random.expovariate(1 / _RETURN_WITHIN_DAYS))
    newcomers = max(1, int(shard.events / _EVENTS_PER_VISIT * _NEW_SHARE))
    return PersonKey(shard.day - ago, random.randrange(newcomers))


def _start(shard: Shard, random: Random) -> int:
    """When a visit begins: as busy as the local hour is, and within the shard."""
    length = shard.end_ms - shard.start_ms
    share = (shard.part + random.random()) / shard.parts
    evenly = shard.start_ms + int(share * length)
    if shard.is_live or length < 2 * _HOUR_MS:
        return evenly
    busy = share * _HOURS[-1]
    hour = bisect_right(_HOURS, busy)
    of_hour = (busy - (_HOURS[hour - 1] if hour else 0)) / HOUR_WEIGHTS[hour]
    at = shard.start_ms + int((hour + of_hour) * _HOUR_MS)
    return at if at < shard.end_ms else evenly


def _channel(shard: Shard, random: Random) -> ChannelRow:
    if shard.is_spike and random.random() < _SPIKE_SHARE:
        return SPIKE_CHANNEL
    (channel,) = random.choices(CHANNELS, _CHANNEL_WEIGHTS)
    return channel
