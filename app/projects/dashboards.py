"""Dashboards: insights and texts laid out on a grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from app.analytics.codec import Question, decode, encode
from app.analytics.errors import NotFoundError
from app.analytics.filters import EVERYTHING, All, Filter
from app.analytics.journeys import FunnelQuery, FunnelTrendQuery
from app.analytics.ranges import RangeSpec
from app.analytics.records import Json
from app.control.models import DashboardRow, TileRow
from app.control.repositories import dashboards
from app.control.sessions import WriteSession
from app.control.store import ControlStore
from app.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Overrides:
    """What holds for every insight of a dashboard: its range, and a further condition."""

    range: RangeSpec | None = None
    filter: Filter = EVERYTHING

    def applied(self, question: Question) -> Question:
        """The question as the dashboard asks it."""
        if isinstance(question, FunnelTrendQuery):
            funnel = self.applied(question.funnel)
            return replace(question, funnel=funnel) if isinstance(funnel, FunnelQuery) else question
        if self.range is not None:
            question = replace(question, range=self.range)
        if self.filter != EVERYTHING:
            question = replace(question, filter=All((question.filter, self.filter)))
        return question


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a grid of twelve columns, in cells."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TileDraft:
    """A tile before it has a number: the number of an insight, or a text."""

    insight: int | None = None
    text: str | None = None
    box: Box | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A place on a dashboard; without a box it follows the tile before."""

    number: int
    dashboard: int
    insight: int | None
    text: str | None
    box: Box | None
    color: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardDraft:
    """A dashboard before it has a number; `created_by` is the id of the principal."""

    name: str
    created_by: str
    description: str = ""
    overrides: Overrides = Overrides()
    forms: Mapping[str, Json] = field(default_factory=dict[str, Json])
    tags: Sequence[str] = ()
    is_pinned: bool = False
    tiles: Sequence[TileDraft] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardChange:
    """What is to be different about a dashboard; None leaves a thing as it is.

    New `overrides` come with their `forms`; new `tiles` stand for all that were there.
    """

    name: str | None = None
    description: str | None = None
    overrides: Overrides | None = None
    forms: Mapping[str, Json] | None = None
    tags: Sequence[str] | None = None
    is_pinned: bool | None = None
    is_deleted: bool | None = None
    tiles: Sequence[TileDraft] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard. `number` is unique among all projects; instants are in milliseconds."""

    number: int
    project: int
    name: str
    description: str
    overrides: Overrides
    forms: Mapping[str, Json]
    tags: tuple[str, ...]
    is_pinned: bool
    is_deleted: bool
    created_by: str
    created_at: int
    updated_at: int


TilesByNumber: TypeAlias = Mapping[int, Sequence[Tile]]
"""By the number of a dashboard, or of an insight."""


class DashboardDirectory:
    """Makes, changes, finds and lists the dashboards of projects, which are named by number."""

    def __init__(self, store: ControlStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, project: int, draft: DashboardDraft) -> Dashboard:
        """The new dashboard with its tiles."""
        now = self._clock.now_ms()
        row = DashboardRow(
            project=project,
            name=draft.name,
            description=draft.description,
            overrides=_overrides_json(draft.overrides),
            forms={**draft.forms},
            tags=[*draft.tags],
            is_pinned=draft.is_pinned,
            created_by=draft.created_by,
            created_at=now,
            updated_at=now,
        )
        async with self._store.write() as session:
            await session.add(row)
            await session.add(*(_tile_row(row.number, tile) for tile in draft.tiles))
        return _dashboard_of(row)

    async def change(self, project: int, number: int, change: DashboardChange) -> Dashboard:
        """The dashboard after the change, which can also bring back a deleted one.

        Raises NotFoundError when the project has none of that number.
        """
        async with self._store.write() as session:
            row = await dashboards.find(session, project, number)
            if row is None:
                raise NotFoundError("Dashboard not found")
            await self._apply(change, row, session)
        return _dashboard_of(row)

    async def show(self, number: int, *tiles: TileDraft) -> None:
        """Adds the tiles to the dashboard, but no insight twice; a known one moves."""
        async with self._store.write() as session:
            known = {tile.insight: tile for tile in await dashboards.tiles(session, number)}
            for draft in tiles:
                row = None if draft.insight is None else known.get(draft.insight)
                if row is None:
                    await session.add(_tile_row(number, draft))
                elif draft.box is not None:
                    row.box = _box_json(draft.box)
                    await session.add(row)

    async def place(self, dashboard: int, tile: int, box: Box) -> None:
        """Moves the tile; does nothing for one of another dashboard."""
        async with self._store.write() as session:
            for row in await dashboards.tiles(session, dashboard):
                if row.number == tile:
                    row.box = _box_json(box)
                    await session.add(row)

    async def hide(self, dashboard: int, insight: int) -> None:
        """Takes the insight off the dashboard."""
        async with self._store.write() as session:
            for row in await dashboards.tiles(session, dashboard):
                if row.insight == insight:
                    await session.delete(row)

    async def find(self, project: int, number: int) -> Dashboard | None:
        """The project's dashboard of that number, unless it is deleted."""
        async with self._store.read() as session:
            row = await dashboards.find(session, project, number)
        return _living(row)

    async def find_anywhere(self, number: int) -> Dashboard | None:
        """The dashboard of that number in whichever project, unless it is deleted."""
        async with self._store.read() as session:
            row = await dashboards.find_anywhere(session, number)
        return _living(row)

    async def get_many(self, numbers: Sequence[int]) -> dict[int, Dashboard]:
        """Those of the dashboards that exist, by number, without deleted ones."""
        async with self._store.read() as session:
            rows = await dashboards.get_many(session, numbers)
        return {number: found for number, row in rows.items() if (found := _living(row))}

    async def page(self, project: int, limit: int, offset: int = 0) -> list[Dashboard]:
        """A slice of the project's dashboards: pinned ones first, then the newest."""
        async with self._store.read() as session:
            rows = await dashboards.page(session, project, limit, offset)
        return [_dashboard_of(row) for row in rows]

    async def behind(
        self, project: int, limit: int, after: tuple[bool, int] | None = None
    ) -> list[Dashboard]:
        """The same order, from behind the one that is pinned or not and has that number."""
        async with self._store.read() as session:
            rows = await dashboards.behind(session, project, limit, after)
        return [_dashboard_of(row) for row in rows]

    async def count(self, project: int) -> int:
        """How many dashboards the project has."""
        async with self._store.read() as session:
            return await dashboards.count(session, project)

    async def tiles(self, dashboard: int) -> list[Tile]:
        """The dashboard's tiles, without those of deleted insights."""
        async with self._store.read() as session:
            rows = await dashboards.tiles(session, dashboard)
        return [_tile_of(row) for row in rows]

    async def tiles_of(self, numbers: Sequence[int]) -> TilesByNumber:
        """The tiles of each of the dashboards, without those of deleted insights."""
        found: dict[int, list[Tile]] = {number: [] for number in numbers}
        async with self._store.read() as session:
            for row in await dashboards.tiles_of(session, numbers):
                found[row.dashboard].append(_tile_of(row))
        return found

    async def tiles_of_insights(self, insights: Sequence[int]) -> TilesByNumber:
        """Where each of the insights is shown."""
        found: dict[int, list[Tile]] = {number: [] for number in insights}
        async with self._store.read() as session:
            for row in await dashboards.tiles_of_insights(session, insights):
                if row.insight is not None:
                    found[row.insight].append(_tile_of(row))
        return found

    async def _apply(
        self, change: DashboardChange, row: DashboardRow, session: WriteSession
    ) -> None:
        for name in ("name", "description", "is_pinned"):
            value = getattr(change, name)
            if value is not None:
                setattr(row, name, value)
        if change.tags is not None:
            row.tags = [*change.tags]
        if change.overrides is not None:
            row.overrides = _overrides_json(change.overrides)
            row.forms = {**(change.forms or {})}
        row.updated_at = self._clock.now_ms()
        if change.is_deleted is not None:
            row.deleted_at = row.updated_at if change.is_deleted else None
        if change.tiles is not None:
            for tile in await dashboards.tiles(session, row.number):
                await session.delete(tile)
            # What is gone must be gone before the same insight is shown again.
            await session.add()
            await session.add(*(_tile_row(row.number, draft) for draft in change.tiles))
        await session.add(row)


