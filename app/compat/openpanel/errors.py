"""Error bodies: what is documented, and beside it what today's clients look at."""

from http import HTTPStatus
from typing import Final

from app.analytics.errors import Issue
from app.analytics.records import Json
from app.http.errors import Problem, plain_envelope

INVALID_CREDENTIALS: Final = "Invalid client credentials"
INVALID_PARAMETERS: Final = "Invalid query parameters"

NOT_A_NUMBER: Final = "Property value is not a number"
NO_SESSION: Final = "Session ID is required for replay"
NO_ADDRESS: Final = "Missing ip address"
NO_USER_AGENT: Final = "Missing header: user-agent"

_TOLD_ALONE: Final = frozenset({NOT_A_NUMBER, NO_SESSION, NO_ADDRESS, NO_USER_AGENT, "Not number"})
"""Reasons that clients know without a place before them."""


def reading_envelope(problem: Problem) -> dict[str, Json]:
    """The body of the Export and Insights families; the precise reason stands in `details`."""
    body = plain_envelope(problem)
    if problem.status is HTTPStatus.UNAUTHORIZED:
        body |= {"message": INVALID_CREDENTIALS, "details": {"reason": problem.message}}
    elif problem.status is HTTPStatus.BAD_REQUEST:
        body |= {"message": INVALID_PARAMETERS, "details": _details(problem)}
    return body


def tracking_envelope(problem: Problem) -> dict[str, Json]:
    """The body of the Track family, whose 401 has its own documented form."""
    if problem.status is HTTPStatus.UNAUTHORIZED:
        return {"error": INVALID_CREDENTIALS, "status": 401, "message": problem.message}
    body = plain_envelope(problem)
    if problem.status is HTTPStatus.BAD_REQUEST:
        body |= {"message": _sentences(problem), "details": _details(problem)}
    return body


def import_envelope(problem: Problem) -> dict[str, Json]:
    """The body of the import, whose input is a body while its clients are those that read."""
    body = reading_envelope(problem)
    if problem.status is HTTPStatus.BAD_REQUEST:
        body |= {"message": _sentences(problem)}
    return body


def _sentences(problem: Problem) -> str:
    return ", ".join(map(_sentence, problem.issues)) or problem.message


def _details(problem: Problem) -> dict[str, Json]:
    return {
        "issues": [{"path": [*issue.path], "message": issue.message} for issue in problem.issues]
    }


def _sentence(issue: Issue) -> str:
    if issue.message in _TOLD_ALONE:
        return issue.message
    return f"{'/'.join(('body', *map(str, issue.path)))} {issue.message}"
