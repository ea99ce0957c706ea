"""Events as columns: the same facts, in the types of the table that takes them."""

from dataclasses import replace

from sqlalchemy import BigInteger, Double, Integer, Text

from app.analytics.event_row import event_row
from app.analytics.records import Event
from app.analytics.sql.tables import EVENTS
from app.stores.arrow import event_table, joined_tables, read_event_table

TYPES: dict[type[object], str] = {
    Integer: "int32",
    BigInteger: "int64",
    Double: "double",
    Text: "string",
}

PLAIN = Event(project=1, id="a", name="click", created_at=5, received_at=6, position=7)
ROWS = [
    event_row(PLAIN),
    event_row(replace(PLAIN, profile_id="ann", longitude=13.19, groups=("acme", "\U0001f600"))),
    event_row(replace(PLAIN, project=2, profile_id="", properties={"plan": ["pro", 1.5]})),
    event_row(replace(PLAIN, imported_at=8, profile_id="ann", device_id="d1", revenue=-3)),
]


def test_columns_have_the_names_and_types_of_the_table() -> None:
    found = {field.name: str(field.type) for field in event_table([]).held.schema}
    assert found == {column.name: TYPES[type(column.type)] for column in EVENTS.columns}


def test_rows_come_back_as_they_were() -> None:
    packed = event_table(ROWS).to_bytes()
    table = joined_tables([read_event_table(packed), event_table([])])
    assert len(table) == len(ROWS)
    assert [row for part in table.parts() for row in part] == ROWS
    chosen = table.at([3, 0]).replaced("session_id", ["s", None])
    expected = [ROWS[3]._replace(session_id="s"), ROWS[0]]
    assert [row for part in chosen.parts() for row in part] == expected


def test_named_profiles_and_tracked_events_are_found() -> None:
    table = event_table(ROWS)
    assert table.projects() == {1, 2}
    assert table.named() == {(1, "ann"), (2, "")}
    assert [row for part in table.tracked().parts() for row in part] == ROWS[:3]
    assert len(event_table(ROWS[3:]).tracked()) == 0
