"""The schema itself, built once per process.

Trap: Strawberry keeps parts of a schema on the types that it is made of. A second one over
the same types would change the first.
"""

from collections.abc import Iterator
from functools import cache

import strawberry
import structlog
from graphql import GraphQLError, GraphQLInputObjectType, GraphQLSchema
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext

from schema.context import Context
from schema.errors import is_ours
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.types.nodes import Event, Profile, Session

_log = structlog.get_logger("rosetta.graphql")


class Schema(strawberry.Schema):
    """The schema, logging what is the server's fault and nothing else."""

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The same schema as the library below knows it."""
        return self._schema

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Logs each unexpected error once, under the id that the caller is told."""
        context = execution_context.context if execution_context else None
        request_id = context.request_id if isinstance(context, Context) else None
        for error in errors:
            if not is_ours(error):
                _log.error(
                    "A field failed unexpectedly.",
                    request_id=request_id,
                    path=error.path,
                    error=type(error.original_error).__name__,
                    exc_info=error.original_error,
                )


class _Prepared(SchemaExtension):
    """Takes over the document that was read and validated before."""

    def on_parse(self) -> Iterator[None]:
        """Skips parsing and validation where both have been done."""
        document = self.execution_context.context.document
        if document is not None:
            self.execution_context.graphql_document = document.tree
            # Trap: None would mean that nobody has validated yet.
            self.execution_context.pre_execution_errors = []
        yield


@cache
def build_schema() -> Schema:
    """The one schema of this process."""
    schema = Schema(
        query=Query,
        mutation=Mutation,
        types=[Event, Profile, Session],
        extensions=[_Prepared],
        config=StrawberryConfig(scalar_map=SCALARS),
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
