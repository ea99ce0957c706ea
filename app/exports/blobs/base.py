"""What every blob store can do."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class BlobNotFoundError(LookupError):
    """There is no blob of that name."""


class Refusal(StrEnum):
    """Why a bucket takes nothing."""

    MISSING = "missing"
    FORBIDDEN = "forbidden"
    UNREACHABLE = "unreachable"


class BucketRefusedError(Exception):
    """A bucket could not be used. What its server said is left out: it may hold secrets."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Blob:
    """A whole blob that can be read once: its bytes in portions, and how many they are."""

    size: int
    portions: AsyncIterator[bytes]


class BlobStore(Protocol):
    """Keeps files under names of letters, digits, `-`, `.` and `/`.

    A name is either wholly there or not at all, whenever the process is killed.
    """

    async def put(self, name: str, file: Path) -> None:
        """Keeps the file's content under the name; the file itself may move there."""
        ...

    async def open(self, name: str) -> Blob:
        """The blob of that name; raises BlobNotFoundError without one."""
        ...

    async def delete(self, name: str) -> None:
        """Forgets the blob; does nothing without one."""
        ...

    async def names(self, older_than_ms: int) -> Sequence[str]:
        """The names of all blobs that were put before that instant."""
        ...


class Bucket(Protocol):
    """Somebody's bucket in an object store, of which the server keeps no list.

    An object shows when it is whole. Each method raises BucketRefusedError.
    """

    async def write(self, name: str, portions: AsyncIterator[bytes]) -> None:
        """Uploads what comes, in parts; nothing is left of it when it breaks off."""
        ...

    async def read(self, name: str) -> bytes | None:
        """The object's content; None without one. For small ones."""
        ...

    async def delete(self, name: str) -> None:
        """Removes the object; does nothing without one."""
        ...
