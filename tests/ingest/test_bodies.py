import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.ingest.bodies import read_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":1}', {"a": 1}),
        (rb'"cut \ud83d"', "cut "),
        (rb'"\udc00\uD83D\uDE00\ud83d"', "\U0001f600"),
        (rb'"a\u0000b"', "ab"),
        (rb'"\\ud83d \\u0000"', "\\ud83d \\u0000"),
        (rb'"\\\ud83d\n"', "\\\n"),
        (rb'{"\ud83d":"\"\u0000\""}', {"": '""'}),
        (b"123456789012345678901234567890", 123456789012345678901234567890.0),
    ],
)
def test_json_is_read(body: bytes, value: Json) -> None:
    assert read_json(body) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"1e999",
        b"\xff",
        b'"\xed\xa0\x80"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        rb'"\ud8',
        rb'"\u0000',
    ],
)
def test_anything_else_is_refused_in_a_sentence(body: bytes) -> None:
    with pytest.raises(InvalidQueryError, match="not valid JSON"):
        read_json(body)


@given(st.text(st.characters()))
def test_text_loses_only_what_no_store_can_keep(text: str) -> None:
    kept = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").replace("\0", "")
    assert read_json(json.dumps(text).encode()) == kept
