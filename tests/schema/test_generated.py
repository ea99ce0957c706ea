"""Operations that are made from the schema alone: whatever is asked, the server has no fault."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final

import graphql
import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from app.kit.clock import FixedClock
from schema.build import build_schema
from tests.schema.conftest import NOW, Answer, opened, settings_in

CALLERS_FAULTS: Final = {
    "BAD_REQUEST",
    "BAD_USER_INPUT",
    "COST_EXCEEDED",
    "FORBIDDEN",
    "GRAPHQL_VALIDATION_FAILED",
    "INVALID_QUERY",
    "NOT_FOUND",
    "OPERATION_RESOLUTION_FAILURE",
}

schemathesis.graphql.scalar("Long", st.integers(-(2**60), 2**60).map(nodes.Int))
schemathesis.graphql.scalar("JSON", st.text(max_size=5).map(nodes.String))
schemathesis.graphql.scalar(
    "TimeZone", st.sampled_from(["UTC", "Asia/Kathmandu", "Nowhere"]).map(nodes.String)
)

INTROSPECTED: Final[Any] = graphql.introspection_from_schema(build_schema().graphql_schema)
LOADED: Final[Any] = schemathesis.graphql.from_dict(INTROSPECTED)
OPERATIONS: Final[dict[str, Any]] = {
    made.ok().label: made.ok()
    for made in LOADED.get_all_operations()
    if not made.ok().label.startswith("Subscription")
}
NAMES: Final = st.sampled_from(["demo", "1", "other", "nobody"])


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Answer]]:
    """Asks a server of the module's own."""
    directory = tmp_path_factory.mktemp("generated")
    with asyncio.Runner() as runner:
        opening = opened(settings_in(directory), FixedClock(NOW))
        server = runner.run(opening.__aenter__())
        runner.run(server.keep(*(server.event(number) for number in range(5))))
        yield lambda text: runner.run(server.ask(text))
        runner.run(opening.__aexit__(None, None, None))


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_operation_is_a_fault_of_the_server(asking: Callable[[str], Answer], label: str) -> None:
    @settings(max_examples=20)
    @given(OPERATIONS[label].as_strategy(), NAMES)
    def ask(case: Any, name: str) -> None:  # noqa: ANN401 — its type says less than it is.
        # A project that exists is what most of the schema hangs from.
        text = str(case.body).replace('project(id: "")', f'project(id: "{name}")')
        answer = asking(text)
        assert answer.status == 200
        codes = {error["extensions"]["code"] for error in answer.body.get("errors", ())}
        assert codes <= CALLERS_FAULTS, (text, answer.body["errors"])

    ask()
