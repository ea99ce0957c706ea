"""Whatever is sent to the routes that take something in, none of them breaks."""

from typing import Final

import pytest

from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

DEEP: Final = b"[" * 3_000 + b"]" * 3_000
TRACK: Final = b'{"type":"track","payload":{"name":"a","properties":%s}}'

BODIES: Final = [
    b"",
    b" ",
    b"\0",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b"\x1f\x8b\x08\x00\x00",
    '{"type":"track"}'.encode("utf-16"),
    b"null",
    b"true",
    b"0",
    b'""',
    b"[]",
    b"{}",
    b"[[]]",
    b"[null]",
    b"[{}]",
    b"{]",
    b'{"type":}',
    b"{'type':'track'}",
    b'{"type":"track"',
    b'{"type":null,"payload":null}',
    b'{"type":{},"payload":{}}',
    b'{"type":"__proto__","payload":{}}',
    b'{"type":"TRACK","payload":{"name":"a"}}',
    b'{"type":"track","payload":"a"}',
    b'{"type":"track","payload":{"name":null}}',
    b'{"type":"track","payload":{"name":"\\u0000"}}',
    b'{"type":"track","payload":{"name":"\\ud800"}}',
    b'{"type":"track","payload":{"name":"a\\nb"}}',
    b'{"type":"track","payload":{"name":"a","profileId":1e400}}',
    b'{"type":"track","payload":{"name":"a","profileId":NaN}}',
    b'{"type":"track","payload":{"name":"a","profileId":"\\u0000"}}',
    b'{"type":"track","payload":{"name":"a","profileId":[1]}}',
    b'{"type":"track","payload":{"name":"a","groups":[null]}}',
    b'{"type":"track","payload":{"name":"a","groups":{"a":1}}}',
    TRACK % b"[]",
    TRACK % b'"{}"',
    TRACK % DEEP,
    TRACK % b'{"a":%s}' % DEEP,
    TRACK % b'{"a":1e400}',
    TRACK % (b'{"a":' + b"9" * 5_000 + b"}"),
    TRACK % b'{"a":99999999999999999999999}',
    TRACK % b'{"a":-9223372036854775809}',
    TRACK % b'{"\\u0000":"\\u0000","\\ud83d":"\\ude00"}',
    TRACK % b'{"":{"":{"":null}}}',
    TRACK % b'{"__timestamp":1e308}',
    TRACK % b'{"__timestamp":"-271821-04-20T00:00:00.000Z"}',
    TRACK % b'{"__timestamp":-62135596800001}',
    TRACK % b'{"__timestamp":{}}',
    TRACK % b'{"__revenue":1.5}',
    TRACK % b'{"__revenue":-1,"__path":5,"__referrer":[]}',
    TRACK % b'{"__path":"http://[::1","__referrer":"http://%ff%fe"}',
    TRACK % b'{"__path":"https://a:99999999/%00?%ff=%fe#\\ud800"}',
    TRACK % b'{"__ip":"999.1.1.1","__deviceId":5}',
    TRACK % b'{"__deviceId":"\\u0000\\u0000"}',
    TRACK % b'{"__identify":{"profileId":{},"properties":5}}',
    TRACK % b'{"__identify":[],"__os":{},"__browser":5}',
    TRACK % b'{"__insertId":{},"$insert_id":1e300}',
    b'{"type":"revenue","payload":{"name":"revenue","properties":{"__revenue":1}}}',
    b'{"type":"identify","payload":{"profileId":"a","email":{},"avatar":"http://["}}',
    b'{"type":"identify","payload":{"profileId":"a","properties":{"a":%s}}}' % DEEP,
    b'{"type":"identify","payload":{"profileId":"\\ud800"}}',
    b'{"type":"alias","payload":{"profileId":"a","alias":"a"}}',
    b'{"type":"alias","payload":{"profileId":"\\u0000","alias":"\\u0000"}}',
    b'{"type":"increment","payload":{"profileId":"a","property":"...","value":1}}',
    b'{"type":"increment","payload":{"profileId":"a","property":"n","value":1e400}}',
    b'{"type":"increment","payload":{"profileId":"a","property":"n","value":9223372036854775808}}',
    b'{"type":"decrement","payload":{"profileId":"a","property":"n","value":-5}}',
    b'{"type":"group","payload":{"id":"\\u0000","type":"t","name":"n"}}',
    b'{"type":"group","payload":{"id":"g","type":"t","name":"n","properties":{"a":%s}}}' % DEEP,
    b'{"type":"assign_group","payload":{"groupIds":["\\u0000"],"profileId":"a"}}',
    b'{"type":"assign_group","payload":{"groupIds":[[]]}}',
    b'{"type":"replay","payload":{"chunk_index":1e9,"events_count":1e30}}',
    b'{"name":"a","properties":{"a":%s}}' % DEEP,
    b'{"name":"a","created_at":"0000-00-00"}',
    b'[{"name":"a","created_at":"9999-12-31T23:59:59Z","properties":{"a":%s}}]' % DEEP,
    b'[{"name":"a","created_at":99999999999999999999999}]',
    b'[{"name":"a","created_at":"1e999"}]',
    b'[{"name":"a","created_at":1,"duration":"1e999","revenue":1e300,"groups":{"a":1}}]',
    b'[{"name":"a","created_at":1,"longitude":"nan","latitude":"x","device_id":{}}]',
    b'[{"name":"\\u0000","created_at":1,"id":"\\ud800"}]',
]

