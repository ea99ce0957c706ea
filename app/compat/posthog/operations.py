"""What the routes of this API promise."""

from typing import Any, Final

from pydantic import BaseModel

from app.http.operations import Body, Credentials, Kind, Operation, Parameter, Reply

FAMILY: Final = "PostHog"

CREDENTIALS: Final = Credentials(
    schemes={"posthogPersonalApiKey": {"type": "http", "scheme": "bearer"}}
)


class ApiProblem(BaseModel):
    """A request that failed."""

    type: str
    code: str
    detail: str
    attr: str | None = None


class Listed(BaseModel):
    """A page of things, and where the pages beside it are."""

    count: int | None = None
    next: str | None = None
    previous: str | None = None
    results: list[dict[str, Any]]


_SAID: Final = {
    400: "A part of the request can't be understood.",
    401: "The key is missing or wrong.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    405: "The thing has no such method.",
    409: "It is there already.",
    413: "The body is too large.",
    415: "The body is of another kind.",
    429: "Too many requests.",
    503: "The server has no room for more work just now.",
    504: "The question took longer than the server's limit.",
}
_PROBLEMS: Final = tuple(
    Reply(status=status, says=says, kind=ApiProblem) for status, says in _SAID.items()
)
_PLACES: Final = {
    name: Parameter(name=name, place="path", says=says)
    for name, says in (
        ("project_id", "The project's number or slug, or `@current`."),
        ("id", "The thing's number."),
        ("user_id", "`@me`."),
        ("organization_id", "The organization's id, or `@current`."),
    )
}
_PAGED: Final = (
    Parameter(name="limit", says="Rows per page.", kind=int),
    Parameter(name="offset", says="Rows to pass over.", kind=int),
)


def _operation(
    id_: str, title: str, path: str, status: int = 200, kind: Kind = dict[str, Any]
) -> Operation:
    takes_body = id_.startswith(("create", "update", "replace"))
    return Operation(
        id=f"posthog{id_[0].upper()}{id_[1:]}",
        family=FAMILY,
        title=title,
        parameters=(
            *(place for name, place in _PLACES.items() if f"{{{name}}}" in path),
            *(_PAGED if kind is Listed else ()),
        ),
        body=Body(kind=dict[str, Any]) if takes_body else None,
        replies=(
            Reply(status=status, says="Done.", kind=kind),
            *_PROBLEMS,
        ),
        credentials=CREDENTIALS,
    )


def _things(word: str, plural: str) -> dict[str, dict[str, Operation]]:
    """The operations on a list of things, and on one of them.

    A thing is removed by changing it: `{"deleted": true}`.
    """
    name, start = word.capitalize(), "{project_id}"
    one = f"{start}/{{id}}"
    return {
        f"/{plural}": {
            "GET": _operation(f"list{name}s", f"List {plural}", start, kind=Listed),
            "POST": _operation(f"create{name}", f"Keep a new {word}", start, 201),
        },
        f"/{plural}/{{id}}": {
            "GET": _operation(f"get{name}", f"Read one of the {plural}", one),
            "PATCH": _operation(f"update{name}", f"Change or remove one of the {plural}", one),
            "PUT": _operation(f"replace{name}", f"Replace one of the {plural}", one),
        },
    }


_EXPORT: Final = "{project_id}/{id}"

INSIDE: Final = {
    "/exports": {
        "GET": _operation("listExports", "List exports", "{project_id}", kind=Listed),
        "POST": _operation(
            "createExport", "Export an insight, a dashboard or events", "{project_id}", 201
        ),
    },
    "/exports/{id}": {"GET": _operation("getExport", "Ask how an export does", _EXPORT)},
    "/exports/{id}/content": {
        "GET": _operation("getExportContent", "Download an export", _EXPORT, kind=None)
    },
    **_things("insight", "insights"),
    **_things("dashboard", "dashboards"),
    "": {"GET": _operation("getProject", "Read a project", "{project_id}")},
}
"""By the path below a project, and by method."""

OUTSIDE: Final = {
    "/api/projects": {"GET": _operation("listProjects", "List projects", "", kind=Listed)},
    "/api/environments": {"GET": _operation("listEnvironments", "List projects", "", kind=Listed)},
    "/api/organizations": {
        "GET": _operation("listOrganizations", "List organizations", "", kind=Listed)
    },
    "/api/organizations/{organization_id}": {
        "GET": _operation("getOrganization", "Read an organization", "{organization_id}")
    },
    "/api/organizations/{organization_id}/projects": {
        "GET": _operation(
            "listOrganizationProjects",
            "List an organization's projects",
            "{organization_id}",
            kind=Listed,
        )
    },
    "/api/users/{user_id}": {"GET": _operation("getUser", "Read who I am", "{user_id}")},
}
