"""Finding what paths name: insights by their number or short id, dashboards by their number."""

from app.compat.posthog.admission import Admitted
from app.projects.dashboards import Dashboard
from app.projects.insights import Insight

_LARGEST = 2**31 - 1


def number_of(text: str) -> int | None:
    """The number that the text is, if it can be one of a row."""
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    return int(text) if 0 < int(text) <= _LARGEST else None


async def find_insight(
    asked: Admitted, reference: str, *, may_be_deleted: bool = False
) -> Insight | None:
    """The project's insight of that number or short id."""
    insights, number = asked.services.insights, number_of(reference)
    if may_be_deleted and number:
        return await insights.find_even_deleted(asked.project.number, number)
    found = await insights.find(asked.project.number, number) if number else None
    return found or await insights.find_by_short_id(asked.project.number, reference)


async def find_dashboard(asked: Admitted, reference: str) -> Dashboard | None:
    """The project's dashboard of that number."""
    number = number_of(reference)
    if number is None:
        return None
    return await asked.services.dashboards.find(asked.project.number, number)
