"""`GET /insights/{projectId}/…`: the numbers of an overview, and what is behind them."""

from starlette.routing import BaseRoute

from app.compat.openpanel.insights import breakdowns, overview, pages

_FAMILIES = (overview, pages, breakdowns)


def routes() -> list[BaseRoute]:
    """One route per endpoint."""
    return [endpoint.route() for family in _FAMILIES for endpoint in family.ENDPOINTS]
