"""A funnel of three steps per session over HTTP, against SQL written by hand for it."""

from functools import partial
from itertools import count
from typing import Final

import duckdb
import httpx

from bench.dataset import demo_client, demo_installation
from bench.server import Installation
from bench.timing import median_ms

_STEPS: Final = ("product_viewed", "add_to_cart", "purchase")
_DAY_MS: Final = 86_400_000

_BY_HAND: Final = """
WITH gathered AS (
  SELECT session_id, min(created_at) FILTER (name = $1) AS e0,
    list(created_at) FILTER (name = $2) AS l1, list(created_at) FILTER (name = $3) AS l2
  FROM events
  WHERE project = 1 AND name IN ($1, $2, $3) AND session_id IS NOT NULL
  GROUP BY session_id HAVING min(created_at) FILTER (name = $1) IS NOT NULL
), second AS (
  SELECT e0, list_min(list_filter(l1, lambda t: t > e0 AND t <= e0 + $4)) AS e1, l2
  FROM gathered
), third AS (
  SELECT e0, e1, list_min(list_filter(l2, lambda t: t > e1 AND t <= e0 + $4)) AS e2
  FROM second
)
SELECT count(*), count(e1), count(e2), avg(e1 - e0), median(e1 - e0), avg(e2 - e1), median(e2 - e1)
FROM third
"""
"""The fastest form found; right only where the first start of a session leads furthest."""


def measure(_: Installation, events: int) -> None:
    """Prints how close the route comes to the engine's own time for the same numbers."""
    installation = demo_installation(events)
    headers = demo_client(installation)
    # No two requests are the same, so that none is answered from memory.
    hours = (24 + number / 1000 for number in count())
    with installation.serving() as base_url, httpx.Client(headers=headers, timeout=60) as client:
        url = f"{base_url}/export/funnel?range=all_time&events={','.join(_STEPS)}&funnelWindow="
        told = client.get(f"{url}24").raise_for_status().json()
        over_http = median_ms(lambda: client.get(f"{url}{next(hours)}").raise_for_status())
    with duckdb.connect(str(installation.data_dir / "events.duckdb"), read_only=True) as database:
        (found,) = database.execute(_BY_HAND, [*_STEPS, _DAY_MS]).fetchall()
        asked = partial(_ask, database)
        by_hand = median_ms(asked)
    counts = tuple(step["count"] for step in told["steps"])
    same = "the same counts" if counts == found[:3] else f"other counts: {counts}, {found[:3]}"
    print(f"{'question':<10}{'HTTP ms':>10}{'by hand ms':>12}{'ratio':>8}")
    ratio = over_http / by_hand
    print(f"{'funnel':<10}{over_http:>10.1f}{by_hand:>12.1f}{ratio:>8.2f}  {same}")


def _ask(database: duckdb.DuckDBPyConnection) -> None:
    database.execute(_BY_HAND, [*_STEPS, _DAY_MS]).fetchall()
