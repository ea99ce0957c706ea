"""Stored questions come back as they were, from this version's form and from the first one."""

from datetime import date
from zoneinfo import ZoneInfo

import orjson
import pytest

from app.analytics.audiences import Audience, AudiencesQuery, SinceStart, Trailing
from app.analytics.codec import (
    Question,
    UnreadableQuestionError,
    decode,
    decode_question,
    encode,
)
from app.analytics.curves import Smoothed
from app.analytics.fields import COLUMNS, PROFILE_COLUMNS, ProfileProperty, Property
from app.analytics.filters import All, Any, Case, Compare, Not, Operator
from app.analytics.journeys import (
    Exclusion,
    FunnelOrder,
    FunnelQuery,
    FunnelStep,
    FunnelTrendQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.metrics import (
    BUILT_IN,
    EVENTS,
    Operation,
    named,
    narrowed,
    statistic_of,
    unique_of,
)
from app.analytics.periods import Interval, TimeRange, WeekStart
from app.analytics.queries import (
    After,
    BreakdownQuery,
    ByLabel,
    EventsQuery,
    Page,
    SeriesQuery,
    TotalsQuery,
)
from app.analytics.ranges import AllTime, AutoInterval, Between, PreviousPeriod, last_days
from app.analytics.records import Json
from app.analytics.thresholds import Relation, Threshold

CONDITION = All(
    (
        Compare(COLUMNS["country"], Operator.EQUALS, ("SE", "DE")),
        Any((Compare(Property("price"), Operator.AT_LEAST, (1.5, 2)), Not(named("a")))),
        Compare(PROFILE_COLUMNS["email"], Operator.ENDS_WITH, ("@x",), Case.INSENSITIVE),
        Compare(ProfileProperty("plan"), Operator.IS_EMPTY),
    )
)
SPENT = statistic_of(Operation.SUM, Property("price"), CONDITION)

QUESTIONS: list[Question] = [
    TotalsQuery(project=1, metrics=BUILT_IN, range=last_days(7), compare=PreviousPeriod.YEAR),
    SeriesQuery(
        project=7,
        metrics=(narrowed(EVENTS, CONDITION), SPENT, unique_of(COLUMNS["profile_id"])),
        range=Between(date(2025, 3, 1), 1_741_000_000_000, AllTime()),
        interval=AutoInterval(Interval.HOUR),
        breakdown=(COLUMNS["country"], Property("plan")),
        top=25,
        compare=TimeRange(1, 2),
        zone=ZoneInfo("Europe/Stockholm"),
        week_start=WeekStart.SUNDAY,
    ),
    BreakdownQuery(
        project=1, by=(PROFILE_COLUMNS["id"],), metrics=(EVENTS,), range=AllTime(), order=ByLabel(0)
    ),
    BreakdownQuery(
        project=1,
        by=(COLUMNS["path"],),
        metrics=(EVENTS,),
        range=last_days(7),
        having=(Threshold(0, Relation.AT_LEAST, 10),),
    ),
    EventsQuery(
        project=1,
        range=TimeRange(0, 9),
        after=After(1, "x"),
        page=Page(3, 4),
        columns=frozenset({"name", "created_at"}),
    ),
    FunnelQuery(
        project=1,
        steps=(FunnelStep(named("a"), "A"), FunnelStep(CONDITION)),
        range=last_days(14),
        order=FunnelOrder.ANY,
        exclusions=(Exclusion(named("x"), 0, 1),),
    ),
    FunnelTrendQuery(
        funnel=FunnelQuery(project=1, steps=(FunnelStep(named("a")),), range=last_days(14)),
        interval=Interval.WEEK,
        week_start=WeekStart.SUNDAY,
    ),
    RetentionQuery(project=1, range=last_days(14), interval=Interval.WEEK, start=named("a")),
    PathsQuery(project=1, range=last_days(14), end=named("z")),
    StickinessQuery(project=1, range=last_days(14), interval=Interval.DAY, at_least=2),
    LifecycleQuery(project=1, range=last_days(14), interval=Interval.MONTH),
    AudiencesQuery(
        project=1,
        audiences=(Audience(Trailing(30), named("a"), "A"), Audience(SinceStart())),
        range=last_days(14),
        interval=Interval.DAY,
        compare=PreviousPeriod.PERIOD,
    ),
    SeriesQuery(
        project=1,
        metrics=(EVENTS,),
        range=last_days(14),
        interval=Interval.DAY,
        curve=Smoothed(7),
    ),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: type(each).__name__)
def test_a_question_survives_being_stored(question: Question) -> None:
    stored = orjson.loads(orjson.dumps(encode(question)))
    assert decode_question(stored) == question


def test_the_first_form_stays_readable() -> None:
    stored: Json = {
        "version": 1,
        "value": {
            "is": "SeriesQuery",
            "project": 3,
            "metrics": [],
            "range": {
                "is": "Between",
                "start": {"is": "date", "of": "2025-03-01"},
                "end": None,
                "otherwise": {"is": "AllTime"},
            },
            "interval": {"is": "Interval", "of": "DAY"},
            "breakdown": [{"is": "Column", "name": "country"}, {"is": "Property", "key": "p"}],
        },
    }
    assert decode_question(stored) == SeriesQuery(
        project=3,
        metrics=(),
        range=Between(date(2025, 3, 1), None, AllTime()),
        interval=Interval.DAY,
        breakdown=(COLUMNS["country"], Property("p")),
    )


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {"version": 2, "value": None},
        {"version": 1, "value": {"is": "Nothing"}},
        {"version": 1, "value": {"is": "Between", "start": 1}},
        {"version": 1, "value": {"is": "Column", "name": "nothing"}},
        {"version": 1, "value": {"is": "zone", "of": "Mars/Olympus"}},
        {"version": 1, "value": {"kind": "SeriesQuery"}},
    ],
)
def test_what_is_unknown_is_refused(stored: Json) -> None:
    with pytest.raises(UnreadableQuestionError):
        decode(stored)


def test_a_part_is_not_taken_for_a_question() -> None:
    with pytest.raises(UnreadableQuestionError):
        decode_question(encode(CONDITION))


def test_only_parts_of_questions_are_stored() -> None:
    with pytest.raises(TypeError):
        encode(object())
