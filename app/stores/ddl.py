"""The event store's definition in numbered versions.

A fresh store gets the newest definition at once, straight from the tables; a store of an
earlier version takes the steps that lead from there to the newest. A change of the tables
therefore always comes with a step.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import Column, Dialect, Integer, MetaData, Table
from sqlalchemy.schema import CreateTable

from app.analytics.sql.tables import METADATA
from app.stores.base import ConfigurationError, Row

Run: TypeAlias = Callable[[str], list[Row]]
"""Runs one statement of SQL on the writing connection."""

VERSION: Final = Table("schema_version", MetaData(), Column("version", Integer, nullable=False))

BASELINE: Final = 1
"""The version that the first release was born with."""


@dataclass(frozen=True, slots=True)
class Step:
    """What leads from version `number - 1` to `number`, in SQL that every engine reads."""

    number: int
    statements: tuple[str, ...]


_GROUPS: Final = (
    "CREATE TABLE IF NOT EXISTS groups (project INTEGER NOT NULL, id TEXT NOT NULL, "
    "type TEXT NOT NULL, name TEXT NOT NULL, properties TEXT NOT NULL, sequence BIGINT NOT NULL)"
)

_OPENING_PROPERTIES: Final = (
    "UPDATE sessions SET opening_properties = e.properties FROM events AS e "
    "WHERE e.position = sessions.opening_position"
)

# Starts of sessions are stored 2^18 behind the session's first arrival.
_START_PROPERTIES: Final = (
    "UPDATE events SET properties = s.opening_properties FROM sessions AS s "
    "WHERE events.position = s.anchor_position + 262144"
)

STEPS: Final = (
    Step(2, ("CREATE TABLE IF NOT EXISTS closed_sessions (ended_before BIGINT NOT NULL)",)),
    Step(3, (_GROUPS,)),
    # Engines that look profiles up by an index make it.
    Step(4, ()),
    Step(
        5,
        (
            "ALTER TABLE sessions ADD COLUMN opening_properties TEXT DEFAULT '{}'",
            _OPENING_PROPERTIES,
            _START_PROPERTIES,
        ),
    ),
)


def migrate(
    run: Run, dialect: Dialect, indexes: Sequence[str], steps: Sequence[Step] = STEPS
) -> None:
    """Brings the store to the newest version; inside the caller's transaction.

    `indexes` are statements that make what is missing.

    Raises ConfigurationError when the store comes from a newer Rosetta.
    """
    newest = steps[-1].number if steps else BASELINE
    run(_create(VERSION, dialect))
    found = run("SELECT max(version) FROM schema_version")[0][0]
    if found is None:
        for table in METADATA.sorted_tables:
            run(_create(table, dialect))
        for index in indexes:
            run(index)
        run(f"INSERT INTO schema_version VALUES ({newest})")  # noqa: S608 — a number of ours.
        return
    if not isinstance(found, int) or found > newest:
        raise ConfigurationError(
            f"The event store has version {found}, but this Rosetta knows versions up to {newest}; "
            "use the newer Rosetta that wrote it."
        )
    for step in steps:
        if step.number > found:
            for statement in step.statements:
                run(statement)
            run(f"INSERT INTO schema_version VALUES ({step.number})")  # noqa: S608 — the same.
    if newest > found:
        for index in indexes:
            run(index)


def _create(table: Table, dialect: Dialect) -> str:
    return str(CreateTable(table, if_not_exists=True).compile(dialect=dialect))
