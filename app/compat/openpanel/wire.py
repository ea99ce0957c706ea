"""What clients send as JSON inside query strings."""

from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.analytics.records import Json
from app.compat.openpanel.params import INVALID_ENUM, Params

MOST_VALUES = 500

Operator: TypeAlias = Literal[
    "is",
    "isNot",
    "contains",
    "doesNotContain",
    "startsWith",
    "endsWith",
    "regex",
    "isNull",
    "isNotNull",
    "gt",
    "gte",
    "lt",
    "lte",
    "inCohort",
    "notInCohort",
]

ValueKind: TypeAlias = Literal["string", "number", "date", "datetime", "boolean"]

WireValue: TypeAlias = str | int | float | bool | None


def _as_list(value: object) -> object:
    """A lone value is as good as a list of one."""
    return [value] if isinstance(value, str | int | float) else value


CohortId: TypeAlias = Annotated[
    str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)
]
"""The id of a cohort, or its number."""


class WireFilter(BaseModel):
    """One condition. `type` tells what both sides are compared as.

    Only conditions about cohorts, which `cohortIds` names, need no `name`.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: Annotated[str, Field(max_length=300)] = ""
    operator: Operator
    value: Annotated[list[WireValue], BeforeValidator(_as_list), Field(max_length=MOST_VALUES)] = []
    type: ValueKind | None = None
    cohort_ids: Annotated[list[CohortId], Field(alias="cohortIds", max_length=50)] = []
    cohort_id: Annotated[CohortId | None, Field(alias="cohortId")] = None


Model = TypeVar("Model", bound=BaseModel)


def wire_filters(params: Params) -> list[tuple[int, WireFilter]]:
    """The valid filters of a request, each with its place; the others become issues."""
    members = enumerate(params.objects("filters"))
    read = (
        (place, read_model(WireFilter, each, params, "filters", place)) for place, each in members
    )
    return [(place, wire) for place, wire in read if wire is not None]


def read_model(model: type[Model], member: Json, params: Params, *path: str | int) -> Model | None:
    """The member as the model; what is wrong with it becomes issues under `path`."""
    try:
        return model.model_validate(member)
    except ValidationError as error:
        _note(params, path, error)
        return None


def _note(params: Params, path: tuple[str | int, ...], error: ValidationError) -> None:
    noted: set[tuple[str | int, ...]] = set()
    for details in error.errors(include_url=False, include_context=False, include_input=False):
        # A union tells once per member that a value is none of it; callers need it once.
        place = tuple(details["loc"][:2])
        if place in noted:
            continue
        noted.add(place)
        is_enum = details["type"] == "literal_error"
        params.fail(*path, *place, message=INVALID_ENUM if is_enum else details["msg"])


def is_storable(value: Json) -> bool:
    """Whether every store can compare with the value."""
    return not (isinstance(value, str) and "\0" in value)
