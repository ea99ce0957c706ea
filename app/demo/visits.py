"""What people do in the demo's shop: one visit as a list of events."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any, Final

from app.analytics.records import REVENUE, SCREEN_VIEW, Event, Json
from app.demo.people import Person
from app.demo.tables import (
    ARTICLES,
    CATEGORIES,
    CURRENCY,
    ORIGIN,
    PRODUCTS,
    SEARCHES,
    ChannelRow,
    ProductRow,
)
from app.ingest.agents import SERVER
from app.ingest.locations import Location
from app.ingest.referrers import HandwrittenBook, refer

_BOOK: Final = HandwrittenBook()
_PRODUCT_WEIGHTS: Final = [product.weight for product in PRODUCTS]
_BOUNCE_SHARE: Final = 0.36
_SIGNED_IN_LATER_SHARE: Final = 0.3
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Visit:
    """Someone comes at an instant, by a channel, to the shop of that project."""

    project: int
    person: Person
    start_ms: int
    channel: ChannelRow


def events_of(visit: Visit, random: Random) -> list[Event]:
    """The visit's events in their order; a server's events about it come last."""
    return _Walk(visit, random).taken()


class _Walk:
    """One visit while it happens."""

    def __init__(self, visit: Visit, random: Random) -> None:
        self._visit = visit
        self._random = random
        self._at = visit.start_ms
        self._events: list[Event] = []
        self._page: dict[str, Any] = {}
        self._cart: list[ProductRow] = []
        person = visit.person
        self._profile = person.profile_id
        if random.random() < _SIGNED_IN_LATER_SHARE:
            self._profile = None
        self._facts = person.facts | ({} if person.uses_app else _source(visit.channel))

    def taken(self) -> list[Event]:
        """The events of the whole visit."""
        self._land()
        if self._random.random() >= _BOUNCE_SHARE:
            self._profile = self._visit.person.profile_id
            for _ in range(1 + min(11, int(self._random.expovariate(0.42)))):
                self._step()
            self._go_to_checkout()
        return self._events

    def _land(self) -> None:
        dice = self._random.random()
        if dice < 0.38:
            self._see("/", "Nordlicht: light for long evenings", "Home")
        elif dice < 0.72:
            self._see_product()
        elif dice < 0.88:
            self._see_category()
        else:
            slug, title = self._random.choice(ARTICLES)
            self._see(f"/journal/{slug}", title, f"Journal/{slug}")
        query = _query(self._visit.channel)
        if query and not self._visit.person.uses_app:
            first = self._events[0]
            first.properties["__query"] = dict(query)

    def _step(self) -> None:
        dice = self._random.random()
        if dice < 0.40:
            product = self._see_product()
            if self._random.random() < 0.34:
                self._add(product)
        elif dice < 0.66:
            self._see_category()
        elif dice < 0.76:
            words = self._random.choice(SEARCHES)
            self._do("search", {"query": words, "results": self._random.randrange(24)})
        elif dice < 0.84:
            slug, title = self._random.choice(ARTICLES)
            self._see(f"/journal/{slug}", title, f"Journal/{slug}")
        elif dice < 0.88:
            self._do("newsletter_signup", {"placement": "footer", "consent": True})
        elif dice < 0.91:
            self._do("link_out", {"href": "https://maps.example/nordlicht", "text": "Find us"})
        else:
            self._see("/", "Nordlicht: light for long evenings", "Home")

    def _go_to_checkout(self) -> None:
        random = self._random
        if not self._cart or random.random() > 0.72:
            return
        self._see("/cart", "Your cart", "Cart")
        if random.random() > 0.66:
            return
        total = sum(product.price for product in self._cart)
        self._see("/checkout", "Checkout", "Checkout")
        self._do("checkout_started", {"items": len(self._cart), "total": total / 100})
        if random.random() > 0.68:
            return
        self._buy(total)

    def _buy(self, total: int) -> None:
        order = f"N-{self._random.randrange(100_000, 1_000_000)}"
        items: list[Json] = [
            {"product": product.slug, "price": product.price / 100, "quantity": 1}
            for product in self._cart
        ]
        bought: dict[str, Json] = {
            "order": order,
            "total": total / 100,
            "currency": CURRENCY,
            "items": items,
            "gift": self._random.random() < 0.2,
            "coupon": "AUTUMN10" if self._random.random() < 0.12 else None,
        }
        self._see("/thanks", "Thank you", "Thanks")
        self._do("purchase", bought)
        self._at -= 1_000
        self._do(REVENUE, {"order": order, "currency": CURRENCY}, revenue=total)
        profile = self._profile
        if profile is not None:
            self._tell(profile, "payment_settled", 4_000, {"order": order, "provider": "card"})
            self._tell(profile, "order_shipped", 20 * _HOUR_MS, {"order": order, "parcels": 1})

    def _see_product(self) -> ProductRow:
        (product,) = self._random.choices(PRODUCTS, _PRODUCT_WEIGHTS)
        path = f"/products/{product.slug}"
        self._see(path, product.title, f"Product/{product.slug}")
        self._at -= 2_000
        shown: dict[str, Json] = {
            "product": product.slug,
            "category": product.category,
            "price": product.price / 100,
            "tags": list(product.tags),
        }
        self._do("product_viewed", shown)
        return product

    def _add(self, product: ProductRow) -> None:
        self._cart.append(product)
        self._do(
            "add_to_cart",
            {"product": product.slug, "price": product.price / 100, "quantity": 1},
        )

    def _see_category(self) -> None:
        category = self._random.choice(CATEGORIES)
        self._see(f"/{category}", category.capitalize(), f"Category/{category}")

    def _see(self, path: str, title: str, screen: str) -> None:
        if self._visit.person.uses_app:
            self._page = {"path": screen}
            self._record(SCREEN_VIEW, {}, 0)
        else:
            self._page = {"path": path, "origin": ORIGIN, "title": title}
            self._record(SCREEN_VIEW, {"__title": title}, 0)

    def _do(self, name: str, properties: dict[str, Json], revenue: int = 0) -> None:
        self._record(name, properties, revenue)

    def _record(self, name: str, properties: dict[str, Json], revenue: int) -> None:
        if self._events:
            self._at += 3_000 + int(self._random.expovariate(1 / 38_000))
        device_id = self._visit.person.device_id
        self._events.append(
            Event(
                project=self._visit.project,
                id=_event_id(self._random),
                name=name,
                created_at=self._at,
                received_at=self._at,
                profile_id=self._profile or device_id,
                device_id=device_id,
                revenue=revenue,
                properties=properties,
                **self._page,
                **self._facts,
            )
        )

    def _tell(self, profile: str, name: str, after_ms: int, properties: dict[str, Json]) -> None:
        """What the shop's server tells afterwards; it takes no part in the session."""
        at = self._at + after_ms
        self._events.append(
            Event(
                project=self._visit.project,
                id=_event_id(self._random),
                name=name,
                created_at=at,
                received_at=at,
                profile_id=profile,
                device=SERVER,
                sdk_name="node",
                sdk_version="1.3.0",
                properties=properties,
            )
        )


def _event_id(random: Random) -> str:
    """A UUID version 4 from the traffic's own randomness."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


@lru_cache(maxsize=64)
def _query(channel: ChannelRow) -> dict[str, str]:
    if channel.campaign is None:
        return {}
    source, medium, campaign = channel.campaign
    return {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}


@lru_cache(maxsize=64)
def _source(channel: ChannelRow) -> dict[str, Any]:
    """The fields of referrer and campaign, named as tracked events name them."""
    query = _query(channel)
    referrer = refer(channel.referrer, Location("/", ORIGIN, query), _BOOK)
    return {
        "referrer": referrer.url,
        "referrer_name": referrer.name,
        "referrer_type": referrer.kind,
        **query,
    }
