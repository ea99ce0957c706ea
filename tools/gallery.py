"""`python -m tools.gallery`: draws every kind of insight from the demo project.

Makes `docs/gallery/index.html` and the pictures beside it. They are made, not kept in the
repository: the page is as new as the traffic that it shows.
"""

import asyncio
import html
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from app.demo.service import SLUG
from app.exports.records import Export, ExportFormat, ExportOrder, ExportState, Theme
from app.exports.service import ExportService
from app.kit.clock import SystemClock
from app.lifespan import open_services
from app.logs import configure_logging
from app.projects.insights import InsightPage
from app.settings import Settings

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "gallery"
_EVENTS: Final = 100_000
_PATIENCE_SECONDS: Final = 120
_MAKER: Final = "gallery"
_STYLE: Final = """
body { margin: 0; background: #f4f5f7; color: #1b2130; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px }
h1 { font-size: 28px } p { color: #687083 }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(520px, 1fr)); gap: 20px }
img { width: 100%; border: 1px solid #e3e6eb; border-radius: 10px; display: block }
.board { margin: 20px 0 }
"""


async def draw(data_dir: Path, folder: Path) -> list[tuple[str, str]]:
    """The names and the files of the pictures, dashboards first."""
    drawn: list[tuple[str, str]] = []
    settings = Settings(data_dir=data_dir)
    async with open_services(settings, SystemClock()) as services:
        project = await services.projects.get_project(SLUG)
        orders: list[tuple[str, str, ExportOrder]] = []
        for board in await services.dashboards.page(project.number, 1):
            for theme in Theme:
                order = ExportOrder(
                    format=ExportFormat.PNG,
                    created_by=_MAKER,
                    dashboard=board.number,
                    theme=theme,
                )
                orders.append((f"{board.name} ({theme})", f"dashboard-{theme}", order))
        for place, insight in enumerate(
            (await services.insights.page(project.number, InsightPage(limit=100)))[::-1], start=1
        ):
            for theme in Theme:
                order = ExportOrder(
                    format=ExportFormat.PNG,
                    created_by=_MAKER,
                    insight=insight.number,
                    theme=theme,
                )
                stem = f"{place:02}-{insight.display}-{theme}"
                orders.append((f"{insight.name} ({theme})", stem, order))
        for name, stem, order in orders:
            export = await services.exports.create(project.number, order)
            export = await services.exports.wait(export, _PATIENCE_SECONDS)
            (folder / f"{stem}.png").write_bytes(await _content(services.exports, export))
            drawn.append((name, f"{stem}.png"))
    return drawn


async def _content(exports: ExportService, export: Export) -> bytes:
    if export.state is not ExportState.COMPLETE:
        raise SystemExit(f"A picture could not be drawn: {export.exception}")
    blob = await exports.open(export)
    return b"".join([portion async for portion in blob.portions])


def page_of(drawn: list[tuple[str, str]]) -> str:
    """The page that shows the pictures."""
    shown = [
        f'<img class="{"board" if file.startswith("dashboard") else ""}" loading="lazy" '
        f'src="{html.escape(file)}" alt="{html.escape(name)}">'
        for name, file in drawn
    ]
    boards = sum(1 for _, file in drawn if file.startswith("dashboard"))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>'
        f"<style>{_STYLE}</style><main><h1>Gallery</h1>"
        "<p>Every kind of insight as PNG, drawn from the demo project by "
        "<code>make gallery</code>.</p>"
        f'{"".join(shown[:boards])}<div class="grid">{"".join(shown[boards:])}</div>'
        "</main></html>\n"
    )


def main() -> None:
    """Loads a demo of its own, draws it, and writes the page."""
    configure_logging("WARNING")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rosetta-gallery-") as folder:
        variables = {**os.environ, "ROSETTA_DATA_DIR": folder}
        command = [sys.executable, "-m", "app", "demo", "--events", str(_EVENTS), "--json"]
        subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 — its own command.
        drawn = asyncio.run(draw(Path(folder), FOLDER))
    (FOLDER / "index.html").write_text(page_of(drawn))
    sys.stdout.write(f"{len(drawn)} pictures: {FOLDER / 'index.html'}\n")


if __name__ == "__main__":
    main()
