"""Ranges told from the present moment: 2026-03-01 at 13:00 in Stockholm, a Sunday."""

from typing import Final

import pytest

from schema.enums import Preset
from tests.schema.conftest import Server

pytestmark = pytest.mark.anyio

SPANS: Final = {
    Preset.TODAY: ("2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
    Preset.YESTERDAY: ("2026-02-28T00:00:00+01:00", "2026-03-01T00:00:00+01:00"),
    Preset.LAST_24_HOURS: ("2026-02-28T13:00:00+01:00", "2026-03-01T13:00:00+01:00"),
    Preset.LAST_7_DAYS: ("2026-02-23T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
    Preset.LAST_30_DAYS: ("2026-01-31T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
    Preset.LAST_90_DAYS: ("2025-12-02T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
    Preset.THIS_WEEK: ("2026-02-23T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
    Preset.LAST_WEEK: ("2026-02-16T00:00:00+01:00", "2026-02-23T00:00:00+01:00"),
    Preset.THIS_MONTH: ("2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
    Preset.LAST_MONTH: ("2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"),
    Preset.THIS_QUARTER: ("2026-01-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
    Preset.LAST_QUARTER: ("2025-10-01T00:00:00+02:00", "2026-01-01T00:00:00+01:00"),
    Preset.THIS_YEAR: ("2026-01-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
    Preset.LAST_YEAR: ("2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00"),
    Preset.LAST_12_MONTHS: ("2025-04-01T00:00:00+02:00", "2026-03-02T00:00:00+01:00"),
}


@pytest.mark.parametrize("preset", SPANS)
async def test_presets_end_where_the_calendar_says(shared: Server, preset: Preset) -> None:
    answer = await shared.ask(
        f"""{{ project(id: "demo") {{ totals(metrics: {{metric: EVENTS}},
          range: {{preset: {preset.name}}}) {{ info {{ from to }} }} }} }}"""
    )
    info = answer.data["project"]["totals"]["info"]
    assert (info["from"], info["to"]) == SPANS[preset]


def test_every_preset_is_told() -> None:
    assert {*SPANS} == {*Preset} - {Preset.ALL}


async def test_weeks_of_a_preset_begin_on_the_day_that_is_asked_for(shared: Server) -> None:
    answer = await shared.ask(
        """{ project(id: "demo") { totals(metrics: {metric: EVENTS}, weekStart: SUNDAY,
          range: {preset: LAST_WEEK}) { info { from to } } } }"""
    )
    info = answer.data["project"]["totals"]["info"]
    assert info == {"from": "2026-02-22T00:00:00+01:00", "to": "2026-03-01T00:00:00+01:00"}
