"""Projects: made once, looked up all the time."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import anyio
from sqlalchemy.exc import IntegrityError

from app.analytics.errors import InvalidQueryError, NotFoundError
from app.control.models import ProjectRow
from app.control.repositories import projects
from app.control.store import ControlStore
from app.kit.clock import Clock
from app.projects.errors import ConflictError
from app.projects.expiring import Expiring
from app.projects.filters import ProjectFilter, check_filters, filters_json
from app.projects.hashing import hash_token
from app.projects.origins import check_origins
from app.projects.records import Project, project_of

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_LONGEST_NAME: Final = 200
_MOST_CONVERSIONS: Final = 100
_LARGEST_NUMBER: Final = 2**31 - 1
_CACHE_LIFETIME_MS: Final = 5_000
_CACHE_CAPACITY: Final = 4_096


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project just made, and its Mixpanel project secret, which is shown only here."""

    project: Project
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChange:
    """What is to be different about a project; None leaves a thing as it is."""

    name: str | None = None
    timezone: str | None = None
    origins: tuple[str, ...] | None = None
    filters: tuple[ProjectFilter, ...] | None = None
    allow_unsafe_revenue: bool | None = None
    cross_domain: bool | None = None
    legacy_time: bool | None = None
    conversions: tuple[str, ...] | None = None


class ProjectDirectory:
    """Makes, changes, finds and lists projects.

    What is found is remembered for five seconds. What is not found is asked for again
    each time, because another process may make projects.
    """

    def __init__(
        self,
        store: ControlStore,
        clock: Clock,
        random_hex: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self._store = store
        self._clock = clock
        self._random_hex = random_hex
        self._found = Expiring[str | int, Project](
            clock, lifetime_ms=_CACHE_LIFETIME_MS, capacity=_CACHE_CAPACITY
        )
        self._looking_up = anyio.Lock()

    async def create_project(
        self, slug: str, timezone: str = "UTC", *, legacy_time: bool = False
    ) -> NewProject:
        """The new project and its secret of 32 hexadecimal characters.

        Raises InvalidQueryError for a slug or a time zone that can't be one, ConflictError
        when the slug is taken.
        """
        _check_slug(slug)
        _check_timezone(timezone)
        secret = self._random_hex(16)
        row = ProjectRow(
            slug=slug,
            name=slug,
            timezone=timezone,
            origins=[],
            filters=[],
            allow_unsafe_revenue=False,
            cross_domain=False,
            mixpanel_secret_hash=hash_token(secret),
            mixpanel_token=self._random_hex(16),
            legacy_time=legacy_time,
            conversions=[],
            created_at=self._clock.now_ms(),
        )
        try:
            async with self._store.write() as session:
                await session.add(row)
        except IntegrityError as error:
            raise ConflictError(f'There is a project "{slug}" already.') from error
        return NewProject(project_of(row), secret)

    async def change_project(self, reference: str | int, change: ProjectChange) -> Project:
        """The project after the change.

        Raises NotFoundError when there is none, InvalidQueryError for what can't be; then
        nothing has changed. Other processes learn of it within five seconds.
        """
        _check_change(change)
        number = (await self.get_project(reference)).number
        async with self._store.write() as session:
            row = await projects.find_for_change(session, number)
            if row is None:
                raise NotFoundError("Project not found")
            _apply(change, row)
        changed = project_of(row)
        self.forget(changed)
        return changed

    async def get_project(self, reference: str | int) -> Project:
        """The project with that slug or number; a text of digits is a number.

        Raises NotFoundError when there is none.
        """
        project = await self.find_project(reference)
        if project is None:
            raise NotFoundError("Project not found")
        return project

    def recall_project(self, number: int) -> Project | None:
        """The project with that number if it was looked up lately: asked for every event."""
        return self._found.find(number)

    async def find_project(self, reference: str | int) -> Project | None:
        """The project with that slug or number; a text of digits is a number."""
        key = _reference(reference)
        if key is None:
            return None
        remembered = self._found.find(key)
        if remembered is not None:
            return remembered
        async with self._looking_up:
            # Whoever waited finds what the one before has found.
            return self._found.find(key) or await self._look_up(key)

    async def _look_up(self, key: str | int) -> Project | None:
        async with self._store.read() as session:
            if isinstance(key, int):
                row = await projects.find_by_number(session, key)
            else:
                row = await projects.find_by_slug(session, key)
        return None if row is None else self._remember(project_of(row))

    async def list_projects(self) -> list[Project]:
        """Every project, by number."""
        async with self._store.read() as session:
            rows = await projects.list_all(session)
        return [project_of(row) for row in rows]

    def forget(self, project: Project) -> None:
        """Makes the next look-up ask the store: call it after changing the project."""
        self._found.forget(project.number)
        self._found.forget(project.id)

    def _remember(self, project: Project) -> Project:
        self._found.keep(project.number, project)
        self._found.keep(project.id, project)
        return project


def _check_change(change: ProjectChange) -> None:
    if change.name is not None and not 0 < len(change.name.strip()) <= _LONGEST_NAME:
        raise InvalidQueryError.at(
            "name", message=f"A project's name has 1 to {_LONGEST_NAME} characters."
        )
    if change.timezone is not None:
        _check_timezone(change.timezone)
    check_origins(change.origins or ())
    check_filters(change.filters or ())
    _check_conversions(change.conversions or ())


def _check_conversions(names: Sequence[str]) -> None:
    if len(names) > _MOST_CONVERSIONS:
        message = f"A project has at most {_MOST_CONVERSIONS} conversions."
        raise InvalidQueryError.at("conversions", message=message)
    for place, name in enumerate(names):
        if not 0 < len(name) <= _LONGEST_NAME:
            message = f"The name of an event has 1 to {_LONGEST_NAME} characters."
            raise InvalidQueryError.at("conversions", place, message=message)


def _apply(change: ProjectChange, row: ProjectRow) -> None:
    if change.name is not None:
        row.name = change.name.strip()
    if change.timezone is not None:
        row.timezone = change.timezone
    if change.origins is not None:
        row.origins = list(dict.fromkeys(change.origins))
    if change.filters is not None:
        row.filters = filters_json(dict.fromkeys(change.filters))
    if change.allow_unsafe_revenue is not None:
        row.allow_unsafe_revenue = change.allow_unsafe_revenue
    if change.cross_domain is not None:
        row.cross_domain = change.cross_domain
    if change.legacy_time is not None:
        row.legacy_time = change.legacy_time
    if change.conversions is not None:
        row.conversions = list(dict.fromkeys(change.conversions))


def _reference(reference: str | int) -> str | int | None:
    if isinstance(reference, str) and _SLUG.fullmatch(reference) is None:
        return None
    if isinstance(reference, str) and not reference.isdecimal():
        return reference
    # Trap: a number beyond the column's width is an error of the driver, not a miss.
    number = int(reference)
    return number if 0 < number <= _LARGEST_NUMBER else None


def _check_slug(slug: str) -> None:
    if _SLUG.fullmatch(slug) is None:
        raise InvalidQueryError.at(
            "slug",
            message="A project id has 1 to 63 characters of a-z, 0-9, _ and -, "
            "and begins with a letter or a digit.",
        )
    if slug.isdecimal():
        raise InvalidQueryError.at(
            "slug", message="A project id of digits alone would be taken for a project's number."
        )


def _check_timezone(timezone: str) -> None:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidQueryError.at(
            "timezone", message="The time zone is not an IANA name such as Europe/Stockholm."
        ) from error
