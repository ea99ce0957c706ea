"""What the routes of this API promise: credentials, parameters and errors they share."""

from typing import Any, Final

from app.compat.openpanel.answer_wire import (
    Device,
    ExportedEvents,
    FromBot,
    Problem,
    Tracked,
)
from app.compat.openpanel.message_wire import MESSAGES, TrackBody
from app.compat.openpanel.people_wire import DecrementPayload, IncrementPayload
from app.compat.openpanel.track_wire import IdentifyPayload, TrackPayload
from app.compat.openpanel.wire import WireFilter
from app.http.operations import Body, Credentials, Kind, Operation, Parameter, Reply
from app.http.responses import RATE_HEADERS

TRACK: Final = "OpenPanel: Track"
EXPORT: Final = "OpenPanel: Export"
INSIGHTS: Final = "OpenPanel: Insights"

CREDENTIALS: Final = Credentials(
    schemes={
        "openpanelClientId": {"type": "apiKey", "in": "header", "name": "openpanel-client-id"},
        "openpanelClientSecret": {
            "type": "apiKey",
            "in": "header",
            "name": "openpanel-client-secret",
        },
    }
)

_LIMITED: Final[dict[str, str]] = dict(
    zip(
        RATE_HEADERS,
        ("Requests per window.", "Requests left in it.", "Seconds until the next one."),
        strict=True,
    )
)
_RETRY: Final[dict[str, str]] = {**_LIMITED, "retry-after": "Seconds to wait."}

_SAID: Final = {
    400: "The request has parts that can't be understood; each is named.",
    401: "The credentials are missing or wrong.",
    403: "The client may not do this.",
    404: "There is no such thing.",
    413: "The body is too large.",
    429: "Too many requests.",
    503: "The server has no room for more work just now.",
    504: "The question took longer than the server's limit.",
}


def problems(*statuses: int) -> tuple[Reply, ...]:
    """The replies that tell of problems with these statuses."""
    return tuple(
        Reply(
            status=status,
            says=_SAID[status],
            kind=Problem,
            headers=_RETRY if status in {429, 503} else {},
        )
        for status in statuses
    )


def reads(kind: Kind, says: str, *statuses: int) -> tuple[Reply, ...]:
    """The replies of a route that reads: the answer, or a problem."""
    answer = Reply(status=200, says=says, kind=kind, headers=_LIMITED)
    return (answer, *problems(400, 401, 403, 404, 429, 504, *statuses))


PROJECT: Final = Parameter(
    name="project_id", place="path", says="The project's slug or number.", example="demo"
)
RANGE: Final = (
    Parameter(
        name="range",
        says="A range by its name, such as `7d`, `30d`, `today`, `monthToDate`, `12m`, or any "
        "number of `h`, `d`, `w` and `m`.",
        default="7d",
    ),
    Parameter(name="startDate", says="The first day, or an instant in ISO 8601; before `range`."),
    Parameter(name="endDate", says="The last day, or an instant in ISO 8601."),
)
FILTERS: Final = Parameter(
    name="filters",
    says="Conditions that must all hold.",
    kind=list[WireFilter],
    is_json=True,
    example=[{"name": "path", "operator": "contains", "value": ["/product"]}],
)
PAGED: Final = (
    Parameter(name="cursor", says="Which page, from 1 on.", kind=int, default=1),
    Parameter(name="limit", says="Rows per page; at most 50.", kind=int, default=10),
)

_TAKEN: Final = (
    *(Reply(status=200, says="Taken in, durably.", kind=Tracked),),
    *(Reply(status=202, says="Left out: it came from a bot.", kind=FromBot),),
    *problems(400, 401, 404, 413, 429, 503),
)

_IS_TEXT: Final = Reply(
    status=202, says="Taken in, durably.", kind=str, media_type="text/plain; charset=utf-8"
)

