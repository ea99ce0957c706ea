"""Where events come from: the address that they name, or that of the caller."""

from dataclasses import replace

from starlette.requests import Request

from app.analytics.records import Event, Json
from app.compat.mixpanel.params import Params
from app.http.addresses import client_address
from app.ingest.geo import GeoLookup


def caller_address(request: Request, params: Params) -> str | None:
    """The caller's own address, if `ip=1` asks for what happened to be placed by it."""
    if not params.flag("ip"):
        return None
    socket_address = request.client.host if request.client else None
    return client_address(request.headers, socket_address)


def placed(event: Event, named: Json, address: str | None, geo: GeoLookup) -> Event:
    """The event at the place of the address that it names, else of that one.

    An event that tells of its place stays there.
    """
    if event.country or event.region or event.city or event.latitude is not None:
        return event
    place = geo.locate(named if isinstance(named, str) and named else address)
    return replace(
        event,
        country=place.country,
        region=place.region,
        city=place.city,
        latitude=place.latitude,
        longitude=place.longitude,
    )
