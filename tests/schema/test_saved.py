"""Saved insights, dashboards and exports: one thing behind GraphQL and the REST routes."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.kit.clock import FixedClock
from app.projects.issuer import CredentialIssuer
from app.projects.records import ClientType
from tests.schema.conftest import MINUTE, NOW, Server, opened, settings_in

pytestmark = pytest.mark.anyio

CREATE = """mutation ($name: String!, $question: QuestionInput!) {
  made: createInsight(input: {projectId: "demo", name: $name, question: $question}) {
    __typename
    ... on InsightSuccess { insight { id number shortId name kind display definition } }
    ... on InvalidInput { message fields { path message } }
} }"""
UPDATE = """mutation ($input: UpdateInsightInput!) { made: updateInsight(input: $input) {
  __typename
  ... on InsightSuccess { insight { name kind tags isFavorite description display } }
  ... on InvalidInput { fields { path message } }
  ... on NotFound { message id }
} }"""
DELETE = """mutation ($id: ID!) { made: deleteInsight(input: {id: $id}) {
  __typename ... on DeleteInsightSuccess { deletedId } ... on NotFound { message }
} }"""
BOARD = """mutation ($input: CreateDashboardInput!) { made: createDashboard(input: $input) {
  __typename
  ... on DashboardSuccess { dashboard { id number } }
  ... on InvalidInput { fields { path message } }
} }"""
CHANGED_BOARD = """mutation ($input: UpdateDashboardInput!) { made: updateDashboard(input: $input) {
  __typename
  ... on DashboardSuccess { dashboard { name isPinned range tiles { text insight { name } } } }
  ... on InvalidInput { fields { path message } }
  ... on NotFound { message }
} }"""
DELETED_BOARD = """mutation ($id: ID!) { made: deleteDashboard(input: {id: $id}) {
  __typename ... on DeleteDashboardSuccess { deletedId } ... on NotFound { message }
} }"""
EXPORT = """mutation ($input: CreateExportInput!) { made: createExport(input: $input) {
  __typename
  ... on ExportSuccess { export { id number status format insight { name } } }
  ... on InvalidInput { fields { path message } }
} }"""

SPAN = 'range: {days: {from: "2026-02-20", to: "2026-03-01"}}'
EVENTS = f"metrics: [{{metric: EVENTS}}], {SPAN}"
QUESTIONS = {
    "TOTALS": ("totals", f"{EVENTS}, compare: {{previous: PERIOD}}"),
    "TIMESERIES": ("timeseries", f"{EVENTS}, interval: DAY, breakdown: [{{field: PATH}}]"),
    "BREAKDOWN": ("breakdown", f"{EVENTS}, by: [{{field: PATH}}], first: 1"),
    "FUNNEL": (
        "funnel",
        f"""{SPAN}, steps: [{{name: "screen_view"}}, {{name: "buy", label: "Bought"}}],
          window: {{amount: 2, unit: HOUR}}""",
    ),
    "RETENTION": ("retention", f"{SPAN}, period: DAY, periods: 2"),
    "PATHS": ("paths", f'{SPAN}, item: {{field: NAME}}, from: {{name: "screen_view"}}'),
    "STICKINESS": ("stickiness", SPAN),
    "LIFECYCLE": ("lifecycle", f"{SPAN}, interval: DAY"),
}
"""By its kind, a question as the field that answers it and its arguments."""

SHAPES = {
    "TOTALS": "... on Totals { values { value previous } }",
    "TIMESERIES": "... on Timeseries { buckets series { key points } }",
    "BREAKDOWN": "... on BreakdownConnection { totalCount rows { key values share } }",
    "FUNNEL": "... on Funnel { groups { steps { label count } } }",
    "RETENTION": "... on Retention { groups { cohorts { size counts } } }",
    "PATHS": "... on Paths { nodes { key count } links { count } }",
    "STICKINESS": "... on Stickiness { counts }",
    "LIFECYCLE": "... on Lifecycle { new returning }",
}


@pytest.fixture(scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server with some visits, in which the tests of this module save things."""
    async with opened(settings_in(tmp_path_factory.mktemp("saved")), FixedClock(NOW)) as server:
        await server.keep(
            *(
                server.event(
                    number,
                    profile_id=("ada", "bo", "cy")[number % 3],
                    device_id=f"d{number % 3}",
                    name="buy" if number % 5 == 4 else "screen_view",
                    path=("/a", "/b")[number % 2],
                    created_at=NOW - number * 60 * MINUTE,
                )
                for number in range(30)
            )
        )
        yield server


async def made(server: Server, mutation: str, **told: object) -> dict[str, Any]:
    """What the mutation answers."""
    answer = await server.ask(mutation, told)
    found: dict[str, Any] = answer.data["made"]
    return found


