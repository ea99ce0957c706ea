"""Events of a portion that stay packed until they are needed, and then come part by part.

Unpacked they take thrice the memory. Most of what they hold nobody asks for before it is
stored, so that unpacking what is needed twice costs less than keeping it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from app.analytics.event_row import EventRow
from app.analytics.sessions import OPENING_FACTS
from app.ingest.encoding import decode_batch, decode_table, holds_columns
from app.ingest.journal import Batch
from app.ingest.owners import owned_table
from app.projects.own_ids import Named
from app.stores.arrow import EventTable, compute, event_table, joined_tables

_FACTS: Final = (*OPENING_FACTS, "properties")


@dataclass(frozen=True, slots=True)
class PackedEvents:
    """The events of these batches, under the profiles' own ids of `roots`."""

    batches: Sequence[Batch]
    roots: Mapping[Named, str]

    def read(self, names: Sequence[str]) -> EventTable:
        """These columns of all events."""
        table = joined_tables([_table_of(batch, names) for batch in self.batches])
        return owned_table(table, self.roots) if self.roots and "profile_id" in names else table

    def parts(self) -> Iterator[EventTable]:
        """The events batch by batch."""
        for batch in self.batches:
            table = _table_of(batch)
            yield owned_table(table, self.roots) if self.roots else table

    def tracked(self) -> Iterator[EventRow]:
        """The events that were not imported."""
        for batch in self.batches:
            if len(_table_of(batch, ("imported_at",)).tracked()):
                table = PackedEvents((batch,), self.roots)
                yield from (row for part in table.parts() for row in part.tracked().rows())

    def facts(self, places: Any) -> Any:  # noqa: ANN401 — Arrow has no types.
        """What sessions take from the events at these places, in their order."""
        order = compute.array_sort_indices(places)
        asked: list[int] = places.take(order).to_pylist()
        ends = list(accumulate(batch.rows for batch in self.batches))
        found: list[EventTable] = []
        for batch, end in zip(self.batches, ends, strict=True):
            start = end - batch.rows
            members = asked[bisect_left(asked, start) : bisect_left(asked, end)]
            if members or not found:
                found.append(_table_of(batch, _FACTS).at([place - start for place in members]))
        return joined_tables(found).at(compute.array_sort_indices(order)).held


def _table_of(batch: Batch, names: Sequence[str] | None = None) -> EventTable:
    if holds_columns(batch.blob):
        return decode_table(batch.blob, batch.position, names)
    table = event_table(decode_batch(batch.blob, batch.position))
    if names is None:
        return table
    return EventTable(table.held.select([name for name in EventRow._fields if name in names]))
