"""`rosetta project`."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

import typer

from app.analytics.records import Json
from app.cli.answers import AsJson, Form, answer, form_of, read_settings, run
from app.cli.opening import open_control
from app.projects.directory import NewProject, ProjectChange
from app.projects.filters import (
    AddressFilter,
    EventFilter,
    ProfileFilter,
    filters_json,
)
from app.projects.records import Project
from app.settings import Settings

app = typer.Typer(
    help="Make, change and list projects.", no_args_is_help=True, rich_markup_mode=None
)

Value = TypeVar("Value")

_Slug = Annotated[str, typer.Argument(help="The project's id or number.")]


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


@app.command("show")
def show(slug: _Slug, *, as_json: AsJson = False) -> None:
    """Show a project's settings."""
    form = form_of(as_json)
    _answer(form, run(form, _show(read_settings(form), slug)))


@app.command("change")
def change(  # noqa: PLR0913 — a parameter for each option.
    slug: _Slug,
    *,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name of its zone.")] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="A browser origin that may track without a secret.")
    ] = None,
    no_origins: Annotated[bool, typer.Option("--no-origins", help="Forget all.")] = False,
    refuse_address: Annotated[
        list[str] | None, typer.Option(help="An address or network that is refused.")
    ] = None,
    refuse_profile: Annotated[
        list[str] | None, typer.Option(help="The id of a profile that is refused.")
    ] = None,
    refuse_event: Annotated[
        list[str] | None, typer.Option(help="The name of events that are refused.")
    ] = None,
    refuse_nothing: Annotated[
        bool, typer.Option("--refuse-nothing", help="Take in everything again.")
    ] = False,
    conversion: Annotated[
        list[str] | None, typer.Option(help="The name of events that count as conversions.")
    ] = None,
    no_conversions: Annotated[bool, typer.Option("--no-conversions", help="Forget all.")] = False,
    unsafe_revenue: Annotated[
        bool | None, typer.Option(help="Calls without a secret may report revenue.")
    ] = None,
    cross_domain: Annotated[
        bool | None, typer.Option(help="The project's sites share their visitors.")
    ] = None,
    legacy_time: Annotated[
        bool | None, typer.Option(help="Mixpanel's clients get times as local clocks show them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a project. What can be repeated replaces what was there; servers follow in 5 s."""
    form = form_of(as_json)
    wanted = ProjectChange(
        name=name,
        timezone=timezone,
        origins=_replaced(origin, cleared=no_origins),
        filters=_replaced(
            [
                *map(AddressFilter, refuse_address or ()),
                *map(ProfileFilter, refuse_profile or ()),
                *(EventFilter(name=each) for each in refuse_event or ()),
            ],
            cleared=refuse_nothing,
        ),
        allow_unsafe_revenue=unsafe_revenue,
        cross_domain=cross_domain,
        legacy_time=legacy_time,
        conversions=_replaced(conversion, cleared=no_conversions),
    )
    _answer(form, run(form, _change(read_settings(form), slug, wanted)))


def _replaced(given: Sequence[Value] | None, *, cleared: bool) -> tuple[Value, ...] | None:
    """What replaces all that was there; None leaves it."""
    return tuple(given) if given else () if cleared else None


def _answer(form: Form, project: Project) -> None:
    settings: dict[str, Json] = {
        "id": project.id,
        "number": project.number,
        "name": project.name,
        "timezone": project.timezone,
        "token": project.token,
        "origins": [*project.origins],
        "filters": filters_json(project.filters),
        "conversions": [*project.conversions],
        "allowUnsafeRevenue": project.allow_unsafe_revenue,
        "crossDomain": project.cross_domain,
        "legacyTime": project.legacy_time,
    }
    lines = (f"{name}: {value}" for name, value in settings.items())
    answer(form, settings, "\n".join(lines))


async def _create(settings: Settings, slug: str, timezone: str, *, legacy_time: bool) -> NewProject:
    async with open_control(settings) as control:
        return await control.projects.create_project(slug, timezone, legacy_time=legacy_time)


async def _list(settings: Settings) -> list[Project]:
    async with open_control(settings) as control:
        return await control.projects.list_projects()


async def _show(settings: Settings, reference: str) -> Project:
    async with open_control(settings) as control:
        return await control.projects.get_project(reference)


async def _change(settings: Settings, reference: str, wanted: ProjectChange) -> Project:
    async with open_control(settings) as control:
        return await control.projects.change_project(reference, wanted)