async def saved(server: Server, name: str, kind: str = "TOTALS") -> dict[str, Any]:
    """A new insight."""
    field, arguments = QUESTIONS[kind]
    literal = f"{{{field}: {{{arguments}}}}}"
    text = CREATE.replace(", $question: QuestionInput!", "").replace("$question", literal)
    answer = await made(server, text, name=name)
    assert answer["__typename"] == "InsightSuccess", answer
    insight: dict[str, Any] = answer["insight"]
    return insight


async def rest(server: Server, method: str, path: str, body: object = None) -> httpx.Response:
    """What the routes for insights and dashboards answer to a key for everything."""
    issuer = CredentialIssuer(server.control, server.services.clock, server.services.projects)
    key = await issuer.create_api_key(server.project, ["*"])
    url = f"/api/projects/{server.project.number}{path}"
    headers = {"authorization": f"Bearer {key.key}"}
    return await server.http.request(method, url, json=body, headers=headers)


@pytest.mark.parametrize("kind", QUESTIONS)
async def test_a_kept_question_is_answered_as_its_field_is(kept: Server, kind: str) -> None:
    field, arguments = QUESTIONS[kind]
    insight = await saved(kept, f"kept {kind}", kind)
    assert insight["kind"] == kind
    answer = await kept.ask(
        f"""query ($id: ID!) {{
          node(id: $id) {{ ... on Insight {{ result {{ {SHAPES[kind]} }} }} }}
          project(id: "demo") {{ result: {field}({arguments}) {{ {SHAPES[kind]} }} }}
        }}""",
        {"id": insight["id"]},
    )
    assert answer.data["node"]["result"] == answer.data["project"]["result"]
    assert answer.data["node"]["result"]


async def test_insights_of_rest_are_seen_whole(kept: Server) -> None:
    source = {
        "kind": "TrendsQuery",
        "dateRange": {"date_from": "-7d"},
        "series": [
            {"kind": "EventsNode", "event": "$pageview"},
            {"kind": "EventsNode", "event": "buy"},
        ],
        "trendsFilter": {"formula": "B / A"},
        "interval": "day",
    }
    query = {"kind": "InsightVizNode", "source": source}
    made_there = await rest(kept, "POST", "/insights/", {"name": "Rest", "query": query})
    assert made_there.status_code == 201, made_there.text
    told = made_there.json()
    answer = await kept.ask(
        """query ($id: ID!) { project(id: "demo") { insight(id: $id) {
          number name kind definition result { ... on Timeseries {
            buckets series { name metric points } } }
        } } }""",
        {"id": told["short_id"]},
    )
    insight = answer.data["project"]["insight"]
    assert (insight["number"], insight["name"], insight["kind"]) == (
        told["id"],
        "Rest",
        "TIMESERIES",
    )
    assert insight["definition"]["value"]["is"] == "ChartQuery"
    (line,) = insight["result"]["series"]
    assert line["metric"] == "FORMULA"
    assert len(line["points"]) == len(insight["result"]["buckets"])
    assert any(line["points"])


async def test_insights_of_graphql_are_seen_in_rest(kept: Server) -> None:
    insight = await saved(kept, "Both doors", "FUNNEL")
    told = (await rest(kept, "GET", f"/insights/{insight['number']}/?refresh=true")).json()
    assert (told["name"], told["short_id"], told["saved"]) == (
        "Both doors",
        insight["shortId"],
        True,
    )
    assert told["query"]["source"]["kind"] == "FunnelsQuery"
    assert [step["order"] for step in told["result"]] == [0, 1]
    changed = await rest(kept, "PATCH", f"/insights/{insight['number']}/", {"name": "Renamed"})
    assert changed.status_code == 200
    answer = await kept.ask(
        "query ($id: ID!) { node(id: $id) { ... on Insight { name } } }", {"id": insight["id"]}
    )
    assert answer.data["node"]["name"] == "Renamed"


