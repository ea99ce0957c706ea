"""A plain session naming for tests, and the events that session properties are tried on."""

from hypothesis import strategies as st

from app.analytics.records import Event

MINUTE = 60_000


def name_session(project: int, device_id: str, at_ms: int) -> str:
    """Readable, and different for every device and instant."""
    return f"{project}/{device_id}@{at_ms}"


PATHS = st.sampled_from([None, "", "/", "/a", "/b"])

EVENTS = st.builds(
    Event,
    project=st.sampled_from([1, 2]),
    id=st.just("event"),
    name=st.sampled_from(["screen_view", "screen_view", "click", "revenue", "session_start"]),
    created_at=st.integers(0, 400).map(lambda minutes: minutes * MINUTE // 2),
    received_at=st.just(0),
    profile_id=st.sampled_from([None, "d1", "ann", "bob"]),
    device_id=st.sampled_from([None, "d1", "d1", "d1", "d2"]),
    path=PATHS,
    origin=st.sampled_from([None, "", "https://a.test"]),
    country=st.sampled_from([None, "SE", "DE"]),
    longitude=st.sampled_from([None, 18.5]),
    revenue=st.integers(-5, 500),
    properties=st.sampled_from([{}, {"plan": "pro"}, {"plan": {"seats": 2}, "é": [None, ""]}]),
    groups=st.lists(st.sampled_from(["g1", "g2", "g3"]), max_size=2, unique=True).map(tuple),
)
"""Events around the 30 minute pause, of few devices, without positions."""
