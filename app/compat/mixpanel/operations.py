"""What the routes of this API promise."""

from typing import Any, Final

from pydantic import BaseModel

from app.http.operations import Credentials, Operation, Parameter, Reply

FAMILY: Final = "Mixpanel"

CREDENTIALS: Final = Credentials(
    schemes={"mixpanelServiceAccount": {"type": "http", "scheme": "basic"}}
)


class MixpanelProblem(BaseModel):
    """A request that failed."""

    error: str
    request: Any = None
    status: str | int | None = None


_SAID: Final = {
    400: "A parameter is missing or can't be understood.",
    401: "The credentials are missing or wrong.",
    402: "The project may not do this.",
    403: "The account may not read this project.",
    404: "There is no such thing.",
    405: "There is no such method.",
    413: "The body is too large.",
    429: "Too many requests, or too many at once.",
    503: "The server has no room for more work just now.",
    504: "The question took longer than the server's limit.",
}
PROBLEMS: Final = tuple(
    Reply(status=status, says=says, kind=MixpanelProblem) for status, says in _SAID.items()
)
"""The ways in which requests of this API fail."""

EXPORT: Final = Operation(
    id="mixpanelExport",
    family=FAMILY,
    title="Export raw events, one line of JSON each",
    parameters=(
        Parameter(name="project_id", says="The project, for service accounts."),
        Parameter(name="from_date", says="The first day.", example="2025-01-01"),
        Parameter(name="to_date", says="The last day.", example="2025-01-31"),
        Parameter(name="event", says="A JSON array of names.", example='["screen_view"]'),
        Parameter(name="where", says="An expression that must hold."),
        Parameter(name="limit", says="Lines at most; up to 100000.", kind=int),
    ),
    replies=(
        Reply(status=200, says="The events.", media_type="text/plain; charset=utf-8", kind=str),
        *PROBLEMS,
    ),
    credentials=CREDENTIALS,
)
