"""Who visits the demo's shop: each person is the same whenever they come back."""

from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any, Final

from app.analytics.records import Json
from app.demo.tables import AGENTS, FIRST_NAMES, LAST_NAMES, PLACES, AgentRow, PlaceRow
from app.projects.identity import Identity

_MEMBER_SHARE: Final = 0.16
_PLACE_WEIGHTS: Final = [place.weight for place in PLACES]
_AGENT_WEIGHTS: Final = [agent.weight for agent in AGENTS]


@dataclass(frozen=True, slots=True)
class PersonKey:
    """Names a person: the `number`th who came first on that day (days since 1970)."""

    day: int
    number: int


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with one device. `profile_id` is None for who never signed in."""

    device_id: str
    profile_id: str | None
    first_name: str
    last_name: str
    plan: str
    place: PlaceRow
    agent: AgentRow
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    """The fields that all events of the device share."""

    @property
    def uses_app(self) -> bool:
        """Whether the person has the app, not a browser."""
        return self.agent.browser is None


@lru_cache(maxsize=20_000)
def person_of(key: PersonKey) -> Person:
    """The person of that name, always the same."""
    random = Random(f"person:{key.day}:{key.number}")  # noqa: S311 — it is a demo.
    (place,) = random.choices(PLACES, _PLACE_WEIGHTS)
    (agent,) = random.choices(AGENTS, _AGENT_WEIGHTS)
    is_member = random.random() < _MEMBER_SHARE
    return Person(
        device_id=f"{random.getrandbits(128):032x}",
        profile_id=f"member-{key.day}-{key.number}" if is_member else None,
        first_name=random.choice(FIRST_NAMES),
        last_name=random.choice(LAST_NAMES),
        plan=random.choice(("basic", "basic", "basic", "plus", "circle")),
        place=place,
        agent=agent,
        facts=_facts(random, place, agent),
    )


def identities_of(person: Person, first_ms: int, last_ms: int) -> list[Identity]:
    """What is known of a member who was seen between those instants."""
    if person.profile_id is None:
        return []
    place = person.place
    details: dict[str, Json] = {
        "plan": person.plan,
        "newsletter": person.plan != "basic",
        "points": 20 * len(person.last_name),
        "interests": ["lamps" if person.device_id[0] < "8" else "textiles", "gift"],
        "address": {"country": place.country, "city": place.city},
    }
    mail = f"{person.first_name}.{person.last_name}.{person.device_id[:4]}@example.org".lower()
    told = Identity(
        profile_id=person.profile_id,
        seen_at=first_ms,
        first_name=person.first_name,
        last_name=person.last_name,
        email=mail,
        properties=details,
    )
    return [told, Identity(profile_id=person.profile_id, seen_at=last_ms)]


def _facts(random: Random, place: PlaceRow, agent: AgentRow) -> dict[str, Any]:
    return {
        "country": place.country,
        "region": place.region,
        "city": place.city,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "os": agent.os,
        "os_version": random.choice(agent.os_versions),
        "browser": agent.browser,
        "browser_version": random.choice(agent.browser_versions) if agent.browser else None,
        "device": agent.device,
        "brand": agent.brand,
        "model": agent.model,
        "sdk_name": agent.sdk,
        "sdk_version": agent.sdk_version,
    }