PATHS: Final = [
    "/track",
    "/event",
    "/profile",
    "/profile/increment",
    "/profile/decrement",
    "/import/events",
]

HEADERS: Final = [
    {"user-agent": "\xff" * 300},
    {"user-agent": "Mozilla/5.0 (" * 500},
    {"x-client-ip": "1.2.3.4.5, ::::", "forwarded": 'for=;for="[', "x-forwarded-for": ",,,"},
    {"origin": "\xff://\x80", "idempotency-key": "\xe9" * 400},
    {"sec-ch-ua": '"a;v="' * 200, "sec-ch-ua-platform-version": '"99999999999999999999.x"'},
    {"openpanel-sdk-name": "\xff" * 500, "openpanel-sdk-version": "\x80"},
    {"openpanel-client-id": "\xff" * 36},
    {"openpanel-client-secret": "\xff" * 500},
    {"content-type": "multipart/form-data; boundary=", "accept-language": "\xff"},
]


def test_there_are_enough_bad_inputs() -> None:
    assert len(BODIES) + len(HEADERS) >= 80


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
async def test_no_body_breaks_a_route(world: World, body: bytes) -> None:
    for path in PATHS:
        answer = await world.http.post(path, content=body, headers=dict(world.writing))
        assert answer.status_code in (200, 202, 400, 404), f"{path}: {answer.text}"
        if answer.status_code == 400:
            told = answer.json()
            assert (told["status"], told["error"]) == (400, "Bad Request")
            assert told["message"]
    # What was acknowledged can be stored and read.
    assert (await world.get("/export/events", includes="*", limit="50")).status_code == 200


@pytest.mark.parametrize("headers", HEADERS, ids=range(len(HEADERS)))
async def test_no_header_breaks_a_route(world: World, headers: dict[str, str]) -> None:
    given = {**world.writing, **headers}
    sent = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    for path in PATHS:
        answer = await world.http.post(path, content=TRACK % b"{}", headers=sent)
        assert answer.status_code in (200, 202, 400, 401, 404), f"{path}: {answer.text}"
    answer = await world.http.get("/track/device-id", headers=sent)
    assert answer.status_code in (200, 400, 401)


@pytest.mark.parametrize("path", [*PATHS, "/track/device-id"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "POST"])
async def test_other_methods_are_other_routes(world: World, path: str, method: str) -> None:
    is_known = method == ("GET" if path == "/track/device-id" else "POST")
    answer = await world.http.request(method, path, headers=dict(world.writing))
    assert (answer.status_code == 404) is not is_known
    if not is_known:
        assert answer.json()["message"] == f"Route {method}:{path} not found"
