"""Sessions as a pure function of events.

`sessionize` is the definition. A session's state is a summary that can be merged, so
events may come in any order and in any portions: merging the summaries of the portions
gives the same sessions as summarising all events at once.

Events of one device that take part are cut where two neighbours in event time lie more
than 30 minutes apart. The session is named by its *anchor*, the member that arrived
first, so an event that comes late never renames a session; when it bridges two of them,
the one that was there earlier keeps its name.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final, TypeAlias

from app.analytics.arrivals import Arrival, Arrived, Opener
from app.analytics.event_row import json_text
from app.analytics.records import BOUNDARY_EVENTS, REVENUE, SCREEN_VIEW, Session

SESSION_GAP_MS: Final = 30 * 60 * 1000
"""The longest pause inside a session, in milliseconds of event time."""

SessionNaming: TypeAlias = Callable[[int, str, int], str]
"""The id of the session that a project's device begins at an instant (number, id, ms)."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a session takes from its earliest event: properties, source, place and technology.

    The earliest is the smallest by event time, then by arrival; its event time is the
    session's `created_at`. `properties` is JSON text.
    """

    position: int
    is_pathless_view: bool
    properties: str
    referrer: str | None
    referrer_name: str | None
    referrer_type: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_term: str | None
    utm_content: str | None
    country: str | None
    region: str | None
    city: str | None
    longitude: float | None
    latitude: float | None
    os: str | None
    os_version: str | None
    browser: str | None
    browser_version: str | None
    device: str | None
    brand: str | None
    model: str | None


OPENING_FACTS: Final = tuple(Opening.__dataclass_fields__)[3:]
"""The fields that an opening and the session's record have from the event, in order."""

_facts_of: Final[Callable[[Opener], tuple[Any, ...]]] = attrgetter(*OPENING_FACTS)


@dataclass(frozen=True, slots=True)
class Page:
    """What a session keeps of an event with a path."""

    at: int
    position: int
    path: str
    origin: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a session keeps of an event that named its profile."""

    at: int
    position: int
    profile_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """A mergeable summary of some events of one session.

    `activity_count` counts every member, `pathed_view_count` the screen views with a
    path. Merging is associative and commutative; a member must not be merged twice.
    """

    project: int
    device_id: str
    id: str
    anchor_position: int
    created_at: int
    ended_at: int
    opening: Opening
    entry: Page | None
    exit: Page | None
    claim: Claim | None
    pathed_view_count: int
    activity_count: int
    revenue: int
    groups: tuple[str, ...]

    @property
    def profile_id(self) -> str:
        """The profile that was named latest, else the device's own id."""
        return self.device_id if self.claim is None else self.claim.profile_id

    @property
    def screen_view_count(self) -> int:
        """Screen views with a path, and the opening event if it is one without."""
        return self.pathed_view_count + self.opening.is_pathless_view

    @property
    def is_bounce(self) -> bool:
        """Whether at most one screen was viewed."""
        return self.screen_view_count <= 1


def takes_part(event: Arrival) -> bool:
    """Whether the event belongs to a session by its own doing.

    Events of servers and of the past carry no device; boundary events are made from
    sessions and can't make them.
    """
    return event.device_id is not None and event.name not in BOUNDARY_EVENTS


def sessionize(events: Iterable[Opener], naming: SessionNaming) -> list[SessionState]:
    """The sessions of these events, by project and device, then by time."""
    return sessions_of(events, naming, openings_of)


def openings_of(events: Sequence[Opener]) -> list[Opening]:
    """What the events themselves say."""
    return [opening_of(event, event.position) for event in events]


def sessions_of(
    events: Iterable[Arrived],
    naming: SessionNaming,
    openings: Callable[[Sequence[Arrived]], Sequence[Opening]],
) -> list[SessionState]:
    """The sessions like `sessionize`, of events that hold only a part of what is known of them.

    `openings` gives what sessions take from these, the earliest events of each.
    """
    devices: defaultdict[tuple[int, str], list[Arrived]] = defaultdict(list)
    for event in events:
        if event.device_id is not None and event.name not in BOUNDARY_EVENTS:
            devices[event.project, event.device_id].append(event)
    runs = [
        (device_id, run)
        for (_, device_id), members in sorted(devices.items())
        for run in _runs(members)
    ]
    opened = openings([run[0] for _, run in runs])
    return [
        _summarise(run, device_id, naming, opening)
        for (device_id, run), opening in zip(runs, opened, strict=True)
    ]


