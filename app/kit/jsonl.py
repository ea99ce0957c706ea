"""Newline-delimited JSON files, plain or gzip, in portions of whole lines."""

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import BinaryIO, Final, cast

_GZIP_MAGIC: Final = b"\x1f\x8b"
_PORTION_BYTES: Final = 1 << 20


class DamagedFileError(ValueError):
    """The file can't be read to its end."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Whole lines of a file.

    `start` and `end` are offsets in the unpacked bytes; `first_line` counts from 1. The
    last line of a file may lack its line feed.
    """

    body: bytes
    start: int
    end: int
    first_line: int


@dataclass(slots=True)
class ReadingPlace:
    """How far the reading of a file has come, in bytes of the file as it lies on the disk."""

    read_bytes: int = 0


def fingerprint(path: Path) -> str:
    """The name of the file's content: the SHA-256 of its bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ascii_only(lines: bytes | memoryview) -> bytes:
    """The same JSON with every character beyond ASCII written as an escape.

    Such characters only stand inside JSON strings, so whole lines can be taken at once.
    """
    return str(lines, "utf-8").encode("ascii", _ESCAPED)


def _escapes_of(text: str) -> str:
    return encode_basestring_ascii(text)[1:-1]


_LONGEST_KEPT: Final = 64
_kept_escapes = lru_cache(maxsize=4_096)(_escapes_of)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that could not be encoded; called once for each run."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    run = error.object[error.start : error.end]
    return _kept_escapes(run) if len(run) <= _LONGEST_KEPT else _escapes_of(run), error.end


_ESCAPED: Final = "rosetta-json-escapes"
codecs.register_error(_ESCAPED, _escape)


def check_readable(path: Path) -> None:
    """Raises DamagedFileError for a packed file that can't be unpacked to its end."""
    with path.open("rb") as raw, _unpacked(raw) as file:
        while file is not raw and _read(file, path, _PORTION_BYTES):
            pass


def portions(
    path: Path, place: ReadingPlace | None = None, *, start: int = 0, size: int = _PORTION_BYTES
) -> Generator[Portion]:
    """The file's lines from offset `start` (of the unpacked bytes), in portions of about `size`.

    Raises DamagedFileError for a packed file that ends too soon or holds something else.
    `place` is kept up to date. The bytes before `start` are read too, to count their lines.
    """
    with path.open("rb") as raw, _unpacked(raw) as file:
        offset, line, rest = 0, 1, b""
        while block := _read(file, path, min(size, start - offset) if offset < start else size):
            if place is not None:
                place.read_bytes = raw.tell()
            if offset < start:
                offset += len(block)
                line += block.count(b"\n")
                continue
            body, rest = _whole_lines(rest + block)
            if body:
                yield Portion(body, offset, offset + len(body), line)
                offset += len(body)
                line += body.count(b"\n")
        if rest:
            yield Portion(rest, offset, offset + len(rest), line)


@contextmanager
def _unpacked(raw: BinaryIO) -> Generator[BinaryIO]:
    magic = raw.read(len(_GZIP_MAGIC))
    raw.seek(0)
    if magic != _GZIP_MAGIC:
        yield raw
        return
    with gzip.GzipFile(fileobj=raw, mode="rb") as file:
        yield cast("BinaryIO", file)


def _read(file: BinaryIO, path: Path, size: int) -> bytes:
    try:
        return file.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedFileError(f"The packed file {path} is damaged or ends too soon.") from error


def _whole_lines(block: bytes) -> tuple[bytes, bytes]:
    end = block.rfind(b"\n") + 1
    return block[:end], block[end:]
