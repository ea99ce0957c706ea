"""Subscriptions to what is saved: insights that change, and exports on their way."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.exports.records import ExportState
from app.kit.clock import FixedClock
from schema.ids import GlobalId
from tests.schema.conftest import NOW, Server, opened, settings_in
from tests.schema.listening import Talk, listening, talking

pytestmark = pytest.mark.anyio

INSIGHT = """subscription ($id: ID!) { insightChanged(id: $id, everySeconds: 1) {
  name result { ... on Totals { values { value } } } } }"""
EXPORT = """subscription ($id: ID!) { exportChanged(id: $id) { status progress rows } }"""
CREATE = """mutation { createInsight(input: {projectId: "demo", name: "Followed", question: {
  totals: {metrics: [{metric: EVENTS, filter: {name: {eq: "buy"}}}], range: {preset: ALL}}}}) {
  ... on InsightSuccess { insight { id } } } }"""
ORDER = """mutation { createExport(input: {projectId: "demo", format: NDJSON,
  source: {events: {range: {preset: ALL}}}}) { ... on ExportSuccess { export { id number } } } }"""


@pytest.fixture(scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Server, str]]:
    """A server that listens, and its address."""
    settings = settings_in(tmp_path_factory.mktemp("followed"))
    async with opened(settings, FixedClock(NOW)) as server, listening(server) as address:
        await server.keep(server.event(1, name="buy"))
        yield server, address


async def told(talk: Talk, field: str) -> Any:  # noqa: ANN401  JSON of any shape.
    """What the next message says."""
    heard = await talk.heard()
    assert "errors" not in heard["payload"], heard
    return heard["payload"]["data"][field]


async def test_an_insight_is_told_when_its_answer_changes(live: tuple[Server, str]) -> None:
    server, address = live
    id_ = (await server.ask(CREATE)).data["createInsight"]["insight"]["id"]
    async with (
        talking(address, server.headers) as first,
        talking(address, server.headers) as second,
    ):
        for talk in (first, second):
            await talk.subscribe("one", INSIGHT, id=id_)
            assert await told(talk, "insightChanged") == {
                "name": "Followed",
                "result": {"values": [{"value": 1}]},
            }
        # Of an event that the insight does not count, nothing is told.
        await server.keep(server.event(2, name="other"))
        await server.keep(server.event(3, name="buy"))
        for talk in (first, second):
            changed = await told(talk, "insightChanged")
            assert changed["result"] == {"values": [{"value": 2}]}
        update = "mutation ($id: ID!) { updateInsight(input: {id: $id, name: $n}) { __typename } }"
        await server.ask(update.replace("$n", '"Renamed"'), {"id": id_})
        assert (await told(first, "insightChanged"))["name"] == "Renamed"
        gone = "mutation ($id: ID!) { deleteInsight(input: {id: $id}) { __typename } }"
        await server.ask(gone, {"id": id_})
        assert (await first.heard())["type"] == "complete"


async def test_an_export_is_told_to_its_end(live: tuple[Server, str]) -> None:
    server, address = live
    order = (await server.ask(ORDER)).data["createExport"]["export"]
    async with talking(address, server.headers) as talk:
        await talk.subscribe("one", EXPORT, id=order["id"])
        heard = await told(talk, "exportChanged")
        while heard["status"] in ("QUEUED", "RUNNING"):
            heard = await told(talk, "exportChanged")
        stored = await server.services.exports.find(server.project.number, order["number"])
        assert stored is not None
        assert stored.state is ExportState.COMPLETE
        assert heard == {"status": "DONE", "progress": 1, "rows": stored.rows}
        assert (await talk.heard())["type"] == "complete"


@pytest.mark.parametrize(("text", "code"), [(INSIGHT, "NOT_FOUND"), (EXPORT, "NOT_FOUND")])
async def test_what_is_not_there_can_not_be_followed(
    live: tuple[Server, str], text: str, code: str
) -> None:
    server, address = live
    made = (await server.ask(CREATE)).data["createInsight"]["insight"]["id"]
    gone = "mutation ($id: ID!) { deleteInsight(input: {id: $id}) { __typename } }"
    await server.ask(gone, {"id": made})
    order = await server.ask(ORDER)
    number = order.data["createExport"]["export"]["number"]
    missing = made
    if text is EXPORT:
        missing = str(GlobalId("Export", server.project.number, str(number + 1)))
    async with talking(address, server.headers) as talk:
        await talk.subscribe("one", text, id=missing)
        heard = await talk.heard()
        assert heard["type"] == "error"
        assert heard["payload"][0]["extensions"]["code"] == code
        await talk.subscribe("two", text, id="nonsense")
        wrong = await talk.heard()
        assert wrong["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
