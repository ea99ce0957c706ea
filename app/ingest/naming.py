"""Naming sessions: their ids are made of the project's slug, events carry its number."""

import asyncio

from app.analytics.errors import NotFoundError
from app.ingest.identity import session_id
from app.projects.directory import ProjectDirectory


class SessionNames:
    """Gives sessions their ids. Called from worker threads too, so it never does I/O.

    Asked about a project that it does not know yet, it fails and looks the projects up;
    whoever asks tries again, as the storer does.
    """

    def __init__(self, directory: ProjectDirectory) -> None:
        self._directory = directory
        self._slugs: dict[int, str] = {}
        self._loop = asyncio.get_running_loop()
        self._learning: asyncio.Task[None] | None = None

    async def learn(self) -> None:
        """Reads the slugs of all projects."""
        projects = await self._directory.list_projects()
        self._slugs = {project.number: project.id for project in projects}

    def know(self, number: int, slug: str) -> None:
        """Takes in one project."""
        self._slugs[number] = slug

    def __call__(self, project: int, device_id: str, at_ms: int) -> str:
        """The id of the session that the device begins at that instant.

        Raises NotFoundError for a project that is not known yet.
        """
        slug = self._slugs.get(project)
        if slug is None:
            self._loop.call_soon_threadsafe(self._learn_soon)
            raise NotFoundError(f"Project {project} is not known yet.")
        return session_id(project_slug=slug, device_id=device_id, at_ms=at_ms)

    def _learn_soon(self) -> None:
        if self._learning is None or self._learning.done():
            self._learning = self._loop.create_task(self.learn())
