"""Exports whose files lie in an object store: made, served, and deleted when they expire."""

from datetime import datetime
from pathlib import Path

import anyio
import pytest

from app.kit.clock import FixedClock
from app.lifespan import open_services
from app.settings import Settings
from tests.compat.openpanel.world import NOW
from tests.compat.posthog.world import TRENDS, open_world
from tests.support.buckets import s3_server
from tests.support.engines import store_url

pytestmark = pytest.mark.anyio

LOOKS = 1_200
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def test_files_lie_in_the_bucket_until_they_expire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "s3://exports/of/a/server"
    minute = datetime.fromtimestamp(NOW / 1000 + 60).astimezone().isoformat()
    source = {"source": TRENDS}
    with s3_server("exports") as server:
        for name, value in server.variables.items():
            monkeypatch.setenv(name, value)
        async for world in open_world(tmp_path, exports_url=place):
            for export_format in ("text/csv", "image/png", WORKBOOK):
                order = {"export_format": export_format, "export_context": source}
                assert await world.content(**order, expires_after=minute)
            assert await world.content(export_format="application/json", export_context=source)
            names = server.names("exports")
            assert len(names) == 4
            assert all(name.startswith("of/a/server/") for name in names)
            assert not list((tmp_path / "exports" / "making").iterdir())
            world.clock.advance(60_000)
            assert (await world.get("/exports/")).json()["count"] == 1
            # What is hidden already waits for the next sweep.
            assert len(server.names("exports")) == 4
        settings = Settings(
            data_dir=tmp_path, events_url=store_url("duckdb", tmp_path), exports_url=place
        )
        async with open_services(settings, FixedClock(NOW + 60_000)):
            for _ in range(LOOKS):
                if len(server.names("exports")) == 1:
                    return
                await anyio.sleep(0.05)
    pytest.fail("Expired files are still in the bucket.")
