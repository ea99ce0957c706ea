"""The `rosetta` command."""

import typer

from app.cli import (
    api_keys,
    clients,
    demo,
    imports,
    migrate,
    projects,
    schema,
    serve,
    service_accounts,
)

app = typer.Typer(
    name="rosetta",
    help="One event store that speaks GraphQL, OpenPanel, Mixpanel and PostHog.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(serve.serve)
app.command("migrate")(migrate.migrate)
app.command("import")(imports.import_events)
app.command("demo")(demo.demo)
app.command("schema")(schema.schema)
app.add_typer(projects.app, name="project")
app.add_typer(clients.app, name="client")
app.add_typer(service_accounts.app, name="service-account")
app.add_typer(api_keys.app, name="api-key")


def main() -> None:
    """Runs the command that the program was called with."""
    app()
