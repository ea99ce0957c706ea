"""Saved insights and dashboards, on a real control store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.analytics.errors import NotFoundError
from app.analytics.filters import All
from app.analytics.metrics import EVENTS, PAGEVIEWS, named
from app.analytics.periods import Interval
from app.analytics.queries import SeriesQuery
from app.analytics.ranges import last_days
from app.control.engine import default_url
from app.control.store import ControlStore
from app.kit.clock import FixedClock
from app.projects.dashboards import (
    Box,
    DashboardChange,
    DashboardDirectory,
    DashboardDraft,
    Overrides,
    TileDraft,
)
from app.projects.directory import ProjectDirectory
from app.projects.insights import (
    Display,
    Insight,
    InsightChange,
    InsightDirectory,
    InsightDraft,
    InsightPage,
)

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class Desk:
    insights: InsightDirectory
    dashboards: DashboardDirectory
    clock: FixedClock
    mine: int
    other: int

    async def save(self, name: str = "", **parts: object) -> Insight:
        draft = InsightDraft(question=question(self.mine), created_by="me", name=name, **parts)  # type: ignore[arg-type]
        return await self.insights.create(self.mine, draft)


def question(project: int) -> SeriesQuery:
    return SeriesQuery(
        project=project, metrics=(EVENTS,), range=last_days(7), interval=Interval.DAY
    )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    control = ControlStore.open(default_url(tmp_path))
    await control.migrate()
    clock = FixedClock(1_741_000_000_000)
    projects = ProjectDirectory(control, clock)
    mine = (await projects.create_project("mine")).project.number
    other = (await projects.create_project("other")).project.number
    yield Desk(
        InsightDirectory(control, clock), DashboardDirectory(control, clock), clock, mine, other
    )
    await control.close()


async def test_an_insight_is_found_as_it_was_saved(desk: Desk) -> None:
    made = await desk.save("Events", display=Display.PIE, forms={"posthog": {"kind": "X"}})
    assert await desk.insights.find(desk.mine, made.number) == made
    assert await desk.insights.find_by_short_id(desk.mine, made.short_id) == made
    assert (made.question, made.display) == (question(desk.mine), Display.PIE)
    assert await desk.insights.find(desk.other, made.number) is None
    assert await desk.insights.find_by_short_id(desk.other, made.short_id) is None


async def test_a_change_leaves_the_rest_and_a_new_question_drops_old_forms(desk: Desk) -> None:
    made = await desk.save("Old", forms={"posthog": 1}, tags=("a",))
    desk.clock.advance(5)
    renamed = await desk.insights.change(
        desk.mine, made.number, InsightChange(changed_by="you", name="New")
    )
    assert (renamed.name, renamed.tags, renamed.forms) == ("New", ("a",), {"posthog": 1})
    assert (renamed.updated_by, renamed.updated_at) == ("you", made.updated_at + 5)
    asked = SeriesQuery(
        project=desk.mine, metrics=(PAGEVIEWS,), range=last_days(1), interval=Interval.HOUR
    )
    changed = await desk.insights.change(
        desk.mine, made.number, InsightChange(changed_by="you", question=asked)
    )
    assert (changed.question, changed.forms) == (asked, {})
    with pytest.raises(NotFoundError):
        await desk.insights.change(desk.other, made.number, InsightChange(changed_by="you"))


async def test_a_deleted_insight_is_hidden_until_it_is_brought_back(desk: Desk) -> None:
    made = await desk.save("Gone")
    board = await desk.dashboards.create(
        desk.mine,
        DashboardDraft(name="B", created_by="me", tiles=(TileDraft(insight=made.number),)),
    )
    delete = InsightChange(changed_by="me", is_deleted=True)
    await desk.insights.change(desk.mine, made.number, delete)
    assert await desk.insights.find(desk.mine, made.number) is None
    assert await desk.insights.page(desk.mine, InsightPage(limit=9)) == []
    assert await desk.dashboards.tiles(board.number) == []
    back = InsightChange(changed_by="me", is_deleted=False)
    await desk.insights.change(desk.mine, made.number, back)
    assert len(await desk.dashboards.tiles(board.number)) == 1


async def test_insights_are_listed_newest_first_by_what_is_asked(desk: Desk) -> None:
    one = await desk.save("Sign ups", is_favorite=True)
    two = await desk.save("50% off", description="prices", is_saved=False)
    board = await desk.dashboards.create(desk.mine, DashboardDraft(name="B", created_by="me"))
    await desk.dashboards.show(board.number, TileDraft(insight=two.number))
    cases: list[tuple[InsightPage, list[Insight]]] = [
        (InsightPage(limit=9), [two, one]),
        (InsightPage(limit=1, offset=1), [one]),
        (InsightPage(limit=9, search="SIGN"), [one]),
        (InsightPage(limit=9, search="0%"), [two]),
        (InsightPage(limit=9, search="PRICE"), [two]),
        (InsightPage(limit=9, is_saved=True), [one]),
        (InsightPage(limit=9, is_favorite=True), [one]),
        (InsightPage(limit=9, short_id=two.short_id), [two]),
        (InsightPage(limit=9, kinds=frozenset({"FunnelQuery"})), []),
        (InsightPage(limit=9, dashboard=board.number), [two]),
        (InsightPage(limit=9, created_by="you"), []),
    ]
    for wanted, expected in cases:
        assert await desk.insights.page(desk.mine, wanted) == expected, wanted
    assert await desk.insights.count(desk.mine, InsightPage(limit=1)) == 2
    assert await desk.insights.count(desk.other, InsightPage(limit=1)) == 0


async def test_a_dashboard_keeps_its_tiles_and_overrides(desk: Desk) -> None:
    insight = await desk.save("A")
    draft = DashboardDraft(
        name="Week",
        created_by="me",
        overrides=Overrides(last_days(30), named("a")),
        tiles=(TileDraft(text="Hello"), TileDraft(insight=insight.number, box=Box(0, 1, 6, 4))),
    )
    made = await desk.dashboards.create(desk.mine, draft)
    assert await desk.dashboards.find(desk.mine, made.number) == made
    asked = made.overrides.applied(insight.question)
    assert (asked.range, asked.filter) == (last_days(30), All((All(), named("a"))))
    text, shown = await desk.dashboards.tiles(made.number)
    assert (text.text, text.box) == ("Hello", None)
    assert (shown.insight, shown.box) == (insight.number, Box(0, 1, 6, 4))
    await desk.dashboards.place(made.number, shown.number, Box(6, 0, 6, 5))
    await desk.dashboards.show(made.number, TileDraft(insight=insight.number))
    assert [tile.box for tile in await desk.dashboards.tiles(made.number)] == [
        None,
        Box(6, 0, 6, 5),
    ]
    assert set(await desk.dashboards.tiles_of_insights([insight.number])) == {insight.number}
    await desk.dashboards.hide(made.number, insight.number)
    assert [tile.text for tile in await desk.dashboards.tiles(made.number)] == ["Hello"]


async def test_dashboards_are_listed_pinned_first_without_deleted_ones(desk: Desk) -> None:
    names = ("a", "b", "c")
    drafts = [DashboardDraft(name=name, created_by="me", is_pinned=name == "a") for name in names]
    made = [await desk.dashboards.create(desk.mine, draft) for draft in drafts]
    await desk.dashboards.change(desk.mine, made[1].number, DashboardChange(is_deleted=True))
    assert [each.name for each in await desk.dashboards.page(desk.mine, 9)] == ["a", "c"]
    assert await desk.dashboards.count(desk.mine) == 2
    with pytest.raises(NotFoundError):
        await desk.dashboards.change(desk.other, made[0].number, DashboardChange(name="x"))
