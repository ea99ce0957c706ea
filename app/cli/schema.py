"""`rosetta schema`."""

from app.cli.answers import AsJson, answer, form_of


def schema(*, as_json: AsJson = False) -> None:
    """Print the GraphQL schema in its definition language."""
    from schema.build import sdl  # noqa: PLC0415 — the other commands start without GraphQL.

    text = sdl()
    answer(form_of(as_json), {"sdl": text}, text.rstrip("\n"))
