"""The demo's saved insights, one of each kind, and a dashboard of some of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.analytics.audiences import Audience, AudiencesQuery, InBucket, Presence, Trailing
from app.analytics.charts import Computed, Measured, Visibility
from app.analytics.codec import Question
from app.analytics.fields import COLUMNS, Field
from app.analytics.filters import EVERYTHING, Filter
from app.analytics.formulas import parse_formula
from app.analytics.journeys import (
    PER_PROFILE,
    FunnelQuery,
    FunnelStep,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.metrics import (
    BOUNCE_RATE,
    EVENTS,
    PAGEVIEWS,
    PROFILES,
    SESSIONS,
    VISITORS,
    Metric,
    named,
    narrowed,
)
from app.analytics.periods import DAY_MS, Interval
from app.analytics.queries import ChartQuery, SeriesQuery
from app.analytics.ranges import Edge, PreviousPeriod, RangeSpec, Relative, last_days
from app.analytics.records import SCREEN_VIEW
from app.projects.dashboards import (
    Box,
    Dashboard,
    DashboardDirectory,
    DashboardDraft,
    TileDraft,
)
from app.projects.insights import Display, InsightDirectory, InsightDraft, InsightPage

_MAKER: Final = "demo"
_MONTH: Final = last_days(30)
_WEEKS: Final = Relative(
    Edge(-5, Interval.WEEK, Interval.WEEK), Edge(1, Interval.WEEK, Interval.WEEK)
)
_LATELY: Final = Relative(Edge(-2, Interval.DAY, Interval.HOUR), Edge(0, Interval.DAY))


def _lines(  # noqa: PLR0913 — the parts of a question, each with a default.
    project: int,
    *metrics: Metric,
    by: str | None = None,
    top: int = 5,
    span: RangeSpec = _MONTH,
    interval: Interval = Interval.DAY,
    compare: PreviousPeriod | None = None,
    where: Filter = EVERYTHING,
) -> SeriesQuery:
    breakdown: tuple[Field, ...] = () if by is None else (COLUMNS[by],)
    return SeriesQuery(
        project=project,
        metrics=metrics,
        range=span,
        interval=interval,
        filter=where,
        breakdown=breakdown,
        top=top,
        compare=compare,
    )


def _done(event: str, label: str) -> Metric:
    return replace(narrowed(EVENTS, named(event)), slug=event, label=label)


def _per_visitor(project: int) -> ChartQuery:
    measured = (PAGEVIEWS, PROFILES)
    return ChartQuery(
        project=project,
        series=(
            *(Measured(metric, Visibility.HIDDEN) for metric in measured),
            Computed(parse_formula("A / B")),
        ),
        range=_MONTH,
        interval=Interval.DAY,
    )


def _active(project: int) -> AudiencesQuery:
    presences: dict[str, Presence] = {"Day": InBucket(), "Week": Trailing(7), "Month": Trailing(30)}
    return AudiencesQuery(
        project=project,
        audiences=tuple(Audience(when, label=name) for name, when in presences.items()),
        range=_MONTH,
        interval=Interval.DAY,
    )


def _funnel(project: int, by: str | None = None) -> FunnelQuery:
    steps = {
        SCREEN_VIEW: "Visit",
        "product_viewed": "Product seen",
        "add_to_cart": "Put in the cart",
        "checkout_started": "Check out",
        "purchase": "Purchase",
    }
    return FunnelQuery(
        project=project,
        steps=tuple(FunnelStep(named(event), label) for event, label in steps.items()),
        range=_MONTH,
        per=PER_PROFILE,
        window_ms=14 * DAY_MS,
        breakdown=() if by is None else (COLUMNS[by],),
    )


def samples(project: int) -> Sequence[tuple[str, Question, Display]]:
    """Every kind of insight: a name, a question about the project, and how it is shown."""
    actions = (
        _done("add_to_cart", "Put in the cart"),
        _done("checkout_started", "Check out"),
        _done("purchase", "Purchase"),
    )
    seen = named(SCREEN_VIEW)
    ago = PreviousPeriod.WEEK
    return (
        ("Visitors by country", _lines(project, VISITORS, by="country"), Display.LINE),
        (
            "Visitors, against the week before",
            _lines(project, VISITORS, span=last_days(7), compare=ago),
            Display.LINE,
        ),
        ("Active people of a day, a week and a month", _active(project), Display.LINE),
        (
            "The last two days by the hour",
            _lines(project, PAGEVIEWS, span=_LATELY, interval=Interval.HOUR),
            Display.LINE,
        ),
        ("Bounce rate", _lines(project, BOUNCE_RATE), Display.AREA),
        ("Page views by device", _lines(project, PAGEVIEWS, by="device"), Display.AREA),
        ("On the way to a purchase", _lines(project, *actions, span=last_days(13)), Display.BAR),
        (
            "Page views by source",
            _lines(project, PAGEVIEWS, by="referrer_name", top=7),
            Display.STACKED_BAR,
        ),
        (
            "Pages that are seen most",
            _lines(project, PAGEVIEWS, by="path", top=12),
            Display.BAR_OF_TOTALS,
        ),
        ("Sessions by browser", _lines(project, SESSIONS, by="browser", top=8), Display.PIE),
        (
            "Visitors this week",
            _lines(project, VISITORS, span=last_days(6), compare=ago),
            Display.NUMBER,
        ),
        (
            "Where visitors are",
            _lines(project, VISITORS, SESSIONS, by="country", top=12),
            Display.TABLE,
        ),
        ("Pages per visitor", _per_visitor(project), Display.LINE),
        ("From a visit to a purchase", _funnel(project), Display.FUNNEL),
        ("The way to a purchase by device", _funnel(project, "device"), Display.FUNNEL),
        (
            "Who comes back",
            RetentionQuery(
                project=project,
                range=_WEEKS,
                interval=Interval.WEEK,
                periods=5,
                start=seen,
                returning=seen,
            ),
            Display.RETENTION,
        ),
        (
            "Where visits lead",
            PathsQuery(project=project, range=_MONTH, filter=seen, steps=4, top=8),
            Display.PATHS,
        ),
        (
            "Days per visitor",
            StickinessQuery(
                project=project, range=last_days(13), interval=Interval.DAY, filter=seen
            ),
            Display.BAR,
        ),
        (
            "New and returning visitors",
            LifecycleQuery(
                project=project, range=last_days(13), interval=Interval.DAY, filter=seen
            ),
            Display.STACKED_BAR,
        ),
    )


_BOARD: Final = {
    "Visitors this week": Box(0, 0, 4, 5),
    "Visitors by country": Box(4, 0, 8, 5),
    "From a visit to a purchase": Box(0, 5, 7, 6),
    "Sessions by browser": Box(7, 5, 5, 6),
    "Page views by source": Box(0, 11, 6, 6),
    "Who comes back": Box(6, 11, 6, 6),
}


async def save_samples(
    insights: InsightDirectory, dashboards: DashboardDirectory, project: int
) -> Dashboard | None:
    """The dashboard of the samples, all made now; None where the project has insights already."""
    if await insights.count(project, InsightPage(limit=1)):
        return None
    tiles: list[TileDraft] = []
    for name, question, display in samples(project):
        draft = InsightDraft(question=question, created_by=_MAKER, name=name, display=display)
        made = await insights.create(project, draft)
        if name in _BOARD:
            tiles.append(TileDraft(insight=made.number, box=_BOARD[name]))
    board = DashboardDraft(
        name="The shop at a glance",
        created_by=_MAKER,
        description="From the first visit to the purchase, and who comes back.",
        is_pinned=True,
        tiles=tiles,
    )
    return await dashboards.create(project, board)
