"""Cohorts: profiles with something in common, told by a condition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import (
    COLUMNS,
    Membership,
    Memberships,
    ProfileColumn,
    ProfileProperty,
    base_of,
)
from app.analytics.filters import (
    All,
    Any,
    Compare,
    Filter,
    InCohort,
    Not,
    Operator,
    Performed,
    leaves,
    simplified,
)
from app.analytics.periods import TimeRange, WeekStart
from app.analytics.ranges import ANY_TIME, AllTime, resolve_range
from app.kit.trees import nodes_of, rebuilt

Question = TypeVar("Question")

MOST_COHORTS: Final = 50
"""How many cohorts a question can be broken down by at once."""

MOST_CONDITIONS = 50
"""How many comparisons and performances one cohort may be made of."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort of a project: its members are the profiles that meet `condition`.

    The condition is made of comparisons with fields of profiles, and of `Performed`.
    """

    id: str
    name: str
    condition: Filter


_UNSETTLED: Final = (InCohort, Membership, Memberships, Performed)
_SOMEBODY = Not(Compare(COLUMNS["profile_id"], Operator.IS_EMPTY))


def cohorts_in(question: object) -> frozenset[str]:
    """The ids of the cohorts that the question mentions anywhere."""
    return frozenset(
        node.cohort for node in nodes_of(question) if isinstance(node, InCohort | Membership)
    )


def asks_for_all(question: object) -> bool:
    """Whether the question is about every cohort that the project has."""
    return any(isinstance(node, Memberships) and not node.cohorts for node in nodes_of(question))


def with_members(
    question: Question, cohorts: Mapping[str, Cohort], now: int, zone: ZoneInfo
) -> Question:
    """The question with each cohort replaced by its condition, and ranges of deeds resolved.

    Raises InvalidQueryError for a cohort that isn't among those given.
    """

    def settled(node: object) -> object:
        match node:
            case InCohort(cohort):
                return rebuilt(_members(cohort, cohorts), settled)
            case Membership(cohort, condition=None):
                found = _members(cohort, cohorts)
                return Membership(cohort, cohorts[cohort].name, rebuilt(found, settled))
            case Memberships(()) if cohorts:
                every = dict.fromkeys(cohort.id for cohort in cohorts.values())
                return rebuilt(Memberships(tuple(map(Membership, every))), settled)
            case Memberships(members):
                return Memberships(_by_label(members))
            case Performed(range=TimeRange()):
                return node
            case Performed(range=AllTime()):
                return replace(node, range=ANY_TIME)
            case Performed():
                return replace(node, range=resolve_range(node.range, now, zone, WeekStart.MONDAY))
            case _:
                return node

    if not any(isinstance(node, _UNSETTLED) for node in nodes_of(question)):
        return question
    return rebuilt(question, settled)


def _by_label(members: tuple[Membership, ...]) -> tuple[Membership, ...]:
    """The cohorts in the order of their names; those of one name are one."""
    if len(members) > MOST_COHORTS:
        message = f"At most {MOST_COHORTS} cohorts can stand beside each other; name some."
        raise InvalidQueryError.at("cohort", message=message)
    found: dict[str, Membership] = {}
    for member in sorted(members, key=lambda each: each.label):
        same = found.get(member.label)
        conditions = [each.condition for each in (same, member) if each and each.condition]
        found[member.label] = Membership(
            same.cohort if same else member.cohort, member.title, simplified(Any((*conditions,)))
        )
    return tuple(found.values())


def _members(cohort: str, cohorts: Mapping[str, Cohort]) -> Filter:
    found = cohorts.get(cohort)
    if found is None:
        raise InvalidQueryError.at("cohort", message=f"There is no cohort {cohort!r}.")
    return All((_SOMEBODY, found.condition))


def check_cohort(condition: Filter) -> None:
    """Raises InvalidQueryError for a condition that can't be a cohort's."""
    parts = list(_parts(condition))
    if not 1 <= len(parts) <= MOST_CONDITIONS:
        message = f"A cohort is made of 1 to {MOST_CONDITIONS} conditions."
        raise InvalidQueryError.at("definition", message=message)
    for part in parts:
        match part:
            case Compare(field) if not isinstance(base_of(field), ProfileColumn | ProfileProperty):
                message = f"{field.name} is no field of profiles."
                raise InvalidQueryError.at("definition", message=message)
            case Performed():
                _check_deed(part)
            case Compare():
                pass
            case _:
                raise InvalidQueryError.at("definition", message="Cohorts can't be nested.")


def _parts(condition: Filter) -> Iterator[Filter]:
    match condition:
        case All(members) | Any(members):
            for member in members:
                yield from _parts(member)
        case Not(member):
            yield from _parts(member)
        case _:
            yield condition


def _check_deed(deed: Performed) -> None:
    if deed.operator not in (Operator.EQUALS, Operator.AT_LEAST, Operator.AT_MOST):
        message = "How often is told by exactly, at least or at most."
        raise InvalidQueryError.at("definition", message=message)
    if not 0 <= deed.count <= 1_000_000:
        raise InvalidQueryError.at("definition", message="How often is a number up to a million.")
    if any(isinstance(node, _UNSETTLED) for node in nodes_of(deed.condition)):
        raise InvalidQueryError.at("definition", message="Cohorts can't be nested.")
    if sum(1 for _ in leaves(deed.condition)) > MOST_CONDITIONS:
        message = f"A deed is told by at most {MOST_CONDITIONS} conditions."
        raise InvalidQueryError.at("definition", message=message)