TRACK_MESSAGE: Final = Operation(
    id="track",
    family=TRACK,
    title="Send an event, or what is known of a profile or group",
    body=Body(kind=TrackBody, says=MESSAGES),
    replies=_TAKEN,
    credentials=CREDENTIALS,
)
FIND_DEVICE: Final = Operation(
    id="deviceId",
    family=TRACK,
    title="Ask for the caller's device id and session id",
    replies=(
        Reply(status=200, says="The ids.", kind=Device),
        *problems(400, 401, 403, 429, 503),
    ),
    credentials=CREDENTIALS,
)
LEGACY: Final = {
    path: Operation(
        id=f"legacy{''.join(part.capitalize() for part in path.split('/'))}",
        family=TRACK,
        title=f"{title}, as old clients do",
        body=Body(kind=kind),
        replies=(_IS_TEXT, *_TAKEN[2:]),
        credentials=CREDENTIALS,
    )
    for path, title, kind in (
        ("/event", "Send an event", TrackPayload),
        ("/profile", "Tell what is known of a profile", IdentifyPayload),
        ("/profile/increment", "Add to a number of a profile", IncrementPayload),
        ("/profile/decrement", "Take from a number of a profile", DecrementPayload),
    )
}
IMPORT_EVENTS: Final = Operation(
    id="importEvents",
    family=TRACK,
    title="Store events of the past",
    body=Body(kind=list[dict[str, Any]], says="Rows of events, all of which are stored or none."),
    parameters=(Parameter(name="projectId", says="For clients of several projects."),),
    replies=(
        Reply(status=200, says="Stored.", kind=str, media_type="text/plain; charset=utf-8"),
        *problems(400, 401, 403, 404, 413, 429, 503),
    ),
    credentials=CREDENTIALS,
)
EXPORT_EVENTS: Final = Operation(
    id="exportEvents",
    family=EXPORT,
    title="Read events, the newest first",
    parameters=(
        Parameter(name="projectId", says="The project, if not the client's own."),
        Parameter(name="event", says="Names of events, with commas between them."),
        Parameter(name="profileId", says="Events of this profile alone."),
        Parameter(name="start", says="The first day, or an instant in ISO 8601."),
        Parameter(name="end", says="The last day, or an instant in ISO 8601."),
        Parameter(name="page", says="Which page, from 1 on.", kind=int, default=1),
        Parameter(name="limit", says="Events per page; at most 50.", kind=int, default=50),
        Parameter(name="includes", says="Further keys of events, such as `properties,profile`."),
        FILTERS,
    ),
    replies=reads(ExportedEvents, "A page of events."),
    credentials=CREDENTIALS,
)

_STEPS: Final = Parameter(
    name="events",
    says="Events, each by its name or as an object with `name` and `filters`.",
    kind=list[str | dict[str, Any]],
    is_json=True,
    example=["screen_view", "sign_up"],
)
_BREAKDOWNS: Final = Parameter(
    name="breakdowns",
    says="Fields to split by.",
    kind=list[dict[str, Any]],
    is_json=True,
    example=[{"name": "country"}],
)
_PREVIOUS: Final = Parameter(
    name="previous", says="Also the period before.", kind=bool, default=False
)
_CHART_PARAMETERS: Final = (
    Parameter(name="projectId", says="The project, if not the client's own."),
    _STEPS,
    _BREAKDOWNS,
    *RANGE,
    _PREVIOUS,
)

EXPORT_CHARTS: Final = Operation(
    id="exportCharts",
    family=EXPORT,
    title="Series of events over time",
    parameters=(
        *_CHART_PARAMETERS,
        Parameter(
            name="interval",
            says="One of minute, hour, day, week, month.",
            default="day",
        ),
        Parameter(name="formula", says="Arithmetic on the series, which are called A, B, …"),
        Parameter(
            name="metric",
            says="What orders the lines: one of sum, average, min, max, count.",
            default="sum",
        ),
        Parameter(name="limit", says="How many lines at most; up to 1000.", kind=int),
        Parameter(name="offset", says="How many lines to pass over.", kind=int, default=0),
    ),
    replies=reads(dict[str, Any], "The series."),
    credentials=CREDENTIALS,
)
EXPORT_FUNNEL: Final = Operation(
    id="exportFunnel",
    family=EXPORT,
    title="How many get how far through some steps",
    parameters=(
        *_CHART_PARAMETERS,
        Parameter(name="funnelGroup", says="`session_id` or `profile_id`.", default="session_id"),
        Parameter(name="funnelWindow", says="Hours for all steps.", kind=float, default=24),
    ),
    replies=reads(dict[str, Any], "The steps."),
    credentials=CREDENTIALS,
)