def _summarise(
    run: Sequence[Arrival], device_id: str, naming: SessionNaming, opening: Opening
) -> SessionState:
    """The state of one session; `run` holds its events by event time, then arrival."""
    first = anchor = run[0]
    first_page: Arrival | None = None
    last_page: Arrival | None = None
    claim: Arrival | None = None
    views = revenue = 0
    groups: set[str] = set()
    for event in run:
        if event.position < anchor.position:
            anchor = event
        if event.path:
            first_page = event if first_page is None else first_page
            last_page = event
            views += event.name == SCREEN_VIEW
        if event.profile_id is not None and event.profile_id != device_id:
            claim = event
        if event.name == REVENUE:
            revenue += event.revenue
        if event.groups:
            groups.update(event.groups)
    return SessionState(
        project=first.project,
        device_id=device_id,
        id=naming(first.project, device_id, anchor.created_at),
        anchor_position=anchor.position,
        created_at=first.created_at,
        ended_at=run[-1].created_at,
        opening=opening,
        entry=None if first_page is None else _page(first_page),
        exit=None if last_page is None else _page(last_page),
        claim=None if claim is None else _claim(claim),
        pathed_view_count=views,
        activity_count=len(run),
        revenue=revenue,
        groups=tuple(sorted(groups)) if groups else (),
    )


def merged(a: SessionState, b: SessionState) -> SessionState:
    """The state of both sets of events together; they belong to one session."""
    first, second = (a, b) if _opening_mark(a) <= _opening_mark(b) else (b, a)
    anchor = a if a.anchor_position <= b.anchor_position else b
    return SessionState(
        project=a.project,
        device_id=a.device_id,
        id=anchor.id,
        anchor_position=anchor.anchor_position,
        created_at=first.created_at,
        ended_at=max(a.ended_at, b.ended_at),
        opening=first.opening,
        entry=min((page for page in (a.entry, b.entry) if page), key=_mark, default=None),
        exit=max((page for page in (a.exit, b.exit) if page), key=_mark, default=None),
        claim=max((claim for claim in (a.claim, b.claim) if claim), key=_mark, default=None),
        pathed_view_count=a.pathed_view_count + b.pathed_view_count,
        activity_count=a.activity_count + b.activity_count,
        revenue=a.revenue + b.revenue,
        groups=_union(first.groups, second.groups),
    )


def session_record(state: SessionState) -> Session:
    """The session as it is shown."""
    views = state.screen_view_count
    facts: dict[str, Any] = {fact: getattr(state.opening, fact) for fact in OPENING_FACTS}
    return Session(
        project=state.project,
        id=state.id,
        device_id=state.device_id,
        profile_id=state.profile_id,
        created_at=state.created_at,
        ended_at=state.ended_at,
        is_bounce=state.is_bounce,
        screen_view_count=views,
        event_count=state.activity_count - views,
        revenue=state.revenue,
        entry_path=state.entry.path if state.entry else None,
        entry_origin=state.entry.origin if state.entry else None,
        exit_path=state.exit.path if state.exit else None,
        exit_origin=state.exit.origin if state.exit else None,
        groups=state.groups,
        **facts,
    )


def opening_of(event: Opener, position: int) -> Opening:
    """What a session takes from this event if it is the earliest; it arrived at `position`."""
    is_pathless_view = event.name == SCREEN_VIEW and not event.path
    return Opening(position, is_pathless_view, json_text(event.properties), *_facts_of(event))


def _runs(members: list[Arrived]) -> Iterator[list[Arrived]]:
    """The events of one device, cut at the pauses."""
    # Two stable sorts by one number each take half the time of one by pairs.
    members.sort(key=attrgetter("position"))
    members.sort(key=attrgetter("created_at"))
    cuts: list[int] = []
    ended_at = members[0].created_at
    for place, event in enumerate(members):
        at = event.created_at
        if at - ended_at > SESSION_GAP_MS:
            cuts.append(place)
        ended_at = at
    for start, end in pairwise([0, *cuts, len(members)]):
        yield members[start:end]


def _opening_mark(state: SessionState) -> tuple[int, int]:
    return state.created_at, state.opening.position


def _mark(place: Page | Claim) -> tuple[int, int]:
    return place.at, place.position


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    if first == second or not second:
        return first
    return tuple(sorted({*first, *second}))


def _page(event: Arrival) -> Page:
    return Page(event.created_at, event.position, event.path or "", event.origin)


def _claim(event: Arrival) -> Claim:
    return Claim(event.created_at, event.position, event.profile_id or "")
