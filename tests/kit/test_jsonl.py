import gzip
import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.jsonl import (
    DamagedFileError,
    ReadingPlace,
    ascii_only,
    check_readable,
    fingerprint,
    portions,
)

LINES = b"".join(b'{"n":%d}\n' % number for number in range(1000))


def written(folder: Path, body: bytes) -> Path:
    path = folder / "lines.ndjson"
    path.write_bytes(body)
    return path


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("end", [b"", b'{"last":1}'])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_portions_are_whole_lines_and_add_up_to_the_file(
    tmp_path: Path, size: int, end: bytes, pack: type[bytes]
) -> None:
    body = LINES[:2000] + end
    body = body[: body.rfind(b"\n") + 1] + end
    parts = list(portions(written(tmp_path, pack(body)), size=size))
    assert b"".join(part.body for part in parts) == body
    assert all(part.body.endswith(b"\n") for part in parts[:-1])
    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
    assert parts[-1].end == len(body)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reading_goes_on_at_any_portion_with_the_right_line_number(
    tmp_path: Path, pack: type[bytes]
) -> None:
    path = written(tmp_path, pack(LINES))
    parts = list(portions(path, size=500))
    for place, part in enumerate(parts):
        resumed = next(portions(path, start=part.start, size=500))
        assert resumed.first_line == part.first_line
        assert part.first_line == LINES[: part.start].count(b"\n") + 1
        rest = b"".join(later.body for later in portions(path, start=part.start, size=500))
        assert rest == b"".join(later.body for later in parts[place:])


def test_place_counts_bytes_of_the_packed_file(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(LINES))
    place = ReadingPlace()
    for _ in portions(path, place):
        pass
    assert place.read_bytes == path.stat().st_size


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(gzip.compress(LINES)[:-20], id="cut"),
        pytest.param(gzip.compress(LINES)[:200] + b"x" * 400, id="overwritten"),
        pytest.param(gzip.compress(LINES) + b"\n{}", id="something behind"),
    ],
)
def test_damaged_packed_file_is_told(tmp_path: Path, body: bytes) -> None:
    path = written(tmp_path, body)
    with pytest.raises(DamagedFileError, match="damaged"):
        list(portions(path))
    with pytest.raises(DamagedFileError, match="damaged"):
        check_readable(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_whole_file_is_readable(tmp_path: Path, pack: type[bytes]) -> None:
    check_readable(written(tmp_path, pack(LINES)))


def test_empty_file_has_no_portions(tmp_path: Path) -> None:
    assert list(portions(written(tmp_path, b""))) == []


def test_fingerprint_follows_the_content(tmp_path: Path) -> None:
    first = fingerprint(written(tmp_path, LINES))
    assert first == fingerprint(written(tmp_path, LINES))
    assert first != fingerprint(written(tmp_path, LINES + b"\n"))


@given(st.lists(st.dictionaries(st.text(), st.text()), max_size=5))
def test_lines_become_ascii_without_changing_what_they_say(rows: list[dict[str, str]]) -> None:
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    ascii_lines = ascii_only(lines)
    assert ascii_lines.isascii()
    assert [json.loads(line) for line in ascii_lines.split(b"\n")[:-1]] == rows
