"""Whether the server lives, and whether it can answer."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import anyio
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.metrics import EVENTS
from app.analytics.periods import Interval
from app.analytics.queries import TotalsQuery
from app.analytics.ranges import rolling
from app.http.operations import Operation, OperationRoute, Reply
from app.http.responses import JsonResponse
from app.http.services import Services
from app.projects.records import Project

_PATIENCE_SECONDS: Final = 5
_NOBODYS_NUMBER: Final = 2**31 - 1
_NO_PROJECT: Final = Project(
    number=_NOBODYS_NUMBER, id="nobody", name="", timezone="UTC", origins=(), created_at=0
)

ALIVE: Final = Operation(
    id="healthz",
    family="Server",
    title="Whether the server lives",
    replies=(Reply(status=200, says="It does.", kind=dict[str, str]),),
)
READY: Final = Operation(
    id="readyz",
    family="Server",
    title="Whether the server can answer",
    replies=(
        Reply(status=200, says="Both stores answer.", kind=dict[str, str | dict[str, str]]),
        Reply(status=503, says="One doesn't.", kind=dict[str, str | dict[str, str]]),
    ),
)

_log = structlog.get_logger("rosetta.health")


async def alive(_: Request) -> Response:
    """200 as long as the process serves requests."""
    return JsonResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """200 when both stores answer within a few seconds, 503 with the one that does not."""
    services: Services = request.state.services
    stores = {
        "control": await _answers("control", lambda: _ask_control(services)),
        "events": await _answers("events", lambda: _ask_events(services)),
    }
    is_ready = all(stores.values())
    return JsonResponse(
        {
            "status": "ready" if is_ready else "unavailable",
            "stores": {name: "ok" if works else "unavailable" for name, works in stores.items()},
        },
        HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


async def _ask_control(services: Services) -> None:
    # What is not found is not remembered: this asks the store each time.
    await services.projects.find_project(_NOBODYS_NUMBER)


async def _ask_events(services: Services) -> None:
    query = TotalsQuery(
        project=_NOBODYS_NUMBER, metrics=(EVENTS,), range=rolling(1, Interval.MINUTE)
    )
    await services.reader.ask(query, _NO_PROJECT)


async def _answers(store: str, ask: Callable[[], Awaitable[None]]) -> bool:
    try:
        with anyio.fail_after(_PATIENCE_SECONDS):
            await ask()
    except Exception as error:  # noqa: BLE001 — whatever is wrong, the store does not answer.
        _log.warning("A store does not answer.", store=store, error=type(error).__name__)
        return False
    return True


def routes() -> list[BaseRoute]:
    """The routes for supervisors and load balancers; nobody has to log in."""
    return [
        OperationRoute("/healthz", alive, ALIVE),
        OperationRoute("/readyz", ready, READY),
    ]
