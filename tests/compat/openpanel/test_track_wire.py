import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.compat.openpanel.track_wire import (
    BodyCredentials,
    Call,
    credentials_in,
    decode_track,
    read_message,
)
from app.ingest.calls import IdentifyCall, Technology, TrackCall

DOCUMENTED_TRACK = b"""{
  "type": "track",
  "payload": {
    "name": "my_event",
    "properties": {
      "foo": "bar"
    }
  }
}"""

DOCUMENTED_IDENTIFY = b"""{
  "type": "identify",
  "payload": {
    "profileId": "123",
    "firstName": "Joe",
    "lastName": "Doe",
    "email": "[email protected]",
    "properties": {
      "tier": "premium"
    }
  }
}"""


def _decode(kind: str, payload: Json) -> Call:
    body = json.dumps({"type": kind, "payload": payload}).encode()
    return decode_track(body, project=7, project_slug="demo")


def _track(name: str = "view", **parts: Json) -> TrackCall:
    call = _decode("track", {"name": name, **parts})
    assert isinstance(call, TrackCall)
    return call


def _with(**properties: Json) -> TrackCall:
    return _track(properties=properties)


def _identify(**parts: Json) -> IdentifyCall:
    call = _decode("identify", {"profileId": "ann", **parts})
    assert isinstance(call, IdentifyCall)
    return call


def test_documented_track_is_decoded() -> None:
    assert decode_track(DOCUMENTED_TRACK, project=7, project_slug="demo") == TrackCall(
        project=7, project_slug="demo", name="my_event", properties={"foo": "bar"}
    )


def test_documented_identify_is_decoded_without_its_masked_address() -> None:
    assert decode_track(DOCUMENTED_IDENTIFY, project=7, project_slug="demo") == IdentifyCall(
        project=7,
        profile_id="123",
        first_name="Joe",
        last_name="Doe",
        properties={"tier": "premium"},
    )


def test_special_properties_become_parts_of_the_call() -> None:
    call = _with(
        __path="https://a.test/p?x=1",
        __referrer="https://www.google.com/",
        __timestamp="2025-01-01T12:00:00.000Z",
        __title="Page",
        __ip="203.0.113.7",
        __deviceId=" mine ",
        __revenue=5,
        __bot="1",
        __bot_reasons="all",
        __os="iOS",
        __osVersion="17.4",
        __brand="",
        __model=15,
        __version="1.2",
        path="kept",
    )
    assert call == TrackCall(
        project=7,
        project_slug="demo",
        name="view",
        at_ms=1_735_732_800_000,
        url="https://a.test/p?x=1",
        referrer="https://www.google.com/",
        title="Page",
        device_id="mine",
        ip="203.0.113.7",
        technology=Technology(os="iOS", os_version="17.4"),
        properties={
            "__title": "Page",
            "__deviceId": " mine ",
            "__os": "iOS",
            "__osVersion": "17.4",
            "__brand": "",
            "__model": 15,
            "__version": "1.2",
            "path": "kept",
        },
    )


def test_older_names_of_path_and_referrer_are_read_and_kept() -> None:
    call = _with(path="/old", referrer="https://b.test")
    assert (call.url, call.referrer) == ("/old", "https://b.test")
    assert call.properties == {"path": "/old", "referrer": "https://b.test"}


def test_property_types_are_kept() -> None:
    properties: dict[str, Json] = {"n": 1, "f": 1.5, "b": True, "l": [None, {"x": ""}], "z": None}
    assert _with(**properties).properties == properties


@pytest.mark.parametrize(
    ("profile_id", "text"),
    [("ann", "ann"), (123, "123"), (123.0, "123"), (1.5, "1.5"), (0, "0"), (None, None)],
)
def test_profile_id_is_text(profile_id: Json, text: str | None) -> None:
    assert _track(profileId=profile_id).profile_id == text


@pytest.mark.parametrize(("groups", "kept"), [(None, ()), ([], ()), (["a", "b", "a"], ("a", "b"))])
def test_groups_may_be_missing_and_count_once(groups: Json, kept: tuple[str, ...]) -> None:
    assert _track(groups=groups).groups == kept


@pytest.mark.parametrize(
    ("amount", "revenue"),
    [(None, 0), (0, 0), (1_999, 1_999), (100.0, 100), (2 * 10**12, 2 * 10**12)],
)
def test_revenue_is_in_minor_units(amount: Json, revenue: int) -> None:
    call = _track("revenue", properties={"__revenue": amount, "plan": "pro"})
    assert call.revenue == revenue
    assert call.properties == {"plan": "pro"}


@pytest.mark.parametrize("amount", [-1, 1.5, "100", True, [1], {}, 1e300, 2 * 10**12 + 1])
def test_impossible_revenue_is_refused(amount: Json) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        _track("revenue", properties={"__revenue": amount})
    assert refused.value.issues[0].path == ("payload", "properties", "__revenue")
    assert _with(__revenue=amount).revenue == 0


