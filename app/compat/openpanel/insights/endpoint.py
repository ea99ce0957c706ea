"""What every endpoint of this family is: a path, what it promises, and what it answers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.records import Json
from app.compat.openpanel.admission import Admitted, admit_to_insights
from app.compat.openpanel.errors import reading_envelope
from app.compat.openpanel.operations import CREDENTIALS, INSIGHTS, PROJECT, RANGE, reads
from app.http.errors import guarded
from app.http.operations import Kind, Operation, OperationRoute, Parameter
from app.http.responses import JsonResponse

Answering: TypeAlias = Callable[[Admitted], Awaitable[Json]]
"""Decodes what was admitted, asks, and encodes the answer."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: `path` follows the project, and `kind` is what is answered."""

    path: str
    answer: Answering
    title: str
    kind: Kind
    parameters: Sequence[Parameter] = RANGE
    says: str = ""

    def route(self) -> BaseRoute:
        """The route, with what it promises."""

        async def serve(request: Request) -> Response:
            return JsonResponse(await self.answer(await admit_to_insights(request)))

        words = self.path.replace("{", "").replace("}", "").replace("_", "/").split("/")
        operation = Operation(
            id="insights" + "".join(word.capitalize() for word in words),
            family=INSIGHTS,
            title=self.title,
            says=self.says,
            parameters=(PROJECT, *self.parameters),
            replies=reads(self.kind, "The answer."),
            credentials=CREDENTIALS,
        )
        path = f"/insights/{{project_id}}/{self.path}"
        return OperationRoute(path, guarded(serve, reading_envelope), operation)
