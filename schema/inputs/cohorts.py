"""Cohorts as they are told."""

import strawberry

from schema.definitions import input_type
from schema.inputs.filters import EventFilterInput


@input_type
class CreateCohortInput:
    """A new cohort."""

    project_id: strawberry.ID = strawberry.field(description="The project's slug, number or id.")
    name: str = strawberry.field(description="How people call it.")
    members: EventFilterInput = strawberry.field(
        description="What makes a profile a member: conditions on its own fields, and what it did."
    )
    description: str = strawberry.field(default="", description="What people say about it.")


@input_type
class UpdateCohortInput:
    """What a cohort is from now on; what is left out stays."""

    id: strawberry.ID = strawberry.field(description="The cohort's id, as answers hold it.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="How people call it.")
    members: EventFilterInput | None = strawberry.field(
        default=strawberry.UNSET, description="What makes a profile a member."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="What people say about it."
    )


@input_type
class DeleteCohortInput:
    """Which cohort is to go."""

    id: strawberry.ID = strawberry.field(description="The cohort's id, as answers hold it.")
