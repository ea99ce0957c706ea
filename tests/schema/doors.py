"""The doors of one server, and how each is asked."""

import csv
import io
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from app.analytics.records import Event
from app.kit.clock import FixedClock
from app.projects.issuer import CredentialIssuer
from tests.schema.conftest import NOW, Server, opened, settings_in

Numbers: TypeAlias = list[float | None]
Lines: TypeAlias = dict[str, Numbers]
"""Numbers by the name of a series and the value of its breakdown."""

FROM, TO = "2026-02-20", "2026-02-27"
RANGE = {"date_from": FROM, "date_to": TO}
SPAN = f'range: {{days: {{from: "{FROM}", to: "{TO}"}}}}'
VIEW, BUY = {"event": "$pageview"}, {"event": "purchase"}


def event_of(server: Server, number: int, dice: random.Random) -> Event:
    """Something that one of a dozen people did in the last three weeks."""
    person = dice.randrange(12)
    name = dice.choice(("screen_view", "screen_view", "screen_view", "purchase", "sign_up"))
    return server.event(
        dice.randrange(21 * 24 * 60),
        id=f"e{number}",
        name=name,
        received_at=NOW,
        profile_id=f"p{person}",
        device_id=f"d{person}",
        session_id=f"s{person}-{dice.randrange(4)}",
        path=f"/{dice.randrange(5)}",
        country=dice.choice(("SE", "DE", "")) or None,
        browser=dice.choice(("Chrome", "Firefox")),
        properties={"price": dice.randrange(1, 5_000) / 4} if name == "purchase" else {},
    )


@dataclass(frozen=True)
class Doors:
    """A server with generated events, and who asks it through which door."""

    server: Server
    bearer: Mapping[str, str]

    async def result(self, source: Mapping[str, Any]) -> tuple[int, Any]:
        """A saved insight and its result."""
        answer = await self.server.http.post(
            "/api/projects/demo/insights/?refresh=blocking",
            json={"query": dict(source)},
            headers=self.bearer,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], answer.json()["result"]

    async def file(self, insight: int) -> list[dict[str, str]]:
        """The rows of the insight's CSV."""
        order = {"export_format": "text/csv", "insight": insight}
        base = "/api/projects/demo/exports/"
        made = (await self.server.http.post(base, json=order, headers=self.bearer)).json()
        assert made["has_content"], made
        answer = await self.server.http.get(f"{base}{made['id']}/content/", headers=self.bearer)
        return list(csv.DictReader(io.StringIO(answer.text)))

    async def graphql(self, question: str) -> Any:  # noqa: ANN401  JSON of any shape.
        """What GraphQL says about the project."""
        answer = await self.server.ask(f'{{ project(id: "demo") {{ it: {question} }} }}')
        return answer.data["project"]["it"]

    async def openpanel(self, path: str, **params: str) -> Any:  # noqa: ANN401  The same.
        """What OpenPanel's route says."""
        asked = {"projectId": "demo", "startDate": FROM, "endDate": TO, **params}
        answer = await self.server.http.get(
            f"/export/{path}", params=asked, headers=dict(self.server.headers)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


async def open_doors(folder: Path) -> AsyncIterator[Doors]:
    """A server with generated events, until it is closed."""
    async with opened(settings_in(folder), FixedClock(NOW)) as server:
        dice = random.Random(20_260_301)
        await server.keep(*(event_of(server, number, dice) for number in range(700)))
        issuer = CredentialIssuer(server.control, server.services.clock, server.services.projects)
        key = await issuer.create_api_key(server.project, ["*"])
        yield Doors(server, {"authorization": f"Bearer {key.key}"})


def numbers(cells: Sequence[str]) -> Numbers:
    """The cells of a file as numbers; an empty one holds none."""
    return [float(cell) if cell else None for cell in cells]
