"""`rosetta demo`."""

import os
from typing import Annotated, Final

import typer

from app.cli.answers import AsJson, answer, form_of, note, read_settings, run
from app.cli.opening import DEMO, Control, open_control, store_all
from app.cli.progress import progress_bar, work_in_bulk
from app.cli.serve import Address, Host, PagePrefill, Port, serve_on, url_of
from app.demo.credentials import DemoCredentials, make_credentials
from app.demo.greeting import text_of, value_of
from app.demo.insights import save_samples
from app.demo.service import SLUG, TIMEZONE, DemoOrder, DemoReport, Renewal, load_demo
from app.ingest.log import EventLog
from app.projects.dashboards import DashboardDirectory
from app.projects.insights import InsightDirectory
from app.projects.profiles import ProfileDirectory
from app.projects.records import Project
from app.settings import Settings

_MOST_EVENTS: Final = 50_000_000


def demo(  # noqa: PLR0913 — its parameters are the command's options.
    *,
    events: Annotated[
        int, typer.Option(min=1, max=_MOST_EVENTS, help="Events of the last 30 days.")
    ] = 100_000,
    top_up: Annotated[
        bool, typer.Option("--top-up", help="Add traffic of the time since the demo was loaded.")
    ] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Serve afterwards.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    as_json: AsJson = False,
) -> None:
    """Make a project `demo` of believable traffic, and one credential of every kind.

    Run again, it adds no events unless told to with --top-up; it makes new credentials,
    because secrets are shown only once, and the earlier ones stay valid. With --serve on a
    loopback address, GraphiQL starts with the reading client's credentials.
    """
    form = form_of(as_json)
    settings = read_settings(form)
    renewal = Renewal.TOP_UP if top_up else Renewal.KEEP
    report, made = run(form, _demo(settings, events, renewal))

    def tell(url: str) -> None:
        answer(form, value_of(report, made, url), text_of(report, made, url))
        if serve:
            note(f"\nListening on {url}, GraphiQL is at {url}/graphql. Ctrl-C stops it.")

    if serve:
        page = PagePrefill(headers=made.reading_headers, project=SLUG)
        serve_on(form, settings, Address(host, port), page, tell)
    else:
        tell(url_of(host, port))


async def _demo(
    settings: Settings, events: int, renewal: Renewal
) -> tuple[DemoReport, DemoCredentials]:
    work_in_bulk()
    async with open_control(settings) as control:
        project, secret = await _project(control)
        order = DemoOrder(
            data_dir=settings.data_dir,
            at_ms=control.clock.now_ms(),
            events=events,
            processes=max(1, (os.cpu_count() or 1) - 1),
            renewal=renewal,
        )
        with progress_bar("Making demo traffic", events) as (advance, phase):

            async def load(log: EventLog) -> DemoReport:
                profiles = ProfileDirectory(control.store)
                return await load_demo(log, profiles, project, order, advance)

            report = await store_all(settings, control, DEMO, load, phase)
        await save_samples(
            InsightDirectory(control.store, control.clock),
            DashboardDirectory(control.store, control.clock),
            project.number,
        )
        return report, await make_credentials(control.issuer, project, secret)


async def _project(control: Control) -> tuple[Project, str | None]:
    """The demo's project, and its secret if it was made just now."""
    found = await control.projects.find_project(SLUG)
    if found is not None:
        return found, None
    made = await control.projects.create_project(SLUG, TIMEZONE)
    return made.project, made.secret
