"""`rosetta service-account`."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, answer, form_of, read_settings, run
from app.cli.opening import open_control
from app.projects.issuer import NewServiceAccount
from app.settings import Settings

app = typer.Typer(
    help="Make Mixpanel service accounts.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def group() -> None:
    """Make Mixpanel service accounts."""


@app.command("create")
def create(
    *,
    project: Annotated[str, typer.Option(help="The project's id or number.")],
    as_json: AsJson = False,
) -> None:
    """Make a service account, and print its secret, which is shown only now."""
    form = form_of(as_json)
    made = run(form, _create(read_settings(form), project))
    answer(
        form,
        {"username": made.username, "secret": made.secret},
        f"Username: {made.username}\nSecret (shown only now): {made.secret}",
    )


async def _create(settings: Settings, reference: str) -> NewServiceAccount:
    async with open_control(settings) as control:
        project = await control.projects.get_project(reference)
        return await control.issuer.create_service_account(project)