@pytest.mark.parametrize("device_id", ["", "   ", "x" * 65, 5, None, ["a"]])
def test_unusable_device_id_is_ignored(device_id: Json) -> None:
    assert _with(__deviceId=device_id).device_id is None


def test_technology_may_be_told_with_a_profile_too() -> None:
    call = _identify(properties={"__os": "iOS", "__model": "iPhone15,2", "tier": "gold"})
    assert call.technology == Technology(os="iOS", model="iPhone15,2")
    assert call.properties == {"__os": "iOS", "__model": "iPhone15,2", "tier": "gold"}


def test_identify_may_ride_on_an_event() -> None:
    call = _with(__identify={"profileId": 5, "firstName": "Ann"})
    assert call.profile_id == "5"
    assert call.identify == IdentifyCall(project=7, profile_id="5", first_name="Ann")
    alone = _with(__identify={"profileId": 5})
    assert (alone.profile_id, alone.identify) == ("5", None)


@pytest.mark.parametrize("broken", [None, "ann", {}, {"firstName": "Ann"}, {"profileId": ""}])
def test_broken_identify_on_an_event_is_only_a_property(broken: Json) -> None:
    call = _track(profileId="bob", properties={"__identify": broken})
    assert (call.profile_id, call.identify) == ("bob", None)


@pytest.mark.parametrize(
    ("email", "avatar", "kept"),
    [
        ("ann@a.test", "https://a.test/ann.png", ("ann@a.test", "https://a.test/ann.png")),
        ("ann", "ann.png", (None, None)),
        ("a b@a.test", "javascript:alert(1)", (None, None)),
        ("ann@", "http://[bad", (None, None)),
        (5, {"url": "x"}, (None, None)),
    ],
)
def test_bad_contact_is_left_out_of_a_good_identify(
    email: Json, avatar: Json, kept: tuple[str | None, str | None]
) -> None:
    call = _identify(email=email, avatar=avatar, firstName="Ann", unknown=1)
    assert (call.email, call.avatar) == kept
    assert call.first_name == "Ann"


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ([], [()]),
        ("track", [()]),
        (None, [()]),
        ({}, [("type",)]),
        ({"type": "fly", "payload": {}}, [("type",)]),
        ({"type": None, "payload": {}}, [("type",)]),
        ({"type": ["track"], "payload": {}}, [("type",)]),
        ({"type": "track"}, [("payload",)]),
        ({"type": "track", "payload": []}, [("payload",)]),
        ({"type": "track", "payload": {}}, [("payload", "name")]),
        ({"type": "track", "payload": {"name": ""}}, [("payload", "name")]),
        ({"type": "track", "payload": {"name": 5}}, [("payload", "name")]),
        ({"type": "track", "payload": {"name": "a\nb"}}, [("payload", "name")]),
        ({"type": "track", "payload": {"name": "x" * 201}}, [("payload", "name")]),
        ({"type": "track", "payload": {"name": "session_start"}}, [("payload", "name")]),
        ({"type": "track", "payload": {"name": "session_end"}}, [("payload", "name")]),
        (
            {"type": "track", "payload": {"profileId": "", "properties": [], "groups": [""]}},
            [
                ("payload", "name"),
                ("payload", "properties"),
                ("payload", "profileId"),
                ("payload", "groups", 0),
            ],
        ),
        (
            {"type": "track", "payload": {"name": "a", "profileId": True}},
            [("payload", "profileId")],
        ),
        ({"type": "track", "payload": {"name": "a", "profileId": {}}}, [("payload", "profileId")]),
        ({"type": "identify", "payload": {}}, [("payload", "profileId")]),
        (
            {"type": "identify", "payload": {"profileId": None, "firstName": 5}},
            [("payload", "profileId"), ("payload", "firstName")],
        ),
    ],
)
def test_each_wrong_part_is_named(body: Json, paths: list[tuple[str | int, ...]]) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        decode_track(json.dumps(body).encode(), project=7, project_slug="demo")
    assert [issue.path for issue in refused.value.issues] == paths
    assert all(issue.message for issue in refused.value.issues)


def test_unsupported_type_lists_the_supported_ones() -> None:
    with pytest.raises(InvalidQueryError, match=r"track, identify"):
        _decode("fly", {})


def test_properties_out_of_bounds_are_refused_where_they_are() -> None:
    deep: Json = 1
    for _ in range(20):
        deep = {"in": deep}
    for kind in ("track", "identify"):
        with pytest.raises(InvalidQueryError) as refused:
            _decode(kind, {"name": "a", "profileId": "a", "properties": {"deep": deep}})
        assert refused.value.issues[0].path[:3] == ("payload", "properties", "deep")