async def test_insights_change_and_go(kept: Server) -> None:
    insight = await saved(kept, "before")
    question = {"stickiness": {"range": {"preset": "ALL"}}}
    changes = {"name": "after", "tags": ["t"], "isFavorite": True, "question": question}
    answer = await made(kept, UPDATE, input={"id": insight["id"], **changes})
    assert answer["insight"] == {
        "name": "after",
        "kind": "STICKINESS",
        "tags": ["t"],
        "isFavorite": True,
        "description": "",
        "display": "NUMBER",
    }
    gone = await made(kept, DELETE, id=insight["id"])
    assert gone == {"__typename": "DeleteInsightSuccess", "deletedId": insight["id"]}
    for mutation, told in ((DELETE, {"id": insight["id"]}), (DELETE, {"id": "nonsense"})):
        assert (await made(kept, mutation, **told))["__typename"] == "NotFound"
    again = await made(kept, UPDATE, input={"id": insight["id"], "name": "x"})
    assert again["__typename"] == "NotFound"
    assert (await rest(kept, "GET", f"/insights/{insight['number']}/")).status_code == 404


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ({"totals": {"metrics": [], "range": {"preset": "ALL"}}}, ["question", "metrics"]),
        (
            {"totals": {"metrics": [{"metric": "SUM"}], "range": {"preset": "ALL"}}},
            ["question", "totals", "metrics", "0", "of"],
        ),
        (
            {
                "funnel": {
                    "steps": [{"name": "a"}, {"name": "b"}],
                    "range": {"preset": "ALL"},
                    "filter": {"cohort": "nobody"},
                }
            },
            None,
        ),
    ],
)
async def test_a_question_that_has_no_answer_is_not_kept(
    kept: Server, question: dict[str, Any], path: list[str] | None
) -> None:
    answer = await made(kept, CREATE, name="never", question=question)
    assert answer["__typename"] == "InvalidInput", answer
    if path is not None:
        assert answer["fields"][0]["path"] == path
    found = await kept.ask('{ project(id: "demo") { insights(search: "never") { totalCount } } }')
    assert found.data["project"]["insights"]["totalCount"] == 0


async def test_lists_are_sliced_by_what_stays(kept: Server) -> None:
    for number in range(3):
        await saved(kept, f"listed {number}")
    text = """query ($after: String) { project(id: "demo") {
      insights(search: "listed", kind: TOTALS, isSaved: true, first: 2, after: $after) {
        totalCount nodes { name } pageInfo { hasNextPage endCursor } } } }"""
    first = (await kept.ask(text)).data["project"]["insights"]
    assert [one["name"] for one in first["nodes"]] == ["listed 2", "listed 1"]
    await saved(kept, "listed later")
    rest_of = (await kept.ask(text, {"after": first["pageInfo"]["endCursor"]})).data["project"]
    assert [one["name"] for one in rest_of["insights"]["nodes"]] == ["listed 0"]
    assert rest_of["insights"]["pageInfo"]["hasNextPage"] is False


async def test_dashboards_show_insights_in_their_own_range(kept: Server) -> None:
    insight = await saved(kept, "tiled")
    told = {
        "projectId": "demo",
        "name": "Board",
        "range": {"between": {"from": "2026-03-01T10:30:00Z", "to": "2026-03-01T12:30:00Z"}},
        "filter": {"name": {"eq": "screen_view"}},
        "tiles": [
            {"insight": insight["id"], "box": {"left": 0, "top": 0, "width": 6, "height": 4}},
            {"text": "Hello", "color": "blue"},
        ],
    }
    board = (await made(kept, BOARD, input=told))["dashboard"]
    answer = await kept.ask(
        """query ($id: ID!) { node(id: $id) { ... on Dashboard { name tiles {
          text color box { width } insight { name result { ... on Totals { values { value } } }
            own: result(range: {preset: ALL}) { ... on Totals { values { value } } } } } } } }""",
        {"id": board["id"]},
    )
    first, second = answer.data["node"]["tiles"]
    assert first["insight"]["result"] == {"values": [{"value": 2}]}
    assert first["insight"]["own"] == {"values": [{"value": 24}]}
    assert (first["box"], second["text"], second["color"]) == ({"width": 6}, "Hello", "blue")
    seen = (await rest(kept, "GET", f"/dashboards/{board['number']}/")).json()
    assert [tile["insight"] and tile["insight"]["name"] for tile in seen["tiles"]] == [
        "tiled",
        None,
    ]


async def test_dashboards_change_and_go(kept: Server) -> None:
    one, two = await saved(kept, "tile one"), await saved(kept, "tile two")
    made_there = await rest(kept, "POST", "/dashboards/", {"name": "From REST"})
    assert made_there.status_code == 201, made_there.text
    listed = await kept.ask(
        '{ project(id: "demo") { dashboards(first: 1) { nodes { id name } } } }'
    )
    (board,) = listed.data["project"]["dashboards"]["nodes"]
    assert board["name"] == "From REST"
    tiles = [{"insight": two["id"]}, {"text": "between"}, {"insight": one["id"]}]
    changes = {"id": board["id"], "tiles": tiles, "isPinned": True, "range": {"preset": "TODAY"}}
    changed = await made(kept, CHANGED_BOARD, input=changes)
    dashboard = changed["dashboard"]
    assert [tile["text"] or tile["insight"]["name"] for tile in dashboard["tiles"]] == [
        "tile two",
        "between",
        "tile one",
    ]
    assert dashboard["isPinned"]
    assert dashboard["range"]
    plain = await made(kept, CHANGED_BOARD, input={"id": board["id"], "range": None})
    assert plain["dashboard"]["range"] is None
    assert len(plain["dashboard"]["tiles"]) == 3
    gone = await made(kept, DELETED_BOARD, id=board["id"])
    assert gone["__typename"] == "DeleteDashboardSuccess"
    assert (await made(kept, DELETED_BOARD, id=board["id"]))["__typename"] == "NotFound"


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        ({}, ["tiles", "0"]),
        ({"insight": "999999"}, ["tiles", "0", "insight"]),
        (
            {"text": "x", "box": {"left": 8, "top": 0, "width": 6, "height": 1}},
            ["tiles", "0", "box"],
        ),
    ],
)
async def test_a_wrong_tile_is_named(kept: Server, tile: object, path: list[str]) -> None:
    told = {"projectId": "demo", "name": "wrong", "tiles": [tile]}
    answer = await made(kept, BOARD, input=told)
    assert answer["__typename"] == "InvalidInput", answer
    assert answer["fields"][0]["path"] == path


