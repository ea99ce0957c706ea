"""What connectors ask before they export: properties in use, profiles, cohorts."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.catalog import PropertyKeysQuery
from app.analytics.expressions.evaluate import Subject, is_true
from app.analytics.expressions.tree import Expression, Second
from app.analytics.expressions.values import to_text
from app.analytics.fields import COLUMNS, Column, Source
from app.analytics.filters import Compare, InCohort, Not, Operator
from app.analytics.metrics import EVENTS, PROFILES, Count, Metric, Unit
from app.analytics.queries import BreakdownQuery, Page, TotalsQuery
from app.analytics.ranges import AllTime
from app.analytics.records import Json, Profile
from app.compat.mixpanel.admission import Admitted, admit_reader
from app.compat.mixpanel.engage import FIELD_NAMES
from app.compat.mixpanel.errors import BadCallError, PlainJson, guarded
from app.compat.mixpanel.operations import QUERIES, UNKNOWN
from app.compat.mixpanel.params import wrong
from app.compat.mixpanel.properties import EXPORTED, HIDDEN_PREFIX, columns_of
from app.compat.mixpanel.where.lower import Lowering, read_where
from app.http.operations import OperationRoute
from app.projects.profiles import ProfileOrder, ProfilePage, key_of

PREFIXES: Final = ("/api/2.0", "/api/query")
_METRICS_AT_ONCE: Final = 20
_KEYS: Final = 1_000
_PAGE: Final = 1_000
_MOST_PER_PAGE: Final = 10_000
_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
}


async def top_properties(request: Request) -> Response:
    """How many events have each exported property, the most frequent first."""
    asked = await admit_reader(request)
    limit = asked.params.whole("limit") or _KEYS
    if limit < 1:
        raise wrong("limit", "limit must be at least 1")
    counts = await _counts(asked)
    order = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    told: dict[str, Json] = {name: {"count": count} for name, count in order[:limit]}
    return PlainJson(told)


async def _counts(asked: Admitted) -> dict[str, int]:
    number = asked.project.number
    keys = await asked.services.reader.ask(
        PropertyKeysQuery(project=number, range=AllTime(), limit=_KEYS), asked.project
    )
    stored = {key.key: key.count for key in keys.keys}
    counts = {
        name: count
        for name, count in stored.items()
        if not name.startswith(HIDDEN_PREFIX) and name not in EXPORTED
    }
    columns = await _column_counts(asked)
    for name, expression in EXPORTED.items():
        most = max(
            (columns.get(column, stored.get(column, 0)) for column in columns_of(expression)),
            default=0,
        )
        if most:
            counts[name] = most
    return counts


async def _column_counts(asked: Admitted) -> dict[str, int]:
    """How many events have a value in each column that properties are made of."""
    names = sorted({name for each in EXPORTED.values() for name in columns_of(each)})
    known = [COLUMNS[name] for name in names if name in COLUMNS]
    counts: dict[str, int] = {}
    for start in range(0, len(known), _METRICS_AT_ONCE):
        part = known[start : start + _METRICS_AT_ONCE]
        query = TotalsQuery(
            project=asked.project.number, metrics=tuple(map(_filled, part)), range=AllTime()
        )
        result = await asked.services.reader.ask(query, asked.project)
        values = (int(each.value or 0) for each in result.values)
        counts |= dict(zip((column.name for column in part), values, strict=True))
    return counts


def _filled(column: Column) -> Metric:
    has_value = Not(Compare(column, Operator.IS_EMPTY))
    return Metric(column.name, column.label, Unit.COUNT, Source.EVENTS, (Count(has_value),))


async def profiles(request: Request) -> Response:
    """A page of profiles that meet a condition, by their ids."""
    asked = await admit_reader(request)
    condition = _condition(asked)
    page = asked.params.whole("page") or 0
    size = min(asked.params.whole("page_size") or _PAGE, _MOST_PER_PAGE)
    if page < 0 or size < 1:
        raise wrong("page", "page must not be negative and page_size at least 1")
    wanted = await _wanted_ids(asked)
    total = 0
    results: list[Json] = []
    async for profile in _matching(asked, condition):
        if wanted is not None and profile.id not in wanted:
            continue
        if page * size <= total < (page + 1) * size:
            results.append({"$distinct_id": profile.id, "$properties": _properties(profile)})
        total += 1
    told: dict[str, Json] = {
        "page": page,
        "page_size": size,
        "session_id": asked.params.text("session_id") or f"{asked.project.number}-{total}",
        "status": "ok",
        "total": total,
        "results": results,
    }
    return PlainJson(told)


async def profile_properties(request: Request) -> Response:
    """How many profiles have each property, and the type of its values."""
    asked = await admit_reader(request)
    limit = asked.params.whole("limit") or _KEYS
    found: dict[str, tuple[int, str]] = {}
    async for profile in _matching(asked, _condition(asked)):
        for name, value in _properties(profile).items():
            count, kind = found.get(name, (0, ""))
            found[name] = (count + 1, kind or _TYPES.get(type(value), ""))
    order = sorted(found.items(), key=lambda each: (-each[1][0], each[0]))
    results: dict[str, Json] = {
        name: {"count": count, "type": kind or "string"} for name, (count, kind) in order[:limit]
    }
    return PlainJson({"results": results, "status": "ok"})


async def cohorts(request: Request) -> Response:
    """The project's cohorts, with how many of their members have been active."""
    asked = await admit_reader(request)
    told: list[Json] = []
    for stored in await asked.services.cohorts.list_all(asked.project.number):
        query = TotalsQuery(
            project=asked.project.number,
            metrics=(PROFILES,),
            range=AllTime(),
            filter=InCohort(stored.cohort.id),
        )
        result = await asked.services.reader.ask(query, asked.project)
        created = str(to_text(Second(stored.created_at // 1000))).replace("T", " ")
        told.append(
            {
                "id": stored.number,
                "name": stored.cohort.name,
                "count": int(result.values[0].value or 0),
                "description": stored.description,
                "created": created,
                "is_visible": 1,
                "project_id": asked.project.number,
            }
        )
    return PlainJson(told)


async def unknown(_: Request) -> Response:
    """What is said of a path of the API that doesn't exist."""
    raise BadCallError("Invalid API endpoint")


def _condition(asked: Admitted) -> Expression:
    now = asked.services.clock.now_ms() // 1000
    text = asked.params.text("where") or ""
    return read_where(text, Lowering(now, asked.clock, is_about_profiles=True))


async def _wanted_ids(asked: Admitted) -> frozenset[str] | None:
    """The ids that are asked for; None when none are named."""
    value = asked.params.json("distinct_ids")
    one = asked.params.text("distinct_id")
    named = [str(each) for each in value] if isinstance(value, list) else []
    named += [one] if one else []
    cohort = asked.params.json("filter_by_cohort")
    if cohort is None:
        return frozenset(named) if named else None
    members = await _members(asked, cohort)
    return members & frozenset(named) if named else members


async def _members(asked: Admitted, told: Json) -> frozenset[str]:
    """The profiles of a cohort that have been active; raises InvalidQueryError without one."""
    number = told.get("id") if isinstance(told, dict) else None
    stored = await asked.services.cohorts.list_all(asked.project.number)
    found = next((each for each in stored if str(each.number) == str(number)), None)
    if found is None:
        raise wrong("filter_by_cohort", "filter_by_cohort must name a cohort of the project")
    query = BreakdownQuery(
        project=asked.project.number,
        by=(COLUMNS["profile_id"],),
        metrics=(EVENTS,),
        range=AllTime(),
        filter=InCohort(found.cohort.id),
        page=Page(_MOST_PER_PAGE),
    )
    result = await asked.services.reader.ask(query, asked.project)
    return frozenset(str(row.labels[0]) for row in result.rows)


async def _matching(asked: Admitted, condition: Expression) -> AsyncIterator[Profile]:
    """The project's profiles that meet the condition, by their ids."""
    directory, number = asked.services.profiles, asked.project.number
    after = None
    while True:
        page = await directory.page(
            number, ProfilePage(order=ProfileOrder.ID, limit=_PAGE, after=after)
        )
        for profile in page:
            if is_true(condition, _subject(profile), asked.clock):
                yield profile
        if len(page) < _PAGE:
            return
        after = key_of(page[-1], ProfileOrder.ID)


def _subject(profile: Profile) -> Subject:
    columns = {name: getattr(profile, name) for name in _COLUMNS}
    return Subject(
        columns={},
        properties={},
        profile_columns=columns,
        profile_properties=profile.properties,
    )


_COLUMNS: Final = (
    "id",
    "first_name",
    "last_name",
    "email",
    "avatar",
    "is_external",
    "created_at",
    "last_seen_at",
)


def _properties(profile: Profile) -> dict[str, Json]:
    own = {
        spelled: value
        for spelled, name in FIELD_NAMES.items()
        if (value := getattr(profile, name)) is not None
    }
    seen = str(to_text(Second(profile.last_seen_at // 1000)))
    others = {
        name: value
        for name, value in profile.properties.items()
        if not name.startswith(HIDDEN_PREFIX)
    }
    return {**others, **own, "$last_seen": seen}


def routes() -> Iterator[BaseRoute]:
    """Each route under both prefixes, and an answer for paths that don't exist."""
    doors = {
        "/events/properties/top": top_properties,
        "/engage": profiles,
        "/engage/properties": profile_properties,
        "/cohorts/list": cohorts,
    }
    for path, endpoint in doors.items():
        first, *others = (f"{prefix}{path}{end}" for prefix in PREFIXES for end in ("", "/"))
        route = OperationRoute.by_method(first, guarded(endpoint), QUERIES[path])
        yield route
        yield from map(route.alias, others)
    methods = ["GET", "POST", "PUT", "DELETE"]
    for prefix in PREFIXES:
        path = f"{prefix}/{{rest:path}}"
        unknown_path = OperationRoute.by_method(path, guarded(unknown), {"GET": UNKNOWN}, methods)
        # No client is told of it: it stands for what is not there.
        yield unknown_path.alias(path)
