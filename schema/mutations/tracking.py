"""Tracking events and identifying profiles."""

from collections.abc import Awaitable
from typing import Annotated, TypeVar

import strawberry

from app.analytics.errors import DomainError, ForbiddenError
from app.http.auth import Subjects, find_refusal
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.context import Info
from schema.definitions import object_type
from schema.inputs.tracking import (
    IdentifyInput,
    TrackBatchInput,
    TrackInput,
    batch_of,
    caller_of,
    identify_call,
    track_call,
)
from schema.query import find_project
from schema.types.nodes import event_node, profile_node
from schema.types.payloads import (
    IdentifyPayload,
    IdentifySuccess,
    InvalidInput,
    LimitExceeded,
    RejectedEvent,
    TrackBatchPayload,
    TrackBatchSuccess,
    TrackPayload,
    TrackSuccess,
    problem_of,
)

T = TypeVar("T")


@object_type
class TrackingMutations:
    """Changes of events and profiles."""

    @strawberry.mutation
    async def track(
        self,
        info: Info,
        told: Annotated[TrackInput, strawberry.argument(name="input", description="The event.")],
    ) -> TrackPayload | None:
        """Tracks one event. Needs WRITE_EVENTS."""
        project = await _writable(info, told.project_id)
        return await _outcome(_track(info, told, project))

    @strawberry.mutation
    async def track_batch(
        self,
        info: Info,
        told: Annotated[
            TrackBatchInput, strawberry.argument(name="input", description="The events.")
        ],
    ) -> TrackBatchPayload | None:
        """Tracks up to 100 events, each for itself: one that is wrong keeps out no other.

        Nothing is kept when an event names a project that may not be written to. Needs
        WRITE_EVENTS.
        """
        return await _outcome(_track_batch(info, told))

    @strawberry.mutation
    async def identify(
        self,
        info: Info,
        told: Annotated[
            IdentifyInput, strawberry.argument(name="input", description="What is known.")
        ],
    ) -> IdentifyPayload | None:
        """Tells something about a profile, which is made if it is new. Needs WRITE_EVENTS."""
        project = await _writable(info, told.project_id)
        return await _outcome(_identify(info, told, project))


async def _writable(info: Info, reference: str) -> Project:
    project = await find_project(info, reference)
    info.context.demand(Scope.WRITE_EVENTS)
    return project


async def _track(info: Info, told: TrackInput, project: Project) -> TrackSuccess:
    caller = caller_of(told, info.context.find_caller())
    call = track_call(told, project)
    await _check(info, project, Subjects((caller.ip, call.ip), (call.profile_id,)))
    tracked = await info.context.services.ingest.track(call, caller)
    return TrackSuccess(event=event_node(tracked.event, project), duplicate=tracked.is_duplicate)


async def _track_batch(info: Info, told: TrackBatchInput) -> TrackBatchSuccess:
    events = batch_of(told)
    references = dict.fromkeys(str(event.project_id) for event in events)
    projects = {one: await _writable(info, one) for one in references}
    made = TrackBatchSuccess(accepted=0, duplicates=0, rejected=[])
    for index, event in enumerate(events):
        outcome = await _outcome_in_batch(info, event, projects[str(event.project_id)])
        if isinstance(outcome, TrackSuccess):
            made.accepted += 1
            made.duplicates += outcome.duplicate
        else:
            made.rejected.append(RejectedEvent(index=index, problem=outcome))
    return made


async def _outcome_in_batch(
    info: Info, told: TrackInput, project: Project
) -> TrackSuccess | InvalidInput | LimitExceeded:
    """As of one event alone, but that the project's filters refuse no more than this one."""
    try:
        return await _outcome(_track(info, told, project))
    except ForbiddenError as error:
        return InvalidInput(message=error.message, fields=[])


async def _identify(info: Info, told: IdentifyInput, project: Project) -> IdentifySuccess:
    call = identify_call(told, project)
    caller = info.context.find_caller()
    await _check(info, project, Subjects((caller.ip,), (call.profile_id,)))
    profile = await info.context.services.ingest.identify(call, caller)
    return IdentifySuccess(profile=profile_node(profile, project))


async def _check(info: Info, project: Project, subjects: Subjects) -> None:
    """Raises ForbiddenError for what the project's filters refuse."""
    reason = await find_refusal(info.context.services, project, subjects)
    if reason is not None:
        raise ForbiddenError(reason)


async def _outcome(doing: Awaitable[T]) -> T | InvalidInput | LimitExceeded:
    """What was made, or the problem that kept it from being made."""
    try:
        return await doing
    except DomainError as error:
        problem = problem_of(error)
        if problem is None:
            raise
        return problem