async def test_exports_are_made_and_fetched(kept: Server) -> None:
    insight = await saved(kept, "exported", "BREAKDOWN")
    by_path = {"by": [{"field": "PATH"}], "metrics": [{"metric": "EVENTS"}]}
    sources: dict[str, dict[str, Any]] = {
        "insight": {"insight": insight["id"]},
        "question": {"question": {"breakdown": {**by_path, "range": {"preset": "ALL"}}}},
        "events": {"events": {"range": {"preset": "ALL"}, "filter": {"path": {"eq": "/a"}}}},
    }
    for name, source in sources.items():
        told = {"projectId": "demo", "source": source, "format": "CSV", "filename": f"ü {name}"}
        order = (await made(kept, EXPORT, input=told))["export"]
        stored = await kept.services.exports.find(kept.project.number, order["number"])
        assert stored is not None
        await kept.services.exports.wait(stored, 60)
        answer = await kept.ask(
            """query ($id: ID!) { node(id: $id) { ... on Export {
              status progress rows size url error mediaType } } }""",
            {"id": order["id"]},
        )
        done = answer.data["node"]
        assert (done["status"], done["progress"], done["error"]) == ("DONE", 1, None)
        file = await kept.http.get(done["url"], headers=kept.headers)
        assert (file.status_code, len(file.content)) == (200, done["size"])
        assert file.headers["content-type"] == "text/csv"
        assert f"%C3%BC%20{name}.csv" in file.headers["content-disposition"]
        assert len(file.text.strip().splitlines()) == done["rows"] + 1


async def test_files_are_for_whoever_may_export(kept: Server) -> None:
    told = {
        "projectId": "demo",
        "source": {"events": {"range": {"preset": "ALL"}}},
        "format": "NDJSON",
    }
    order = (await made(kept, EXPORT, input=told))["export"]
    stored = await kept.services.exports.find(kept.project.number, order["number"])
    assert stored is not None
    await kept.services.exports.wait(stored, 60)
    path = f"/graphql/exports/{order['id']}"
    writer = await kept.headers_of(ClientType.WRITE)
    stranger = await kept.headers_of(ClientType.READ, kept.other)
    cases: list[tuple[dict[str, str], int]] = [({}, 401), (writer, 403), (stranger, 403)]
    for headers, status in cases:
        answer = await kept.http.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.json()["errors"][0]["extensions"]["code"]
    missing = await kept.http.get("/graphql/exports/nothing", headers=kept.headers)
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"source": {"insight": "999"}}, ["source", "insight"]),
        ({"source": {"dashboard": "999"}}, ["source", "dashboard"]),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, ["expiresAt"]),
        ({"format": "PNG"}, ["format"]),
    ],
)
async def test_an_order_for_nothing_is_refused(
    kept: Server, change: dict[str, Any], path: list[str]
) -> None:
    source = {"events": {"range": {"preset": "ALL"}}}
    told = {"projectId": "demo", "source": source, "format": "CSV", **change}
    answer = await made(kept, EXPORT, input=told)
    assert (answer["__typename"], answer["fields"][0]["path"]) == ("InvalidInput", path)


async def test_saving_needs_the_right_to(kept: Server) -> None:
    reader = await kept.headers_of(ClientType.READ)
    question = {"stickiness": {"range": {"preset": "ALL"}}}
    refused = await kept.ask(CREATE, {"name": "x", "question": question}, reader)
    assert refused.code == "FORBIDDEN"
    writer = await kept.headers_of(ClientType.WRITE)
    lists = "insights { totalCount } dashboards { totalCount } exports { totalCount }"
    answer = await kept.ask(f'{{ project(id: "demo") {{ {lists} }} }}', None, writer)
    assert [error["extensions"]["code"] for error in answer.body["errors"]] == ["FORBIDDEN"] * 3
