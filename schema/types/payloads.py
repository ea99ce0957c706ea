"""What mutations answer: the thing made, or a problem that a caller can act on."""

from typing import Annotated, TypeAlias

import strawberry

from app.analytics.errors import (
    DomainError,
    InvalidQueryError,
    OverloadedError,
    PayloadTooLargeError,
)
from app.ingest.encoding import UnstorableEventError
from schema.definitions import interface_type, object_type
from schema.types.nodes import Event, Profile
from schema.types.people import Cohort


@interface_type
class Problem:
    """Why something was not done. Nothing of it was kept."""

    message: str = strawberry.field(description="One sentence for people.")


@object_type
class FieldProblem:
    """One wrong part of an input."""

    path: list[str] = strawberry.field(description="Where in the input it is.")
    message: str = strawberry.field(description="What is wrong there.")


@object_type
class InvalidInput(Problem):
    """The input can't be kept as it is."""

    fields: list[FieldProblem] = strawberry.field(description="Each wrong part.")


@object_type
class LimitExceeded(Problem):
    """There is no room for it now."""

    retry_after_seconds: int | None = strawberry.field(
        description="After how many seconds another try makes sense; null if it never does."
    )


@object_type
class TrackSuccess:
    """The event is stored for good."""

    event: Event = strawberry.field(description="The event.")
    duplicate: bool = strawberry.field(
        description="Whether it was there already, and was not stored again."
    )


@object_type
class RejectedEvent:
    """An event of a batch that was not kept."""

    index: int = strawberry.field(description="Its place in the batch, from 0.")
    problem: Problem = strawberry.field(description="Why not.")


@object_type
class TrackBatchSuccess:
    """Every event but the rejected ones is stored for good."""

    accepted: int = strawberry.field(description="How many events are stored, old ones included.")
    duplicates: int = strawberry.field(
        description="How many of these were there already, and were not stored again."
    )
    rejected: list[RejectedEvent] = strawberry.field(description="The others, in order.")


@object_type
class IdentifySuccess:
    """The profile as it is now."""

    profile: Profile = strawberry.field(description="The profile.")


@object_type
class NotFound(Problem):
    """What was to be changed is not there."""

    id: strawberry.ID = strawberry.field(description="The id that names nothing.")


@object_type
class CohortSuccess:
    """The cohort as it is now."""

    cohort: Cohort = strawberry.field(description="The cohort.")


@object_type
class DeleteCohortSuccess:
    """The cohort is gone."""

    deleted_id: strawberry.ID = strawberry.field(description="The id that it had.")


CohortPayload: TypeAlias = Annotated[
    CohortSuccess | InvalidInput | NotFound,
    strawberry.union("CohortPayload", description="How making or changing a cohort can end."),
]
DeleteCohortPayload: TypeAlias = Annotated[
    DeleteCohortSuccess | NotFound,
    strawberry.union("DeleteCohortPayload", description="How deleting a cohort can end."),
]
TrackPayload: TypeAlias = Annotated[
    TrackSuccess | InvalidInput | LimitExceeded,
    strawberry.union("TrackPayload", description="How tracking an event can end."),
]
TrackBatchPayload: TypeAlias = Annotated[
    TrackBatchSuccess | InvalidInput | LimitExceeded,
    strawberry.union("TrackBatchPayload", description="How tracking a batch can end."),
]
IdentifyPayload: TypeAlias = Annotated[
    IdentifySuccess | InvalidInput | LimitExceeded,
    strawberry.union("IdentifyPayload", description="How identifying a profile can end."),
]


def invalid_input(error: InvalidQueryError) -> InvalidInput:
    """The problem that the error is."""
    fields = [
        FieldProblem(path=[str(part) for part in issue.path], message=issue.message)
        for issue in error.issues
    ]
    return InvalidInput(message=error.message, fields=fields)


def problem_of(error: DomainError) -> InvalidInput | LimitExceeded | None:
    """The problem that the error is; None for one that is no expected outcome."""
    match error:
        case InvalidQueryError():
            return invalid_input(error)
        case UnstorableEventError():
            return InvalidInput(message=error.message, fields=[])
        case OverloadedError():
            return LimitExceeded(
                message=error.message, retry_after_seconds=error.retry_after_seconds
            )
        case PayloadTooLargeError():
            return LimitExceeded(message=error.message, retry_after_seconds=None)
        case _:
            return None
