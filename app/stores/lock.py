"""Who owns a data directory: an advisory lock that dies with its process."""

import fcntl
import os
from pathlib import Path
from typing import Final

from app.stores.base import StoreLockedError

LOCK_NAME: Final = "rosetta.lock"


class DirectoryLock:
    """The exclusive right to the event store of one data directory.

    The system gives it up when the process ends in whatever way, `kill -9` included;
    the file stays and means nothing by itself.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Gives the right up; doing so twice is harmless."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def try_acquire(directory: Path) -> DirectoryLock | None:
    """The lock of the directory, or None when another holder has it.

    The lock belongs to the open file, so two calls in one process exclude each other too.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return DirectoryLock(descriptor)


def acquire(directory: Path) -> DirectoryLock:
    """The lock of the directory. Raises StoreLockedError when another holder has it."""
    lock = try_acquire(directory)
    if lock is None:
        raise StoreLockedError(
            f"The data directory {directory} is in use by another process; stop that one, "
            "or choose another directory."
        )
    return lock
