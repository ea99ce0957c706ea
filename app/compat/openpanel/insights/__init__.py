"""`GET /insights/{projectId}/…`: the numbers of an overview, and what is behind them."""

from starlette.routing import BaseRoute

from app.compat.openpanel.insights import breakdowns, events, journeys, overview, pages, people

_FAMILIES = (overview, pages, breakdowns, journeys, events, people)


def routes() -> list[BaseRoute]:
    """One route per endpoint."""
    return [endpoint.route() for family in _FAMILIES for endpoint in family.ENDPOINTS]
