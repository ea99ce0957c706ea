"""What the routes of this API promise."""

from typing import Any, Final

from pydantic import BaseModel

from app.http.operations import Body, Credentials, Kind, Operation, Parameter, Reply

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


class UploadForm(BaseModel):
    """Which events go where: to exactly one of the two clouds."""

    from_date: str
    to_date: str
    project_id: str | None = None
    event: str | None = None
    where: str | None = None
    limit: int | None = None
    time_in_ms: bool = False
    s3_bucket: str | None = None
    s3_region: str | None = None
    s3_prefix: str | None = None
    gcs_bucket: str | None = None
    gcs_prefix: str | None = None


class Uploaded(BaseModel):
    """The events are in the bucket, in objects whose names begin with the prefix."""

    status: str
    prefix: str


UPLOAD: Final = Operation(
    id="mixpanelExportUpload",
    family=FAMILY,
    title="Upload raw events to a bucket",
    says="Writes `<prefix>/<day>.json.gz`, and answers when all days are there. The same request "
    "sent again goes on where an interrupted one broke off.",
    body=Body(kind=UploadForm, media_type="application/x-www-form-urlencoded"),
    replies=(Reply(status=200, says="All events are in the bucket.", kind=Uploaded), *PROBLEMS),
    credentials=CREDENTIALS,
)


def _asked(id_: str, title: str, kind: Kind = dict[str, Any]) -> dict[str, Operation]:
    """The operations of a query, which may be asked either way."""
    where = (
        Parameter(name="project_id", says="The project, for service accounts."),
        Parameter(name="where", says="An expression that must hold."),
    )
    return {
        method: Operation(
            id=f"mixpanel{id_}{method.capitalize()}",
            family=FAMILY,
            title=title,
            parameters=where,
            replies=(Reply(status=200, says="The answer.", kind=kind), *PROBLEMS),
            credentials=CREDENTIALS,
        )
        for method in ("GET", "POST")
    }


QUERIES: Final = {
    "/events/properties/top": _asked("TopProperties", "Properties of an event"),
    "/engage": _asked("QueryProfiles", "Read profiles"),
    "/engage/properties": _asked("ProfileProperties", "Properties of profiles"),
    "/cohorts/list": _asked("Cohorts", "List cohorts", list[dict[str, Any]]),
}
"""The operations of each query, by its path below a prefix."""


def _taken(id_: str, title: str) -> Operation:
    return Operation(
        id=f"mixpanel{id_}",
        family=FAMILY,
        title=title,
        body=Body(kind=list[dict[str, Any]]),
        replies=(Reply(status=200, says="Taken in."), *PROBLEMS),
        credentials=CREDENTIALS,
    )


IMPORT: Final = {
    "POST": _taken("Import", "Store events of the past"),
    "GET": Operation(
        id="mixpanelImportGet",
        family=FAMILY,
        title="Store an event of the past, told in the query string",
        parameters=(
            Parameter(name="data", says="The event as JSON, perhaps in Base64."),
            Parameter(name="api_key", says="The project's secret or token, without a header."),
        ),
        replies=(Reply(status=200, says="Taken in."), *PROBLEMS),
        credentials=CREDENTIALS,
    ),
}


def _changed(id_: str, title: str) -> dict[str, Operation]:
    return {
        "POST": _taken(id_, title),
        "GET": Operation(
            id=f"mixpanel{id_}Get",
            family=FAMILY,
            title=f"{title}, told in the query string",
            parameters=(Parameter(name="data", says="The changes as JSON, perhaps in Base64."),),
            replies=(Reply(status=200, says="Taken in."), *PROBLEMS),
        ),
    }


ENGAGE: Final = _changed("Engage", "Change profiles")
GROUPS: Final = _changed("Groups", "Change groups")
UNKNOWN: Final = Operation(
    id="mixpanelUnknown",
    family=FAMILY,
    title="Whatever else is asked for below the path",
    replies=PROBLEMS,
)
