"""Groups and cohorts: profiles that belong together."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

import strawberry

from app.analytics import records
from app.analytics.codec import encode
from app.analytics.fields import COLUMNS, GROUP_COLUMNS
from app.analytics.filters import Compare, Filter, InCohort, Operator
from app.analytics.periods import EPOCH
from app.projects.cohorts import StoredCohort
from app.projects.groups import GroupPage
from app.projects.groups import Walk as ControlWalk
from app.projects.records import Project as ProjectRecord
from app.projects.scopes import Scope
from schema.analysis import Asked
from schema.context import Context, Info
from schema.definitions import given, object_type
from schema.ids import GlobalId, own_id
from schema.paging import AfterCursor, BeforeCursor, First, Last, Slicing
from schema.scalars import Json, Long
from schema.types.connections import (
    Connection,
    Node,
    Row,
    connection_by_number,
    connection_of,
    slice_of,
)
from schema.types.nodes import Profile, profile_node
from schema.types.properties import (
    PropertyKeyArgument,
    PropertyKeys,
    properties_of,
    property_of,
)

_PAGE = 50

IdArgument = Annotated[
    strawberry.ID, strawberry.argument(name="id", description="Its own id or its global one.")
]


@object_type
class Group(Node):
    """Profiles that belong together, such as those of one company."""

    project: strawberry.Private[ProjectRecord]
    held: strawberry.Private[dict[str, records.Json]]
    group_id: str = strawberry.field(description="The group's own id in its project.")
    type: str = strawberry.field(description="What kind of group it is, such as company.")
    name: str = strawberry.field(description="How people call it.")
    created_at: datetime = strawberry.field(description="When it was first told of.")
    updated_at: datetime = strawberry.field(description="When it was last told of.")

    @strawberry.field
    def properties(self, keys: PropertyKeys = strawberry.UNSET) -> Json:
        """What else is known of the group, as a JSON object."""
        return properties_of(self.held, keys)

    @strawberry.field
    def property(self, key: PropertyKeyArgument) -> Json | None:
        """One property, with the JSON type that it came with."""
        return property_of(self.held, key)

    @strawberry.field
    async def profiles(
        self, info: Info, first: First = strawberry.UNSET, after: AfterCursor = strawberry.UNSET
    ) -> Connection[Profile] | None:
        """The profiles with events of the group, by id. 50 by default; cursors are places."""
        condition = Compare(GROUP_COLUMNS["id"], Operator.EQUALS, (self.group_id,))
        return await _profiles_of(info.context, self.project, condition, Slicing(first, after))


@object_type
class Cohort(Node):
    """Profiles with something in common, told by a condition; who belongs to it may change."""

    project: strawberry.Private[ProjectRecord]
    cohort_id: str = strawberry.field(description="The cohort's own id in its project.")
    number: int = strawberry.field(description="The whole number that names the same cohort.")
    name: str = strawberry.field(description="How people call it.")
    description: str = strawberry.field(description="What people say about it.")
    definition: Json = strawberry.field(description="Its condition, in the form that it is kept.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @strawberry.field
    async def size(self, info: Info) -> Long | None:
        """How many profiles with any event are members now."""
        return Long(await Asked(info.context, self.project).profiles(InCohort(self.cohort_id)))

    @strawberry.field
    async def profiles(
        self, info: Info, first: First = strawberry.UNSET, after: AfterCursor = strawberry.UNSET
    ) -> Connection[Profile] | None:
        """The members with any event, by id. 50 by default; cursors are places."""
        condition = InCohort(self.cohort_id)
        return await _profiles_of(info.context, self.project, condition, Slicing(first, after))


@object_type
class People:
    """The groups and cohorts of a project."""

    record: strawberry.Private[ProjectRecord]

    @strawberry.field
    async def groups(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        kind: Annotated[
            str | None, strawberry.argument(name="type", description="Only groups of this type.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: BeforeCursor = strawberry.UNSET,
    ) -> Connection[Group] | None:
        """The groups, by id. 50 by default."""
        slicing = Slicing(first, after, last, before)
        return await _list_groups(info.context, self.record, given(kind), slicing)

    @strawberry.field
    async def group(self, info: Info, group_id: IdArgument) -> Group | None:
        """The group with that id; null when there is none."""
        own = own_id(group_id, "Group", self.record.number)
        return await find_group(info.context, self.record, own)

    @strawberry.field
    async def cohorts(
        self, info: Info, first: First = strawberry.UNSET, after: AfterCursor = strawberry.UNSET
    ) -> Connection[Cohort] | None:
        """The cohorts, the oldest first. 50 by default."""
        info.context.demand(Scope.READ_STATS)
        window = Slicing(first, after).window(_PAGE, (int,))
        found = await info.context.services.cohorts.list_all(self.record.number)
        show = partial(cohort_node, project=self.record)
        return connection_by_number(found, window, lambda one: one.number, show)

    @strawberry.field
    async def cohort(self, info: Info, cohort_id: IdArgument) -> Cohort | None:
        """The cohort with that id or number; null when there is none."""
        own = own_id(cohort_id, "Cohort", self.record.number)
        return await find_cohort(info.context, self.record, own)


async def find_group(context: Context, project: ProjectRecord, group_id: str) -> Group | None:
    """The group with that id of its own."""
    context.demand(Scope.READ_PROFILES)
    found = await context.services.groups.find(project.number, group_id)
    return None if found is None else group_node(found, project)


async def find_cohort(context: Context, project: ProjectRecord, reference: str) -> Cohort | None:
    """The cohort with that id of its own, or its number."""
    context.demand(Scope.READ_STATS)
    found = await context.services.cohorts.find(project.number, reference)
    return None if found is None else cohort_node(found, project)


def group_node(group: records.Group, project: ProjectRecord) -> Group:
    """The group as the schema shows it."""
    return Group(
        id=strawberry.ID(str(GlobalId("Group", project.number, group.id))),
        project=project,
        held=dict(group.properties),
        group_id=group.id,
        type=group.type,
        name=group.name,
        created_at=EPOCH + timedelta(milliseconds=group.created_at),
        updated_at=EPOCH + timedelta(milliseconds=group.updated_at),
    )


def cohort_node(stored: StoredCohort, project: ProjectRecord) -> Cohort:
    """The cohort as the schema shows it."""
    return Cohort(
        id=strawberry.ID(str(GlobalId("Cohort", project.number, stored.cohort.id))),
        project=project,
        cohort_id=stored.cohort.id,
        number=stored.number,
        name=stored.cohort.name,
        description=stored.description,
        definition=Json(encode(stored.cohort.condition)),
        created_at=EPOCH + timedelta(milliseconds=stored.created_at),
        updated_at=EPOCH + timedelta(milliseconds=stored.updated_at),
    )


async def _list_groups(
    context: Context, project: ProjectRecord, kind: str | None, slicing: Slicing
) -> Connection[Group]:
    context.demand(Scope.READ_PROFILES)
    window = slicing.window(_PAGE, (str,))
    directory = context.services.groups
    # One more than asked for, which tells whether there are others.
    page = GroupPage(
        limit=window.limit + 1,
        type=kind,
        after=str(window.key[0]) if window.key else None,
        walk=ControlWalk[window.walk.name],
    )
    found = await directory.page(project.number, page)
    has_more = len(found) > window.limit
    is_forward = page.walk is ControlWalk.FORWARD
    shown = found[: window.limit] if is_forward else found[max(0, len(found) - window.limit) :]
    rows = [Row(group_node(one, project), (one.id,)) for one in shown]
    return connection_of(
        slice_of(rows), window, lambda: directory.count(project.number, kind), has_more=has_more
    )


async def _profiles_of(
    context: Context, project: ProjectRecord, condition: Filter, slicing: Slicing
) -> Connection[Profile]:
    context.demand(Scope.READ_PROFILES)
    window = slicing.window(_PAGE, (int,))
    offset = int(window.key[0] or 0) if window.key else 0
    asked = Asked(context, project)
    ids, total = await asked.ranked(COLUMNS["profile_id"], condition, window.limit, offset)
    known = await context.services.profiles.get_many(project.number, ids)
    rows = [
        Row(profile_node(known[id_], project), (offset + place,))
        for place, id_ in enumerate(ids, 1)
        if id_ in known
    ]
    has_more = offset + len(ids) < total

    async def count() -> int:
        return total

    return connection_of(slice_of(rows), window, count, has_more=has_more)
