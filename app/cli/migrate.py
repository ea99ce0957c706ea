"""`rosetta migrate`."""

from app.cli.answers import AsJson, answer, form_of, read_settings, run
from app.cli.opening import MIGRATION, open_control, open_log
from app.ingest.log import Ownership
from app.settings import Settings


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the tables to the newest definition. A starting server does so by itself.

    The event store is left alone while another process has it open.
    """
    form = form_of(as_json)
    stores = run(form, _migrate(read_settings(form)))
    answer(form, {"migrated": [*stores]}, f"Migrated: {', '.join(stores)}.")


async def _migrate(settings: Settings) -> list[str]:
    async with (
        open_control(settings) as control,
        open_log(settings, control, MIGRATION, Ownership.IF_FREE) as log,
    ):
        return ["control", "events"] if log.owns_store else ["control"]
