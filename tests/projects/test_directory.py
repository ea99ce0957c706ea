from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from app.analytics.errors import InvalidQueryError, NotFoundError
from app.control.engine import default_url
from app.control.models import ProjectRow
from app.control.repositories import projects
from app.control.store import ControlStore
from app.kit.clock import FixedClock
from app.projects.directory import NewProject, ProjectChange, ProjectDirectory
from app.projects.errors import ConflictError
from app.projects.filters import AddressFilter, EventFilter
from app.projects.records import Project

pytestmark = pytest.mark.anyio


async def test_project_is_found_by_slug_and_by_number(
    directory: ProjectDirectory, demo: NewProject
) -> None:
    number = demo.project.number
    for reference in ("demo", number, str(number)):
        assert await directory.get_project(reference) == demo.project


async def test_new_project_is_told_in_full(directory: ProjectDirectory, clock: FixedClock) -> None:
    made = await directory.create_project("shop_1-a", "Europe/Stockholm")
    assert made.project == Project(
        number=1,
        id="shop_1-a",
        name="shop_1-a",
        timezone="Europe/Stockholm",
        origins=(),
        created_at=clock.now_ms(),
        token=made.project.token,
    )
    assert len(made.secret) == len(made.project.token or "") == 32
    assert made.secret != made.project.token


async def test_projects_are_listed_by_number(directory: ProjectDirectory) -> None:
    for slug in ("zoo", "arc", "mid"):
        await directory.create_project(slug)
    listed = await directory.list_projects()
    assert [(project.number, project.id) for project in listed] == [
        (1, "zoo"),
        (2, "arc"),
        (3, "mid"),
    ]


@pytest.mark.parametrize(
    "slug",
    ["", "-a", "_a", "A", "a b", "a/b", "ä", "12", "a" * 64, "a\n", "١٢"],
)
async def test_impossible_slug_is_refused_by_name(directory: ProjectDirectory, slug: str) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await directory.create_project(slug)
    assert [issue.path for issue in refused.value.issues] == [("slug",)]


@pytest.mark.parametrize("slug", ["a", "0a", "a-_", "1-", "a" * 63])
async def test_possible_slug_is_taken(directory: ProjectDirectory, slug: str) -> None:
    assert (await directory.create_project(slug)).project.id == slug


@pytest.mark.parametrize(
    "timezone", ["", "Mars/Olympus", "../etc/passwd", "Europe", "/etc/localtime", "a\0b", "\ud800"]
)
async def test_impossible_time_zone_is_refused_by_name(
    directory: ProjectDirectory, timezone: str
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await directory.create_project("demo", timezone)
    assert [issue.path for issue in refused.value.issues] == [("timezone",)]


async def test_slug_that_is_taken_is_a_conflict(
    directory: ProjectDirectory, demo: NewProject
) -> None:
    with pytest.raises(ConflictError) as refused:
        await directory.create_project(demo.project.id)
    assert refused.value.code == "CONFLICT"
    assert len(await directory.list_projects()) == 1


@pytest.mark.parametrize(
    "reference", ["nobody", "2", 2, 0, -1, 2**31, 2**70, "9" * 5000, "", "a'b", "a\0", "\ud800"]
)
async def test_unknown_project_is_none_or_an_error(
    directory: ProjectDirectory, demo: NewProject, reference: str | int
) -> None:
    assert demo.project.number == 1
    assert await directory.find_project(reference) is None
    with pytest.raises(NotFoundError, match="Project not found"):
        await directory.get_project(reference)


async def test_project_made_by_another_process_is_found_at_once(
    directory: ProjectDirectory, clock: FixedClock, tmp_path: Path
) -> None:
    assert await directory.find_project("later") is None
    other = ControlStore.open(default_url(tmp_path))
    made = await ProjectDirectory(other, clock).create_project("later")
    await other.close()
    assert await directory.find_project("later") == made.project


async def test_change_by_another_process_shows_after_five_seconds(
    directory: ProjectDirectory, demo: NewProject, store: ControlStore, clock: FixedClock
) -> None:
    await directory.get_project("demo")
    async with store.write() as session:
        await projects.add_origins(session, demo.project.number, ["https://a.example"])
    clock.advance(4_999)
    assert (await directory.get_project("demo")).origins == ()
    clock.advance(1)
    assert (await directory.get_project("demo")).origins == ("https://a.example",)


async def test_number_is_never_given_twice(
    directory: ProjectDirectory, demo: NewProject, store: ControlStore
) -> None:
    async with store.write() as session:
        row = await projects.find_by_number(session, demo.project.number)
        assert isinstance(row, ProjectRow)
        await session.delete(row)
    assert (await directory.create_project("next")).project.number == 2


async def test_changed_project_is_found_as_it_was_returned(
    directory: ProjectDirectory, demo: NewProject
) -> None:
    filters = (AddressFilter("203.0.113.7"), EventFilter(name="ping"))
    change = ProjectChange(
        name=" Demo shop ",
        timezone="Asia/Kathmandu",
        origins=("https://a.example", "*", "*"),
        filters=filters,
        allow_unsafe_revenue=True,
        cross_domain=True,
    )
    assert await directory.get_project("demo") == demo.project
    changed = await directory.change_project("demo", change)
    assert changed == replace(
        demo.project,
        name="Demo shop",
        timezone="Asia/Kathmandu",
        origins=("https://a.example", "*"),
        filters=filters,
        allow_unsafe_revenue=True,
        cross_domain=True,
    )
    assert await directory.get_project("demo") == changed
    assert await directory.change_project(1, ProjectChange()) == changed
    fewer = await directory.change_project("1", ProjectChange(origins=(), filters=()))
    assert fewer == replace(changed, origins=(), filters=())
    assert await directory.list_projects() == [fewer]


async def test_changes_at_once_lose_nothing(directory: ProjectDirectory, demo: NewProject) -> None:
    async with anyio.create_task_group() as group:
        for change in (
            ProjectChange(name="n"),
            ProjectChange(origins=("*",)),
            ProjectChange(cross_domain=True),
        ):
            group.start_soon(directory.change_project, "demo", change)
    changed = replace(demo.project, name="n", origins=("*",), cross_domain=True)
    assert await directory.get_project("demo") == changed


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (ProjectChange(name=" "), ("name",)),
        (ProjectChange(name="n" * 201), ("name",)),
        (ProjectChange(timezone="Mars/Olympus"), ("timezone",)),
        (ProjectChange(origins=("https://a.example", "a b")), ("origins", 1)),
        (ProjectChange(filters=(AddressFilter("x"),)), ("filters", 0, "ip")),
    ],
)
async def test_impossible_change_is_refused_and_changes_nothing(
    directory: ProjectDirectory,
    demo: NewProject,
    change: ProjectChange,
    path: tuple[str | int, ...],
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await directory.change_project("demo", replace(change, cross_domain=True))
    assert [issue.path for issue in refused.value.issues] == [path]
    assert await directory.get_project("demo") == demo.project


async def test_change_of_no_project_is_not_found(directory: ProjectDirectory) -> None:
    with pytest.raises(NotFoundError):
        await directory.change_project("nowhere", ProjectChange(name="n"))
