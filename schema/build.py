"""The schema itself, built once per process.

Trap: Strawberry keeps parts of a schema on the types that it is made of. A second one over
the same types would change the first.
"""

from functools import cache

import strawberry
from graphql import GraphQLInputObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter

from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription
from schema.types.exports import Export
from schema.types.nodes import Event, Profile, Session
from schema.types.people import Cohort, Group
from schema.types.saved import Dashboard, Insight


class Schema(strawberry.Schema):
    """The schema, also as the library below knows it."""

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The same schema as the library below knows it."""
        return self._schema


@cache
def build_schema() -> Schema:
    """The one schema of this process."""
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Event, Profile, Session, Group, Cohort, Insight, Dashboard, Export],
        config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
    )
    _mark_choices(schema.graphql_schema)
    return schema


def _mark_choices(schema: GraphQLSchema) -> None:
    """Tells the library below which inputs are choices.

    Strawberry knows it without saying so: neither introspection nor validation would.
    """
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            definition = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
            kind.is_one_of = bool(definition.is_one_of)


def sdl() -> str:
    """The schema in its definition language, ending with a line break."""
    return build_schema().as_str().rstrip("\n") + "\n"
