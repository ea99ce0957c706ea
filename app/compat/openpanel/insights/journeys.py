"""What people do one after the other, and again: funnel, user flow, retention, engagement."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from app.analytics.fields import COLUMNS, PROFILE_COLUMNS, HasProfile
from app.analytics.filters import All, Compare, Filter, Not, Operator
from app.analytics.filters import Any as AnyOf
from app.analytics.journey_results import (
    FunnelResult,
    PathLink,
    PathsResult,
    RetentionResult,
    conversions,
)
from app.analytics.journeys import (
    PER_PROFILE,
    PER_SESSION,
    FunnelQuery,
    FunnelStep,
    PathsQuery,
    RetentionCriterion,
    RetentionQuery,
    RetentionStart,
)
from app.analytics.metrics import named
from app.analytics.periods import HOUR_MS, Interval, WeekStart
from app.analytics.presence import LastSeenQuery
from app.analytics.ranges import Edge, Relative
from app.analytics.records import Json
from app.analytics.results import LastSeenResult
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.answer_wire import (
    Engagement,
    Funnel,
    RetentionCohortRow,
    RetentionWeek,
    UserFlow,
)
from app.compat.openpanel.encode import rounded
from app.compat.openpanel.insights.asking import range_of
from app.compat.openpanel.insights.dates import local_date
from app.compat.openpanel.insights.endpoint import Endpoint
from app.compat.openpanel.operations import RANGE
from app.http.operations import Parameter

_IDENTIFIED: Final = Compare(HasProfile(), Operator.EQUALS, (True,))
_LAST_WEEKS: Final = Relative(
    Edge(-11, Interval.WEEK, Interval.WEEK), Edge(1, Interval.DAY, Interval.DAY)
)
_PERIODS: Final = 11
_COLORS: Final = ("#2563eb", "#16a34a", "#d97706", "#db2777", "#7c3aed", "#0891b2", "#65a30d")
_TOP: Final = 3
_LEAST_SHARE: Final = 0.0025
_BRANCHES: Final = 50


async def funnel(asked: Admitted) -> Json:
    """How many sessions or profiles get how far through the steps."""
    params = asked.params
    steps = params.texts("steps")
    if not 2 <= len(steps) <= 10:
        params.fail("steps", message="Expected 2 to 10 steps")
    hours = params.whole("windowHours", least=1, most=720) or 24
    per = params.choice("groupBy", ("session_id", "profile_id"))
    query = FunnelQuery(
        project=asked.project.number,
        steps=tuple(FunnelStep(named(step), step) for step in steps),
        range=range_of(asked, "30d"),
        per=PER_PROFILE if per == "profile_id" else PER_SESSION,
        window_ms=hours * HOUR_MS,
    )
    params.check()
    return encode_funnel(await asked.services.reader.ask(query, asked.project))


def encode_funnel(result: FunnelResult) -> dict[str, Json]:
    """The steps, of which the one that loses the most is marked."""
    (group,) = result.groups
    counts = [step.count for step in group.steps]
    lost = [before - after for before, after in pairwise(counts)]
    worst = lost.index(max(lost)) if max(lost) > 0 else None
    steps: list[Json] = [
        {
            "step": place + 1,
            "eventName": step.label,
            "users": counts[place],
            "conversionRateFromStart": rounded(rate.from_start * 100),
            "dropoffPercent": rounded(100 * lost[place] / counts[place] if counts[place] else 0)
            if place < len(lost)
            else None,
            "isHighestDropoff": place == worst,
        }
        for place, (step, rate) in enumerate(
            zip(result.steps, conversions(group.steps), strict=True)
        )
    ]
    share = counts[-1] / counts[0] if counts[0] else 0
    return {
        "steps": steps,
        "totalUsers": counts[0],
        "completedUsers": counts[-1],
        "overallConversionRate": rounded(100 * share),
    }


async def retention(asked: Admitted) -> Json:
    """How many of those of each week come back in the next one."""
    query = RetentionQuery(
        project=asked.project.number,
        range=range_of(asked, "90d"),
        interval=Interval.WEEK,
        periods=1,
        filter=_IDENTIFIED,
        starting=RetentionStart.RECURRING,
        week_start=WeekStart.SUNDAY,
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    rows: list[Json] = []
    for cohort in result.groups[0].cohorts:
        retained = cohort.counts[1] if len(cohort.counts) > 1 else 0
        share = 100 * retained / cohort.size if cohort.size else 0
        rows.append(
            {
                "date": local_date(cohort.start, Interval.WEEK, result.zone)[:10],
                "active_users": cohort.size,
                "retained_users": retained,
                "retention": rounded(share),
            }
        )
    return rows


async def retention_cohort(asked: Admitted) -> Json:
    """How many of those who were new in each of twelve weeks are back, week after week."""
    asked.params.check()
    query = RetentionQuery(
        project=asked.project.number,
        range=_LAST_WEEKS,
        interval=Interval.WEEK,
        periods=_PERIODS,
        filter=_IDENTIFIED,
        starting=RetentionStart.FIRST_TIME,
        criterion=RetentionCriterion.ON_OR_AFTER,
        week_start=WeekStart.SUNDAY,
    )
    return encode_cohorts(await asked.services.reader.ask(query, asked.project))


def encode_cohorts(result: RetentionResult) -> list[Json]:
    """The average of all weeks, then a row for each; shares are from 0 to 1."""
    (group,) = result.groups
    longest = max((len(cohort.counts) for cohort in group.cohorts), default=0)
    totals = [
        sum(cohort.counts[place] for cohort in group.cohorts if place < len(cohort.counts))
        for place in range(longest)
    ]
    average: Json = {
        "cohort_interval": "Weighted Average",
        "sum": sum(cohort.size for cohort in group.cohorts),
        "values": [*totals],
        "percentages": [rounded(share) for share in group.average],
    }
    rows: list[Json] = [
        {
            "cohort_interval": local_date(cohort.start, Interval.WEEK, result.zone)[:10],
            "sum": cohort.size,
            "values": [*cohort.counts],
            "percentages": [
                rounded(count / cohort.size if cohort.size else 0) for count in cohort.counts
            ],
        }
        for cohort in group.cohorts
    ]
    return [average, *rows]


async def engagement(asked: Admitted) -> Json:
    """How long ago identified people were last seen."""
    asked.params.check()
    external = Compare(PROFILE_COLUMNS["is_external"], Operator.EQUALS, (True,))
    query = LastSeenQuery(project=asked.project.number, filter=external)
    return encode_engagement(await asked.services.reader.ask(query, asked.project))


def encode_engagement(result: LastSeenResult) -> dict[str, Json]:
    """People by days since they were last seen, alone and in spans of days."""

    def between(first: int, last: float) -> int:
        return sum(row.profiles for row in result.rows if first <= row.days <= last)

    return {
        "summary": {
            "total_identified_users": between(0, float("inf")),
            "active_last_7_days": between(0, 7),
            "active_8_to_14_days": between(8, 14),
            "active_15_to_30_days": between(15, 30),
            "inactive_31_to_60_days": between(31, 60),
            "churned_60_plus_days": between(61, float("inf")),
        },
        "distribution": [{"days": row.days, "users": row.profiles} for row in result.rows],
    }


@dataclass(frozen=True, slots=True)
class _Flow:
    """What was asked for, as the answer repeats it."""

    mode: str
    start: str
    end: str | None


async def user_flow(asked: Admitted) -> Json:
    """Which events follow which, after one event, before it, or between two."""
    params = asked.params
    start, end = params.text("startEvent"), params.text("endEvent")
    mode = params.choice("mode", ("after", "before", "between"))
    if start is None:
        params.fail("startEvent", message="Required")
    if mode == "between" and end is None:
        params.fail("endEvent", message="Required between two events")
    flow = _Flow(mode, start or "", end if mode == "between" else None)
    query = PathsQuery(
        project=asked.project.number,
        range=range_of(asked, "30d"),
        filter=_flow_filter(asked, flow),
        item=COLUMNS["name"],
        start=None if mode == "before" else named(flow.start),
        end=_flow_end(flow),
        steps=params.whole("steps", least=2, most=10) or 5,
        top=_BRANCHES,
    )
    params.check()
    return encode_flow(await asked.services.reader.ask(query, asked.project), flow)


def _flow_end(flow: _Flow) -> Filter | None:
    match flow.mode:
        case "before":
            return named(flow.start)
        case "between":
            return named(flow.end or "")
        case _:
            return None


def _flow_filter(asked: Admitted, flow: _Flow) -> Filter:
    excluded, included = asked.params.texts("exclude"), asked.params.texts("include")
    asked_for = (flow.start, *((flow.end,) if flow.end else ()))
    members: list[Filter] = []
    if excluded:
        is_excluded = Compare(COLUMNS["name"], Operator.EQUALS, excluded)
        is_asked_for = Compare(COLUMNS["name"], Operator.EQUALS, asked_for)
        members.append(AnyOf((Not(is_excluded), is_asked_for)))
    if included:
        wanted = (*included, *asked_for)
        members.append(Compare(COLUMNS["name"], Operator.EQUALS, wanted))
    return All(tuple(members))


def encode_flow(result: PathsResult, flow: _Flow) -> dict[str, Json]:
    """The nodes that paths begin with, and from each the most frequent ways on."""
    first = min((node.step for node in result.nodes), default=0)
    counts = {(node.step, str(node.item)): node.count for node in result.nodes}
    at_first = [node for node in result.nodes if node.step == first and node.item is not None]
    kept = [(first, str(node.item)) for node in at_first[:_TOP]]
    links = _ways_on(result, kept)
    nodes: list[Json] = [
        {
            "id": _node_id(step, name),
            "label": name,
            "nodeColor": _COLORS[(step - first) % len(_COLORS)],
            "percentage": rounded(100 * counts[step, name] / result.paths),
            "value": counts[step, name],
            "step": step - first + 1,
        }
        for step, name in kept
        if (step, name) in counts
    ]
    told = {"mode": flow.mode, "startEvent": flow.start, "endEvent": flow.end}
    size = {"node_count": len(nodes), "link_count": len(links)}
    return {**told, **size, "nodes": nodes, "links": [_link(link) for link in links]}


def _ways_on(result: PathsResult, kept: list[tuple[int, str]]) -> list[PathLink]:
    """The most frequent ways on from each place that is kept; where they lead is kept too."""
    links: list[PathLink] = []
    for place in kept:
        ways = [link for link in result.links if (link.step, str(link.source)) == place]
        chosen = [way for way in ways if way.target is not None][:_TOP]
        for way in chosen:
            if way.count < result.paths * _LEAST_SHARE:
                continue
            links.append(way)
            target = (way.step + 1, str(way.target))
            if target not in kept:
                kept.append(target)
    return links


def _link(link: PathLink) -> Json:
    return {
        "source": _node_id(link.step, str(link.source)),
        "target": _node_id(link.step + 1, str(link.target)),
        "value": link.count,
    }


def _node_id(step: int, name: str) -> str:
    return f"{name}::step{step}"


_FUNNEL: Final = (
    *RANGE,
    Parameter(
        name="steps",
        says="2 to 10 names of events.",
        kind=list[str],
        is_json=True,
        required=True,
        example=["screen_view", "sign_up"],
    ),
    Parameter(name="windowHours", says="1 to 720.", kind=int, default=24),
    Parameter(name="groupBy", says="`session_id` or `profile_id`.", default="session_id"),
)
_FLOW: Final = (
    *RANGE,
    Parameter(name="startEvent", says="The name of an event.", required=True),
    Parameter(name="endEvent", says="The name of an event; needed between two."),
    Parameter(name="mode", says="`after`, `before` or `between`.", default="after"),
    Parameter(name="steps", says="2 to 10.", kind=int, default=5),
    Parameter(name="exclude", says="Names to leave out, with commas between them."),
    Parameter(name="include", says="The only names to take, with commas between them."),
)

ENDPOINTS: Final = (
    Endpoint("funnel", funnel, "How many get how far through some steps", Funnel, _FUNNEL),
    Endpoint("user_flow", user_flow, "Which events follow which", UserFlow, _FLOW),
    Endpoint(
        "retention", retention, "Who of a week is back in the next", list[RetentionWeek], RANGE
    ),
    Endpoint(
        "retention/cohort",
        retention_cohort,
        "Who of the last twelve weeks is back, week after week",
        list[RetentionCohortRow],
        (),
    ),
    Endpoint("engagement", engagement, "How long ago people were last seen", Engagement, ()),
)
