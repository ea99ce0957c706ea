"""What answers of this API are made of, as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Count: TypeAlias = Annotated[int, Field(ge=0)]
Amount: TypeAlias = Annotated[float, Field(ge=0)]
Percent: TypeAlias = Annotated[float, Field(ge=0, le=100)]


class Answer(BaseModel):
    """The base of what is answered."""

    model_config = ConfigDict(frozen=True)


class WrongPart(Answer):
    """One thing that is wrong with the request, and where."""

    path: list[str | int]
    message: str


class ProblemDetails(Answer):
    """What exactly is wrong."""

    issues: list[WrongPart] | None = None
    reason: str | None = None


class Problem(Answer):
    """A request that failed."""

    error: str
    message: str
    status: int | None = None
    statusCode: int | None = None  # noqa: N815 — the wire's own name.
    details: ProblemDetails | None = None


class Tracked(Answer):
    """A message that was taken in."""

    deviceId: str  # noqa: N815 — the same.
    sessionId: str  # noqa: N815 — the same.
    duplicate: Literal[True] | None = None


class BotInfo(Answer):
    """The bot that the message came from."""

    name: str
    type: str


class FromBot(Answer):
    """A message that came from a bot and was left out."""

    bot: BotInfo


class Device(Answer):
    """Who the caller's device is, and its session if one is going on."""

    deviceId: str  # noqa: N815 — the same.
    sessionId: str  # noqa: N815 — the same.
    message: str


class PageMeta(Answer):
    """Which page of how many it is."""

    count: Count
    totalCount: Count  # noqa: N815 — the same.
    pages: Count
    current: int


class ExportedEvents(Answer):
    """A page of events; which keys each has depends on `includes`."""

    meta: PageMeta
    data: list[dict[str, Any]]


class OverviewNumbers(Answer):
    """The metrics of an overview."""

    bounce_rate: Percent
    unique_visitors: Count
    total_sessions: Count
    avg_session_duration: Amount
    total_screen_views: Count
    views_per_session: Amount
    total_revenue: float


class OverviewPoint(OverviewNumbers):
    """The metrics of one bucket; `date` is its local start, written with a `Z`."""

    date: str


class OverviewPeriod(Answer):
    """Metrics, whole and in buckets."""

    metrics: OverviewNumbers
    series: list[OverviewPoint]


class Metrics(OverviewPeriod):
    """Metrics, whole and in buckets, and those of the period before if asked for."""

    previous: OverviewPeriod | None = None


class Live(Answer):
    """How many are here now."""

    visitors: Count


class PageRow(Answer):
    """A page, and what people did there; durations are in seconds."""

    title: str
    origin: str
    path: str
    sessions: Count
    bounce_rate: Percent
    avg_duration: Amount
    pageviews: Count
    revenue: float


class BreakdownRow(Answer):
    """A value of a field, and the sessions that have it; durations are in seconds."""

    name: str | None
    prefix: str | None = None
    code: str | None = None
    sessions: Count
    bounce_rate: Percent
    avg_session_duration: Amount
    pageviews: Count
    revenue: float


class Overview(Answer):
    """Metrics, whole and in buckets of one size."""

    summary: OverviewNumbers
    series: list[OverviewPoint]
    interval: str
    startDate: str  # noqa: N815 — the same.
    endDate: str  # noqa: N815 — the same.


class ActiveDay(Answer):
    """How many profiles were active up to a day."""

    date: str
    users: Count


class ActiveUsers(Answer):
    """How many profiles were active up to each day."""

    window_days: int
    label: str
    series: list[ActiveDay]


class EdgeRow(Answer):
    """A page where sessions began or ended."""

    origin: str
    path: str
    sessions: Count
    pageviews: Count
    revenue: float


class SeoSignals(Answer):
    """What a page may do better, and what it does well."""

    high_bounce: bool
    low_engagement: bool
    good_landing_page: bool


class PerformanceRow(Answer):
    """How a page does; durations are in minutes."""

    origin: str
    path: str
    title: str
    sessions: Count
    pageviews: Count
    avg_duration: Amount
    bounce_rate: Percent
    seo_signals: SeoSignals


class PagePerformance(Answer):
    """Pages with what they may do better."""

    total_pages: Count
    shown: Count
    pages: list[PerformanceRow]


class EventProperties(Answer):
    """What can be asked about events."""

    columns: list[str]
    properties: list[dict[str, str]]


class PropertyValues(Answer):
    """Values of a property."""

    event: str
    property: str
    values: list[str]


class InsightsFunnelStep(Answer):
    """A step, and how many got there."""

    step: int
    eventName: str  # noqa: N815 — the same.
    users: Count
    conversionRateFromStart: Percent  # noqa: N815 — the same.
    dropoffPercent: Percent | None  # noqa: N815 — the same.
    isHighestDropoff: bool  # noqa: N815 — the same.


class Funnel(Answer):
    """Steps, and how many got how far."""

    steps: list[InsightsFunnelStep]
    totalUsers: Count  # noqa: N815 — the same.
    completedUsers: Count  # noqa: N815 — the same.
    overallConversionRate: Percent  # noqa: N815 — the same.


class RetentionWeek(Answer):
    """How many of a week came back in the next one."""

    date: str
    active_users: Count
    retained_users: Count
    retention: Percent


class RetentionCohortRow(Answer):
    """How many of a week came back, week after week; shares are from 0 to 1."""

    cohort_interval: str
    sum: Count
    values: list[Count]
    percentages: list[Annotated[float, Field(ge=0, le=1)]]


class Engagement(Answer):
    """How long ago people were last seen."""

    summary: dict[str, Count]
    distribution: list[dict[str, Count]]


class FlowNode(Answer):
    """An event at a step."""

    id: str
    label: str
    nodeColor: str  # noqa: N815 — the same.
    percentage: Percent
    value: Count
    step: int


class FlowLink(Answer):
    """How many went from one node to another."""

    source: str
    target: str
    value: Count


class UserFlow(Answer):
    """Which events follow which."""

    mode: str
    startEvent: str  # noqa: N815 — the same.
    endEvent: str | None  # noqa: N815 — the same.
    node_count: Count
    link_count: Count
    nodes: list[FlowNode]
    links: list[FlowLink]


class ProfileWithEvents(Answer):
    """A profile and its newest events."""

    profile: dict[str, Any]
    recentEvents: list[dict[str, Any]]  # noqa: N815 — the same.


class ProfileNumbers(Answer):
    """The numbers of a profile, of all time."""

    profileId: str  # noqa: N815 — the same.
    firstSeen: str  # noqa: N815 — the same.
    lastSeen: str  # noqa: N815 — the same.
    sessions: Count
    screenViews: Count  # noqa: N815 — the same.
    totalEvents: Count  # noqa: N815 — the same.
    conversionEvents: Count  # noqa: N815 — the same.
    uniqueDaysActive: Count  # noqa: N815 — the same.
    avgSessionDurationMin: Amount  # noqa: N815 — the same.
    p90SessionDurationMin: Amount  # noqa: N815 — the same.
    avgEventsPerSession: Amount  # noqa: N815 — the same.
    avgTimeBetweenSessionsSec: Amount  # noqa: N815 — the same.
    bounceRate: Percent  # noqa: N815 — the same.
    revenue: float


class GroupTypes(Answer):
    """The types that groups have."""

    types: list[str]


class GroupWithMembers(Answer):
    """A group and some of its members."""

    group: dict[str, Any]
    member_count: Count
    members: list[dict[str, Any]]
