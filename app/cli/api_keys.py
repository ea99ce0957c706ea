"""`rosetta api-key`."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, answer, form_of, read_settings, run
from app.cli.opening import open_control
from app.projects.issuer import NewApiKey
from app.settings import Settings

app = typer.Typer(
    help="Make PostHog personal API keys.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def group() -> None:
    """Make PostHog personal API keys."""


@app.command("create")
def create(
    *,
    project: Annotated[str, typer.Option(help="The project's id or number.")],
    scope: Annotated[
        list[str], typer.Option(help="What the key allows, such as export:read; repeatable.")
    ],
    label: Annotated[str, typer.Option(help="A name to tell the key by.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key, and print it; it is shown only now."""
    form = form_of(as_json)
    made = run(form, _create(read_settings(form), project, scope, label))
    answer(form, {"key": made.key}, f"Key (shown only now): {made.key}")


async def _create(settings: Settings, reference: str, scopes: list[str], label: str) -> NewApiKey:
    async with open_control(settings) as control:
        project = await control.projects.get_project(reference)
        return await control.issuer.create_api_key(project, scopes, label)
