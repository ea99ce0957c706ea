"""Saved insights: questions with a name that can be asked again."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.analytics.codec import Question, decode_question, encode
from app.analytics.errors import NotFoundError
from app.analytics.records import Json
from app.control.models import InsightRow
from app.control.repositories import insights
from app.control.repositories.insights import InsightPage
from app.control.sessions import WriteSession
from app.control.store import ControlStore
from app.kit.clock import Clock

__all__ = ["Display", "Insight", "InsightChange", "InsightDirectory", "InsightDraft", "InsightPage"]

_SHORT_ID_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHORT_ID_LENGTH: Final = 8


class Display(StrEnum):
    """How an answer is shown."""

    LINE = "line"
    AREA = "area"
    BAR = "bar"
    STACKED_BAR = "stacked_bar"
    BAR_OF_TOTALS = "bar_of_totals"
    """One horizontal bar per series, of its total over the range."""
    PIE = "pie"
    NUMBER = "number"
    TABLE = "table"
    FUNNEL = "funnel"
    RETENTION = "retention"
    PATHS = "paths"


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightDraft:
    """An insight before it has a number.

    `forms` hold, by the vendor's name, the question as that vendor's client wrote it.
    `created_by` is the id of the principal.
    """

    question: Question
    created_by: str
    name: str = ""
    description: str = ""
    display: Display = Display.LINE
    forms: Mapping[str, Json] = field(default_factory=dict[str, Json])
    tags: Sequence[str] = ()
    is_saved: bool = True
    is_favorite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightChange:
    """What is to be different about an insight; None leaves a thing as it is.

    A new `question` comes with its `forms`: older forms would tell another question.
    """

    changed_by: str
    name: str | None = None
    description: str | None = None
    question: Question | None = None
    display: Display | None = None
    forms: Mapping[str, Json] | None = None
    tags: Sequence[str] | None = None
    is_saved: bool | None = None
    is_favorite: bool | None = None
    is_deleted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """A saved insight. `number` is unique among all projects; instants are in milliseconds."""

    number: int
    project: int
    short_id: str
    name: str
    description: str
    question: Question
    display: Display
    forms: Mapping[str, Json]
    tags: tuple[str, ...]
    is_saved: bool
    is_favorite: bool
    is_deleted: bool
    created_by: str
    created_at: int
    updated_by: str
    updated_at: int


class InsightDirectory:
    """Makes, changes, finds and lists the insights of projects, which are named by number."""

    def __init__(
        self,
        store: ControlStore,
        clock: Clock,
        choose: Callable[[str], str] = secrets.choice,
    ) -> None:
        self._store = store
        self._clock = clock
        self._choose = choose

    async def create(self, project: int, draft: InsightDraft) -> Insight:
        """The new insight."""
        now = self._clock.now_ms()
        letters = (self._choose(_SHORT_ID_LETTERS) for _ in range(_SHORT_ID_LENGTH))
        row = InsightRow(
            project=project,
            short_id="".join(letters),
            name=draft.name,
            description=draft.description,
            kind=type(draft.question).__name__,
            question=encode(draft.question),
            display=draft.display,
            forms={**draft.forms},
            tags=[*draft.tags],
            is_saved=draft.is_saved,
            is_favorite=draft.is_favorite,
            created_by=draft.created_by,
            created_at=now,
            updated_by=draft.created_by,
            updated_at=now,
        )
        async with self._store.write() as session:
            await session.add(row)
        return insight_of(row)

    async def change(self, project: int, number: int, change: InsightChange) -> Insight:
        """The insight after the change, which can also bring back a deleted one.

        Raises NotFoundError when the project has none of that number.
        """
        async with self._store.write() as session:
            row = await insights.find(session, project, number)
            if row is None:
                raise NotFoundError("Insight not found")
            await self._apply(change, row, session)
        return insight_of(row)

    async def find(self, project: int, number: int) -> Insight | None:
        """The project's insight of that number, unless it is deleted."""
        async with self._store.read() as session:
            row = await insights.find(session, project, number)
        return _living(row)

    async def find_even_deleted(self, project: int, number: int) -> Insight | None:
        """The project's insight of that number, deleted or not."""
        async with self._store.read() as session:
            row = await insights.find(session, project, number)
        return None if row is None else insight_of(row)

    async def find_anywhere(self, number: int) -> Insight | None:
        """The insight of that number in whichever project, unless it is deleted."""
        async with self._store.read() as session:
            row = await insights.find_anywhere(session, number)
        return _living(row)

    async def find_by_short_id(self, project: int, short_id: str) -> Insight | None:
        """The project's insight of that short id, unless it is deleted."""
        async with self._store.read() as session:
            row = await insights.find_by_short_id(session, project, short_id)
        return _living(row)

    async def get_many(self, numbers: Sequence[int]) -> dict[int, Insight]:
        """Those of the insights that exist, by number, without deleted ones."""
        async with self._store.read() as session:
            rows = await insights.get_many(session, numbers)
        return {number: found for number, row in rows.items() if (found := _living(row))}

    async def page(self, project: int, wanted: InsightPage) -> list[Insight]:
        """The insights of that slice, the newest first."""
        async with self._store.read() as session:
            return [insight_of(row) for row in await insights.page(session, project, wanted)]

    async def count(self, project: int, wanted: InsightPage) -> int:
        """How many insights are meant, through all slices."""
        async with self._store.read() as session:
            return await insights.count(session, project, wanted)

    async def _apply(self, change: InsightChange, row: InsightRow, session: WriteSession) -> None:
        for name in ("name", "description", "display", "is_saved", "is_favorite"):
            value = getattr(change, name)
            if value is not None:
                setattr(row, name, value)
        if change.tags is not None:
            row.tags = [*change.tags]
        if change.question is not None:
            row.kind = type(change.question).__name__
            row.question = encode(change.question)
            row.forms = {**(change.forms or {})}
        now = self._clock.now_ms()
        if change.is_deleted is not None:
            row.deleted_at = now if change.is_deleted else None
        row.updated_by, row.updated_at = change.changed_by, now
        await session.add(row)


def _living(row: InsightRow | None) -> Insight | None:
    return None if row is None or row.deleted_at is not None else insight_of(row)


def insight_of(row: InsightRow) -> Insight:
    """The insight that the row holds; raises UnreadableQuestionError where that is damaged."""
    return Insight(
        number=row.number,
        project=row.project,
        short_id=row.short_id,
        name=row.name,
        description=row.description,
        question=decode_question(row.question),
        display=Display(row.display),
        forms=row.forms,
        tags=tuple(row.tags),
        is_saved=row.is_saved,
        is_favorite=row.is_favorite,
        is_deleted=row.deleted_at is not None,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_by=row.updated_by,
        updated_at=row.updated_at,
    )
