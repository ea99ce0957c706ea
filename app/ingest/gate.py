"""A gate that counts who passes, so that one can wait for all who went in before."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager


class _Group:
    """Those who went in while one and the same wait, or none, was beginning."""

    def __init__(self) -> None:
        self.inside = 0
        self.emptied = asyncio.Event()


class Gate:
    """Lets everyone pass, and tells when those inside are out again."""

    def __init__(self) -> None:
        self._group = _Group()

    @contextmanager
    def passing(self) -> Generator[None]:
        """Counts as inside until left."""
        group = self._group
        group.inside += 1
        try:
            yield
        finally:
            group.inside -= 1
            if group.inside == 0:
                group.emptied.set()

    async def emptied(self) -> None:
        """Returns once everyone who was inside at the time of the call has left."""
        group, self._group = self._group, _Group()
        if group.inside:
            group.emptied.clear()
            await group.emptied.wait()
