"""`rosetta project`."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, answer, form_of, read_settings, run
from app.cli.opening import open_control
from app.projects.directory import NewProject
from app.projects.records import Project
from app.settings import Settings

app = typer.Typer(help="Make and list projects.", no_args_is_help=True, rich_markup_mode=None)


@app.command("create")
def create(
    slug: Annotated[str, typer.Argument(help="The project's id: a-z, 0-9, _ and -.")],
    *,
    timezone: Annotated[str, typer.Option(help="IANA name of the project's zone.")] = "UTC",
    legacy_time: Annotated[
        bool, typer.Option(help="Give Mixpanel's clients times as local clocks show them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a project, and print its Mixpanel project secret, which is shown only now."""
    form = form_of(as_json)
    made = run(form, _create(read_settings(form), slug, timezone, legacy_time=legacy_time))
    project = made.project
    answer(
        form,
        {
            "id": project.id,
            "number": project.number,
            "secret": made.secret,
            "token": project.token,
        },
        f"Project {project.id}, number {project.number}, in {project.timezone}.\n"
        f"Mixpanel project secret (shown only now): {made.secret}\n"
        f"Mixpanel project token: {project.token}",
    )


@app.command("list")
def list_all(*, as_json: AsJson = False) -> None:
    """List the projects."""
    form = form_of(as_json)
    projects = run(form, _list(read_settings(form)))
    lines = [f"{one.number:>6}  {one.id}  {one.timezone}" for one in projects]
    answer(
        form,
        [{"id": one.id, "number": one.number, "timezone": one.timezone} for one in projects],
        "\n".join(lines) or "There are no projects yet.",
    )


async def _create(settings: Settings, slug: str, timezone: str, *, legacy_time: bool) -> NewProject:
    async with open_control(settings) as control:
        return await control.projects.create_project(slug, timezone, legacy_time=legacy_time)


async def _list(settings: Settings) -> list[Project]:
    async with open_control(settings) as control:
        return await control.projects.list_projects()
