"""Panels: what an export shows, one question each."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.analytics.charts import Computed, Visibility
from app.analytics.codec import Question
from app.analytics.errors import NotFoundError
from app.analytics.fields import Column, Field, ProfileColumn, ProfileProperty, Property
from app.analytics.journeys import FunnelQuery, FunnelTrendQuery
from app.analytics.metrics import Metric
from app.analytics.queries import ChartQuery
from app.exports.records import Export
from app.projects.dashboards import Box, DashboardDirectory, Overrides
from app.projects.insights import Display, Insight, InsightDirectory


@dataclass(frozen=True, slots=True)
class Panel:
    """A question with its title, how its answer is shown, and where on a dashboard."""

    title: str
    question: Question
    display: Display
    description: str = ""
    box: Box | None = None

    @property
    def question_metrics(self) -> tuple[Metric, ...]:
        """The metrics that the question asks for, if it is about metrics."""
        metrics: tuple[Metric, ...] = getattr(self.question, "metrics", ())
        return metrics

    @property
    def breakdown_names(self) -> tuple[str, ...]:
        """What the question's breakdown fields are called."""
        fields: Sequence[Field] = getattr(self.question, "breakdown", ())
        return tuple(map(_field_name, fields))


@dataclass(frozen=True, slots=True)
class Note:
    """A text on a dashboard."""

    text: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is exported: one panel alone, or those of a dashboard."""

    title: str
    parts: tuple[Panel | Note, ...]
    description: str = ""
    is_dashboard: bool = False

    @property
    def panels(self) -> list[Panel]:
        """The parts that ask something."""
        return [part for part in self.parts if isinstance(part, Panel)]


def _field_name(field: Field) -> str:
    """What readers of files look for: a property without what it is a property of."""
    match field:
        case Property(key) | ProfileProperty(key):
            return key
        case Column():
            return field.name
        case ProfileColumn():
            return field.column
        case _:
            return field.name


def panel_of(insight: Insight, overrides: Overrides, box: Box | None = None) -> Panel:
    """The insight as a dashboard with these overrides shows it."""
    question = overrides.applied(insight.question)
    title = insight.name or describe(insight.question)
    return Panel(title, question, insight.display, insight.description, box)


def describe(question: Question) -> str:
    """A name for a question that has none."""
    metrics = [metric.label for metric in getattr(question, "metrics", ())]
    metrics += [audience.label for audience in getattr(question, "audiences", ())]
    if isinstance(question, ChartQuery):
        metrics = [
            each.formula.text if isinstance(each, Computed) else each.metric.label
            for each in question.series
            if each.visibility is Visibility.SHOWN
        ]
    funnel = question.funnel if isinstance(question, FunnelTrendQuery) else question
    steps = [step.label for step in funnel.steps] if isinstance(funnel, FunnelQuery) else []
    if metrics or steps:
        return ", ".join(metrics) or " → ".join(steps)
    return type(question).__name__.removesuffix("Query")


class SubjectFinder:
    """Finds what an export is about, as it is now."""

    def __init__(self, insights: InsightDirectory, dashboards: DashboardDirectory) -> None:
        self._insights = insights
        self._dashboards = dashboards

    async def subject_of(self, export: Export) -> Subject:
        """What the order names; raises NotFoundError for what is gone meanwhile."""
        order = export.order
        if order.insight is not None:
            return await self._of_insight(export)
        if order.question is not None:
            title = order.filename or describe(order.question)
            panel = Panel(title, order.question, order.display or Display.TABLE)
            return Subject(title, (panel,))
        if order.dashboard is not None:
            return await self._of_dashboard(export.project, order.dashboard)
        raise NotFoundError("The export names nothing to export.")

    async def _of_insight(self, export: Export) -> Subject:
        order = export.order
        insight = await self._insights.find(export.project, order.insight or 0)
        if insight is None:
            raise NotFoundError("The insight does not exist any more.")
        overrides = Overrides()
        if order.dashboard is not None:
            dashboard = await self._dashboards.find(export.project, order.dashboard)
            overrides = dashboard.overrides if dashboard else overrides
        panel = panel_of(insight, overrides)
        if order.question is not None:
            display = order.display or insight.display
            panel = Panel(panel.title, order.question, display, insight.description)
        return Subject(panel.title, (panel,), insight.description)

    async def _of_dashboard(self, project: int, number: int) -> Subject:
        dashboard = await self._dashboards.find(project, number)
        if dashboard is None:
            raise NotFoundError("The dashboard does not exist any more.")
        tiles = await self._dashboards.tiles(number)
        shown = await self._insights.get_many([tile.insight for tile in tiles if tile.insight])
        parts: list[Panel | Note] = []
        for tile in tiles:
            if tile.insight in shown:
                parts.append(panel_of(shown[tile.insight], dashboard.overrides, tile.box))
            elif tile.text is not None:
                parts.append(Note(tile.text, tile.box))
        return Subject(dashboard.name, tuple(parts), dashboard.description, is_dashboard=True)