@pytest.mark.parametrize(
    ("properties", "insert_id", "kept"),
    [
        ({"__insertId": "k"}, "k", {}),
        ({"$insert_id": "m"}, "m", {"__source_insert_id": "m"}),
        ({"$insert_id": 12}, "12", {"__source_insert_id": "12"}),
        ({"__insertId": "k", "$insert_id": "m"}, "k", {"__source_insert_id": "m"}),
        ({"__insertId": ""}, None, {}),
        ({"__insertId": ["k"]}, None, {}),
        ({"$insert_id": {"a": 1}}, None, {"$insert_id": {"a": 1}}),
        ({"insert_id": "own"}, None, {"insert_id": "own"}),
    ],
)
def test_events_may_be_told_with_an_id_of_their_own(
    properties: dict[str, Json], insert_id: str | None, kept: dict[str, Json]
) -> None:
    call = _with(**properties)
    assert (call.insert_id, call.properties) == (insert_id, kept)


@pytest.mark.parametrize(
    ("body", "credentials"),
    [
        (b'{"clientId":"c","clientSecret":"s","type":"track"}', BodyCredentials("c", "s")),
        (b'{"clientId":5,"clientSecret":""}', BodyCredentials()),
        (b"[]", BodyCredentials()),
        (b"{", BodyCredentials()),
    ],
)
def test_credentials_may_stand_in_the_body(body: bytes, credentials: BodyCredentials) -> None:
    assert credentials_in(body) == credentials


def test_message_carries_its_credentials_without_showing_the_secret() -> None:
    message = read_message(
        b'{"type":"track","payload":{"name":"a"},"clientId":"c","clientSecret":"hush"}'
    )
    assert message.credentials == BodyCredentials("c", "hush")
    assert "hush" not in repr(message)


@pytest.mark.parametrize(
    ("properties", "claims"),
    [({"__revenue": 5}, True), ({"__revenue": 0}, True), ({"__revenue": None}, False), ({}, False)],
)
def test_any_amount_is_a_claim_of_revenue(properties: Json, *, claims: bool) -> None:
    body = orjson.dumps({"type": "track", "payload": {"name": "a", "properties": properties}})
    assert read_message(body).claims_revenue == claims


SPECIAL = st.sampled_from(
    [
        *("__path", "path", "__referrer", "__timestamp", "__revenue", "__title", "__ip"),
        *("__deviceId", "__identify", "__os", "__bot", "profileId", "firstName", "email"),
        *("__insertId", "$insert_id"),
    ]
)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from([10**400, "2025-01-01", "revenue", "track", 1e22]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(SPECIAL | st.text(st.characters()), inner, max_size=4)
    ),
)
TYPES = ["track", "identify", "alias", "increment", "decrement", "group", "assign_group", "replay"]
ANY_PAYLOAD = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "revenue"]) | ANY_JSON,
        "profileId": st.just("ann") | ANY_JSON,
        "groups": st.lists(st.text()) | ANY_JSON,
        "email": ANY_JSON,
        "avatar": ANY_JSON,
        "alias": st.just("a1") | ANY_JSON,
        "property": st.just("visits") | ANY_JSON,
        "value": st.integers() | st.floats() | ANY_JSON,
        "groupIds": st.lists(st.text()) | ANY_JSON,
        "chunk_index": st.integers() | ANY_JSON,
        "events_count": st.integers() | ANY_JSON,
        "is_full_snapshot": st.booleans() | ANY_JSON,
        "started_at": st.just("2025-03-01T12:00:00.000Z") | ANY_JSON,
        "ended_at": st.just("2025-03-01T12:00:00Z") | ANY_JSON,
        "payload": st.text() | ANY_JSON,
        "properties": st.dictionaries(SPECIAL | st.text(), ANY_JSON) | ANY_JSON,
    },
)
ANY_MESSAGE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(TYPES) | ANY_JSON,
        "payload": ANY_PAYLOAD | ANY_JSON,
    },
    optional={"clientId": ANY_JSON, "clientSecret": ANY_JSON},
)


def _decodes_or_refuses(body: bytes) -> None:
    credentials_in(body)
    try:
        call = decode_track(body, project=7, project_slug="demo")
    except InvalidQueryError as refused:
        assert refused.issues  # noqa: PT017 - either outcome is right; this is one of them.
    else:
        orjson.dumps(call)


@given(ANY_MESSAGE | ANY_JSON)
def test_any_json_is_decoded_or_refused(value: Json) -> None:
    _decodes_or_refuses(json.dumps(value).encode())


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    _decodes_or_refuses(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"track","payload":' * 50_000,
        b'{"type":"track","payload":{"name":"a","properties":{"a":'
        + b"[" * 900
        + b"]" * 900
        + b"}}}",
        b'{"type":"track","payload":{"name":"a","properties":{"a":' + b"9" * 100_000 + b"}}}",
        b'{"type":"track","payload":{"name":"a","properties":{"a":NaN}}}',
    ],
)
def test_extreme_body_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidQueryError):
        decode_track(body, project=7, project_slug="demo")
