from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import orjson
import pytest

from app.analytics.event_row import EventRow
from app.demo.traffic import DAYS, Stretch, shards_of, traffic_of
from app.ingest.encoding import MAX_BATCH_ROWS, decode_batch, encode_batch

NOW = 1_743_418_800_000
"""2025-03-31T11:00:00Z, the day after the clocks changed in Stockholm."""

DAY = 86_400_000
ZONE = "Europe/Stockholm"


def stretch(events: int) -> Stretch:
    return Stretch(1, ZONE, NOW - DAYS * DAY, NOW, events)


def events_of(wanted: Stretch) -> list[EventRow]:
    rows = [row for shard in shards_of(wanted) for row in traffic_of(shard).rows]
    return decode_batch(encode_batch(rows), 1)


@pytest.fixture(scope="module")
def traffic() -> list[EventRow]:
    return events_of(stretch(20_000))


def test_the_same_stretch_always_has_the_same_traffic() -> None:
    assert events_of(stretch(900)) == events_of(stretch(900))


@pytest.mark.parametrize("events", [1, 5, 100, 3_001])
def test_there_are_exactly_as_many_events_as_asked_for(events: int) -> None:
    made = events_of(stretch(events))
    assert len(made) == events
    assert len({event.id for event in made}) == events


def test_nothing_happens_outside_the_stretch(traffic: list[EventRow]) -> None:
    assert min(event.created_at for event in traffic) >= NOW - DAYS * DAY
    assert max(event.created_at for event in traffic) <= NOW


def test_days_meet_where_the_zone_has_its_midnights() -> None:
    days = [shard for shard in shards_of(stretch(1_000)) if not shard.is_live]
    assert len(days) == DAYS + 1
    for before, after in pairwise(days):
        assert before.end_ms == after.start_ms
        at = datetime.fromtimestamp(after.start_ms / 1000, ZoneInfo(ZONE))
        assert (at.hour, at.minute) == (0, 0)
    assert min(shard.end_ms - shard.start_ms for shard in days[1:-1]) == 23 * 3_600_000


def test_busy_days_come_in_parts_that_fit_into_a_batch() -> None:
    shards = shards_of(stretch(9_000_000))
    assert sum(shard.events for shard in shards) == 9_000_000
    assert max(shard.events for shard in shards) <= 50_000 < MAX_BATCH_ROWS


def test_parts_of_a_day_follow_each_other() -> None:
    busy = max(shard.day for shard in shards_of(stretch(9_000_000)) if shard.parts > 3) - 2
    parts = [shard for shard in shards_of(stretch(9_000_000)) if shard.day == busy]
    spans: list[tuple[int, int]] = []
    for shard in parts:
        rows = traffic_of(replace(shard, events=400)).rows
        times = [event.created_at for event in decode_batch(encode_batch(rows), 1)]
        assert times == sorted(times)
        # Visits that have begun go on for some minutes.
        spans.append((times[0], times[len(times) * 9 // 10]))
    for (_, before), (after, _) in pairwise(spans):
        assert before < after


def test_somebody_is_there_now(traffic: list[EventRow]) -> None:
    recent = {event.device_id for event in traffic if event.created_at > NOW - 5 * 60_000}
    assert len(recent - {None}) >= 5


def test_days_are_busier_than_nights_and_one_day_is_busiest(traffic: list[EventRow]) -> None:
    zone = ZoneInfo(ZONE)
    local = [datetime.fromtimestamp(event.created_at / 1000, zone) for event in traffic]
    hours = Counter(at.hour for at in local)
    assert hours[20] > 5 * hours[3]
    by_day = Counter(at.date() for at in local)
    (busiest, most), (_, next_most) = by_day.most_common(2)
    assert most > 1.4 * next_most
    crowd = [
        event
        for event, at in zip(traffic, local, strict=True)
        if at.date() == busiest and event.referrer_name == "Hacker News"
    ]
    assert len(crowd) > 0.25 * most


def test_funnel_narrows_at_each_step(traffic: list[EventRow]) -> None:
    names = Counter(event.name for event in traffic)
    steps = ["screen_view", "product_viewed", "add_to_cart", "checkout_started", "purchase"]
    counts = [names[step] for step in steps]
    assert all(before > after > 0 for before, after in pairwise(counts))


def test_revenue_comes_with_purchases(traffic: list[EventRow]) -> None:
    for event in traffic:
        assert (event.revenue > 0) == (event.name == "revenue")
    assert any(event.revenue for event in traffic)


def test_people_come_back_on_other_days(traffic: list[EventRow]) -> None:
    seen = {
        (event.device_id, datetime.fromtimestamp(event.created_at / 1000, UTC).date())
        for event in traffic
        if event.device_id
    }
    days = Counter(device for device, _ in seen)
    returning = sum(count > 1 for count in days.values())
    assert 0.1 < returning / len(days) < 0.6


def test_traffic_has_the_variety_of_a_real_shop(traffic: list[EventRow]) -> None:
    kinds = {event.referrer_type for event in traffic}
    assert {None, "search", "social", "ai"} <= kinds
    assert len({event.country for event in traffic}) > 10
    assert {"desktop", "mobile", "tablet", "server"} <= {event.device for event in traffic}
    assert {"web", "swift", "kotlin", "node"} <= {event.sdk_name for event in traffic}
    assert any(event.utm_campaign == "autumn-letter" for event in traffic)
    values = [value for event in traffic for value in orjson.loads(event.properties).values()]
    assert {str, int, float, bool, list, dict} <= {type(value) for value in values}


def test_servers_tell_of_members_without_a_device(traffic: list[EventRow]) -> None:
    told = [event for event in traffic if event.device == "server"]
    assert told
    assert all(event.device_id is None and event.profile_id for event in told)


def test_members_are_told_of_when_they_are_seen() -> None:
    for shard in shards_of(stretch(3_000)):
        made = traffic_of(shard)
        events = decode_batch(encode_batch(made.rows), 1) if made.rows else []
        members = {
            event.profile_id
            for event in events
            if event.profile_id and event.profile_id != event.device_id
        }
        assert members <= {identity.profile_id for identity in made.identities}
        assert all(identity.seen_at <= NOW for identity in made.identities)
