"""Demo traffic as a file of the rows that an import reads."""

import time
from pathlib import Path
from typing import Final

import duckdb

from bench.server import Installation

_ROWS: Final = """
COPY (
  SELECT * EXCLUDE (project, position, received_at, session_id, groups, properties),
    groups::JSON AS groups, properties::JSON AS properties
  FROM events WHERE name NOT IN ('session_start', 'session_end') ORDER BY created_at, position
) TO '{}' (FORMAT JSON)
"""


_SYNTHETIC: Final = """
COPY (
  WITH visits AS (
    SELECT range AS visit, hash(range) % {devices} AS device,
      {now} - CAST(hash(range + 1) % 5184000000 AS BIGINT) AS begins,
      CAST(hash(range + 2) >> 1 AS BIGINT) AS chance
    FROM range({visits})
  ), steps AS (
    SELECT visits.*, step, CAST(hash(visit * 7 + step) >> 1 AS BIGINT) AS luck
    FROM visits CROSS JOIN (SELECT range AS step FROM range(6))
  )
  SELECT md5(visit || ':' || step) AS id,
    CASE WHEN step IN (0, 1, 3, 5) THEN 'screen_view'
      WHEN step = 4 AND chance % 20 = 0 THEN 'revenue' ELSE 'click' END AS name,
    begins + step * 25000 + luck % 20000 AS created_at,
    'd' || device AS device_id, 'u' || device AS profile_id,
    'https://shop.example' AS origin, '/p/' || CAST(sqrt(luck % 40000) AS INT) AS path,
    'Page ' || CAST(sqrt(luck % 40000) AS INT) AS title,
    ['https://google.com', NULL, 'https://news.example', NULL][1 + chance % 4] AS referrer,
    ['Google', NULL, 'News', NULL][1 + chance % 4] AS referrer_name,
    ['letter', NULL, NULL][1 + chance % 3] AS utm_source,
    ['SE', 'US', 'DE', 'GB', 'FR', 'JP', 'BR', 'IN'][1 + chance // 7 % 8] AS country,
    'City ' || chance // 11 % 300 AS city,
    ['Windows', 'iOS', 'Android', 'macOS'][1 + chance // 13 % 4] AS os,
    ['Chrome', 'Safari', 'Firefox'][1 + chance // 17 % 3] AS browser,
    (100 + chance // 19 % 40) || '.0' AS browser_version,
    ['desktop', 'mobile'][1 + chance // 23 % 2] AS device,
    CASE WHEN step = 4 AND chance % 20 = 0 THEN 500 + luck % 9000 ELSE 0 END AS revenue,
    json_object('plan', ['free', 'pro', 'team'][1 + chance // 29 % 3], 'number', visit)
      AS properties
  FROM steps ORDER BY created_at
) TO '{target}' (FORMAT JSON)
"""


def synthetic_file(target: Path, events: int, now_ms: int) -> Path:
    """The file, of visits of six events each over sixty days, by hashes and so always the same."""
    visits = events // 6
    statement = _SYNTHETIC.format(
        now=now_ms, visits=visits, devices=max(visits // 3, 1), target=target
    )
    with duckdb.connect() as database:
        database.execute(statement)
    return target


def demo_file(installation: Installation, events: int) -> Path:
    """The file; prints how fast the demo was made."""
    demo = Installation(installation.data_dir / "demo")
    started = time.perf_counter()
    demo.command("demo", "--events", str(events))
    seconds = time.perf_counter() - started
    print(f"demo: {events:,} events in {seconds:.1f} s, {events / seconds:,.0f} events/s")
    target = installation.data_dir / "demo.ndjson"
    with duckdb.connect(str(demo.data_dir / "events.duckdb"), read_only=True) as database:
        database.execute(_ROWS.format(target))
    return target
