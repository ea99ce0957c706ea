"""What can be asked for: for pickers, and for programs that check before they ask."""

from typing import Annotated, Final

import strawberry

from app.analytics.catalog import Owner, PropertyKeysQuery
from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS
from app.analytics.filters import EVERYTHING
from app.analytics.metrics import BUILT_IN, EVENTS, is_additive, named
from app.analytics.queries import Limits as CoreLimits
from app.analytics.ranges import ANY_TIME
from app.projects.records import Project as ProjectRecord
from app.projects.scopes import Scope
from schema.analysis import Asked
from schema.context import Info
from schema.definitions import given, object_type
from schema.enums import EventField, MetricName, PropertyKind, PropertyScope, Unit, ValueType
from schema.inputs.dimensions import DimensionInput, column_of, field_of
from schema.inputs.ranges import RangeInput, range_of
from schema.paging import MAX_PAGE_SIZE
from schema.scalars import Long
from schema.types.analysis import DimensionValue

_CORE_LIMITS: Final = CoreLimits()

Search = Annotated[
    str | None,
    strawberry.argument(description="Only what contains this text, in capitals or not."),
]
Most = Annotated[int, strawberry.argument(description="How many to give, the most frequent first.")]


@object_type
class MetricInfo:
    """A metric that needs no field."""

    metric: MetricName = strawberry.field(description="The metric.")
    label: str = strawberry.field(description="How people call it.")
    unit: Unit = strawberry.field(description="What its numbers are.")
    additive: bool = strawberry.field(
        description="Whether the numbers of parts, such as days, add up to the one of the whole."
    )


@object_type
class DimensionInfo:
    """A field to filter and group by."""

    field: EventField = strawberry.field(description="The field.")
    label: str = strawberry.field(description="How people call it.")
    type: ValueType = strawberry.field(description="What its values are.")


@object_type
class PropertyKey:
    """The name of a property in use."""

    key: str = strawberry.field(description="The name.")
    count: Long = strawberry.field(description="How many events, profiles or groups have it.")
    kinds: list[PropertyKind] = strawberry.field(
        description="What its values are, the most frequent first; null is none."
    )


@object_type
class Limits:
    """How much one question may ask for."""

    max_page_size: int = strawberry.field(description="Rows of one slice of a list.")
    max_metrics: int = strawberry.field(description="Metrics of one question.")
    max_breakdowns: int = strawberry.field(description="Dimensions of one breakdown.")
    max_buckets: int = strawberry.field(description="Buckets of one series.")
    max_conditions: int = strawberry.field(description="Conditions in one filter.")
    max_depth: int = strawberry.field(description="Nesting of fields in one operation.")


@object_type
class Catalog:
    """What can be asked for: names and values for pickers."""

    project: strawberry.Private[ProjectRecord]

    @strawberry.field
    def metrics(self) -> list[MetricInfo]:
        """The metrics that need no field."""
        return [
            MetricInfo(
                metric=MetricName(metric.slug),
                label=metric.label,
                unit=Unit(metric.unit.value),
                additive=is_additive(metric),
            )
            for metric in BUILT_IN
        ]

    @strawberry.field
    def dimensions(self) -> list[DimensionInfo]:
        """The fields that events and sessions have."""
        return [
            DimensionInfo(
                field=field,
                label=column_of(field).label,
                type=ValueType(column_of(field).type.value),
            )
            for field in EventField
        ]

    @strawberry.field
    async def event_names(
        self, info: Info, search: Search = strawberry.UNSET, first: Most = 100
    ) -> list[str] | None:
        """The names of events that were seen."""
        found = await Asked(info.context, self.project).values(
            COLUMNS["name"],
            ANY_TIME,
            EVENTS,
            limit=_checked(first),
            search=given(search) or "",
        )
        return [one.value or "" for one in found]

    @strawberry.field
    async def property_keys(
        self,
        info: Info,
        scope: Annotated[
            PropertyScope, strawberry.argument(description="What the properties belong to.")
        ],
        event: Annotated[
            str | None, strawberry.argument(description="For EVENT: only of events of this name.")
        ] = strawberry.UNSET,
        search: Search = strawberry.UNSET,
        first: Most = 100,
    ) -> list[PropertyKey] | None:
        """The names of properties, of the outermost level, that were seen."""
        info.context.demand(Scope.READ_STATS)
        name = given(event)
        if name and scope is not PropertyScope.EVENT:
            message = f"Properties of a {scope.value} belong to no event."
            raise InvalidQueryError.at("event", message=message)
        query = PropertyKeysQuery(
            project=self.project.number,
            owner=Owner(scope.value),
            filter=named(name) if name else EVERYTHING,
            search=given(search) or "",
            limit=_checked(first),
        )
        answer = await info.context.services.reader.ask(query, self.project)
        return [
            PropertyKey(
                key=one.key,
                count=Long(one.count),
                kinds=[PropertyKind(kind.value) for kind in one.kinds],
            )
            for one in answer.keys
        ]

    @strawberry.field
    async def values(
        self,
        info: Info,
        dimension: Annotated[
            DimensionInput, strawberry.argument(description="Whose values are asked for.")
        ],
        span: Annotated[
            RangeInput | None,
            strawberry.argument(name="range", description="When; by default at any time."),
        ] = strawberry.UNSET,
        search: Search = strawberry.UNSET,
        first: Most = 50,
    ) -> list[DimensionValue] | None:
        """The values of a dimension that were seen, and in how many events."""
        asked = given(span)
        return await Asked(info.context, self.project).values(
            field_of(dimension, ("dimension",)),
            ANY_TIME if asked is None else range_of(asked),
            EVENTS,
            limit=_checked(first),
            search=given(search) or "",
        )


def limits_of(max_depth: int) -> Limits:
    """How much one question may ask for, with the configured depth of operations."""
    return Limits(
        max_page_size=MAX_PAGE_SIZE,
        max_metrics=_CORE_LIMITS.metrics,
        max_breakdowns=_CORE_LIMITS.breakdowns,
        max_buckets=_CORE_LIMITS.buckets,
        max_conditions=_CORE_LIMITS.filters,
        max_depth=max_depth,
    )


def _checked(first: int) -> int:
    if not 0 <= first <= MAX_PAGE_SIZE:
        message = f"Between 0 and {MAX_PAGE_SIZE} can be given."
        raise InvalidQueryError.at("first", message=message)
    return first
