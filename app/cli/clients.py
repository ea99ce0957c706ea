"""`rosetta client`."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, answer, form_of, read_settings, run
from app.cli.opening import open_control
from app.projects.issuer import NewClient
from app.projects.records import ClientType
from app.settings import Settings

app = typer.Typer(help="Make OpenPanel clients.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Make OpenPanel clients."""


@app.command("create")
def create(
    *,
    project: Annotated[str, typer.Option(help="The project's id or number.")],
    type_: Annotated[ClientType, typer.Option("--type", help="What the client may do.")],
    origin: Annotated[
        list[str] | None, typer.Option(help="A browser origin that may track; repeatable.")
    ] = None,
    name: Annotated[str, typer.Option(help="A name to tell the client by.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a client, and print its secret, which is shown only now."""
    form = form_of(as_json)
    made = run(form, _create(read_settings(form), project, type_, name, origin or []))
    answer(
        form,
        {"clientId": made.client.id, "clientSecret": made.secret},
        f"openpanel-client-id: {made.client.id}\n"
        f"openpanel-client-secret (shown only now): {made.secret}",
    )


async def _create(
    settings: Settings, reference: str, client_type: ClientType, name: str, origins: list[str]
) -> NewClient:
    async with open_control(settings) as control:
        project = await control.projects.get_project(reference)
        return await control.issuer.create_client(
            project, client_type, name or client_type.value, origins
        )