def _overrides_json(overrides: Overrides) -> Json:
    return {"range": encode(overrides.range), "filter": encode(overrides.filter)}


def _overrides_of(stored: Json) -> Overrides:
    kept = stored if isinstance(stored, dict) else {}
    return Overrides(decode(kept.get("range")), decode(kept.get("filter")))


def _box_json(box: Box) -> list[int]:
    return [box.left, box.top, box.width, box.height]


def _tile_row(dashboard: int, draft: TileDraft) -> TileRow:
    return TileRow(
        dashboard=dashboard,
        insight=draft.insight,
        text=draft.text,
        box=None if draft.box is None else _box_json(draft.box),
        color=draft.color,
    )


def _tile_of(row: TileRow) -> Tile:
    return Tile(
        number=row.number,
        dashboard=row.dashboard,
        insight=row.insight,
        text=row.text,
        box=None if row.box is None else Box(*row.box),
        color=row.color,
    )


def _living(row: DashboardRow | None) -> Dashboard | None:
    return None if row is None or row.deleted_at is not None else _dashboard_of(row)


def _dashboard_of(row: DashboardRow) -> Dashboard:
    return Dashboard(
        number=row.number,
        project=row.project,
        name=row.name,
        description=row.description,
        overrides=_overrides_of(row.overrides),
        forms=row.forms,
        tags=tuple(row.tags),
        is_pinned=row.is_pinned,
        is_deleted=row.deleted_at is not None,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
