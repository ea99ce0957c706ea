from zoneinfo import ZoneInfo

import pytest

from app.analytics.cohorts import Cohort, cohorts_in, with_members
from app.analytics.errors import InvalidQueryError, NotFoundError
from app.analytics.fields import COLUMNS, PROFILE_COLUMNS, Membership, ProfileProperty
from app.analytics.filters import All, Any, Compare, Filter, InCohort, Not, Operator, Performed
from app.analytics.metrics import named
from app.analytics.periods import TimeRange
from app.analytics.queries import BreakdownQuery
from app.analytics.ranges import ANY_TIME, last_days
from app.control.store import ControlStore
from app.kit.clock import FixedClock
from app.projects.cohorts import CohortDirectory
from app.projects.directory import ProjectDirectory
from tests.compat.openpanel.world import at

pytestmark = pytest.mark.anyio

PAYS = Compare(ProfileProperty("plan"), Operator.EQUALS, ("pro",))
BUYS = Performed(named("buy"), 3, Operator.AT_LEAST, last_days(30))
UTC = ZoneInfo("UTC")


@pytest.fixture
def directory(store: ControlStore) -> CohortDirectory:
    return CohortDirectory(store, FixedClock(1_000))


@pytest.fixture
async def project(store: ControlStore) -> int:
    made = await ProjectDirectory(store, FixedClock(0)).create_project("demo")
    return made.project.number


async def test_cohort_is_found_by_id_and_number(directory: CohortDirectory, project: int) -> None:
    condition = Any((PAYS, Not(BUYS)))
    made = await directory.create(project, "Friends", condition, "Who we like")
    assert made.cohort.condition == condition
    for reference in (made.cohort.id, str(made.number)):
        assert await directory.find(project, reference) == made
        assert await directory.named(project, [reference, "x"]) == {reference: made.cohort}
    assert await directory.find(project + 1, made.cohort.id) is None
    assert await directory.list_all(project) == [made]


async def test_cohort_changes_and_goes(directory: CohortDirectory, project: int) -> None:
    made = await directory.create(project, "Friends", PAYS)
    changed = await directory.change(project, made.cohort.id, "Buyers", BUYS)
    assert changed.cohort == Cohort(made.cohort.id, "Buyers", BUYS)
    await directory.delete(project, made.cohort.id)
    assert await directory.list_all(project) == []
    with pytest.raises(NotFoundError):
        await directory.delete(project, made.cohort.id)
    with pytest.raises(NotFoundError):
        await directory.change(project, made.cohort.id, "Buyers", BUYS)


WRONG: list[tuple[str, Filter]] = [
    ("", PAYS),
    ("x" * 201, PAYS),
    ("nothing", All()),
    ("an event's field", named("buy")),
    ("nested", InCohort("1")),
    ("nested deeper", Performed(InCohort("1"))),
    ("more than", Performed(named("buy"), 1, Operator.GREATER)),
    ("less than none", Performed(named("buy"), -1)),
    ("too much", Any((PAYS,) * 51)),
    ("too much of one", Performed(Any((named("buy"),) * 51))),
]


@pytest.mark.parametrize(("name", "condition"), WRONG)
async def test_what_can_not_be_a_cohort_is_refused(
    directory: CohortDirectory, project: int, name: str, condition: Filter
) -> None:
    with pytest.raises(InvalidQueryError):
        await directory.create(project, name, condition)


def asked(condition: Filter) -> BreakdownQuery:
    return BreakdownQuery(
        project=1, by=(Membership("7"),), metrics=(), range=last_days(7), filter=condition
    )


def test_cohorts_of_a_question_become_their_conditions() -> None:
    question = asked(Not(InCohort("8")))
    assert cohorts_in(question) == {"7", "8"}
    cohorts = {"7": Cohort("7", "Payers", PAYS), "8": Cohort("8", "Buyers", BUYS)}
    settled = with_members(question, cohorts, at("2025-03-03T12:00:00+00:00"), UTC)
    somebody = Not(Compare(COLUMNS["profile_id"], Operator.IS_EMPTY))
    span = TimeRange(at("2025-02-01T00:00:00+00:00"), at("2025-03-04T00:00:00+00:00"))
    buys = Performed(named("buy"), 3, Operator.AT_LEAST, span)
    assert settled.by == (Membership("7", "Payers", All((somebody, PAYS))),)
    assert settled.filter == Not(All((somebody, buys)))


def test_question_without_cohorts_stays_the_same_object() -> None:
    question = BreakdownQuery(
        project=1, by=(PROFILE_COLUMNS["email"],), metrics=(), range=ANY_TIME, filter=PAYS
    )
    assert with_members(question, {}, 0, UTC) is question


def test_unknown_cohort_is_named() -> None:
    question = asked(PAYS)
    with pytest.raises(InvalidQueryError, match="There is no cohort '7'"):
        with_members(question, {}, 0, UTC)
