"""The raw engine: the statements of a question, run on the same file without the server."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import create_engine

from app.analytics import runner
from app.analytics.queries import Moment, Query
from app.analytics.sql.build import Prepared, Statement
from app.analytics.sql.engines.duckdb import CAPABILITIES
from app.analytics.sql.kept import parts_of
from app.stores.duckdb import spare_searches


@dataclass(frozen=True, slots=True)
class RawStatement:
    """SQL text and its parameters, ready for the engine."""

    sql: str
    parameters: Sequence[Any]


class RawEngine:
    """Answers questions with nothing around the engine."""

    def __init__(self, file: Path) -> None:
        # As in the server, or binding parameters would take longer than some statements.
        spare_searches()
        self.database = duckdb.connect(str(file), read_only=True)
        self._dialect = create_engine("duckdb:///:memory:").dialect

    def statements_of(self, query: Query, moment: Moment) -> list[RawStatement]:
        """All statements that the question takes, in order."""
        steps: Any = runner.answer(query, replace(moment, engine=CAPABILITIES))
        collected: list[RawStatement] = []
        try:
            statements = next(steps)
            while True:
                raw = [self._raw(statement) for statement in statements]
                collected += raw
                statements = steps.send([self._run(statement) for statement in raw])
        except StopIteration:
            return collected

    def run_all(self, statements: Sequence[RawStatement]) -> None:
        """Runs the statements one after another and fetches their rows."""
        for statement in statements:
            self._run(statement)

    def close(self) -> None:
        """Lets go of the file."""
        self.database.close()

    def _run(self, statement: RawStatement) -> list[Any]:
        return self.database.execute(statement.sql, list(statement.parameters)).fetchall()

    def _raw(self, asked: Statement | Prepared) -> RawStatement:
        statement, values = parts_of(asked)
        compiled: Any = statement.compile(dialect=self._dialect)
        expanded = compiled.construct_expanded_state(values)
        return RawStatement(expanded.statement, expanded.positional_parameters)
