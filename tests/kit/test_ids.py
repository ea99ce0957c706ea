import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from app.kit.ids import derived_id, time_ordered_id

NAMESPACE = uuid.UUID("5b1c1f5e-8f0f-4d5e-9d39-6f1f7c1b7a10")


def test_new_ids_are_uuids_that_tell_their_time_and_nothing_else() -> None:
    before = time.time_ns() // 1_000_000
    # More than are drawn at once.
    ids = [time_ordered_id() for _ in range(1_000)]
    after = time.time_ns() // 1_000_000
    read = [uuid.UUID(one) for one in ids]
    assert [str(one) for one in read] == ids
    assert {(one.version, one.variant) for one in read} == {(7, uuid.RFC_4122)}
    times = [one.int >> 80 for one in read]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= after
    # Every random bit is set in some and not in others.
    random_bits = 0xFFF << 64 | (1 << 62) - 1
    ones, zeros = 0, 0
    for one in read:
        ones |= one.int & random_bits
        zeros |= ~one.int & random_bits
    assert ones == zeros == random_bits
    assert len(set(ids)) == len(ids)


def test_derived_ids_keep_their_parts_apart() -> None:
    assert derived_id("a", "b") == derived_id("a", "b")
    assert len({derived_id("a", "b"), derived_id("ab"), derived_id("b", "a")}) == 3


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3))
def test_derived_ids_are_uuids_by_name(parts: list[str]) -> None:
    assert derived_id(*parts) == str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))
