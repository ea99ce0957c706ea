"""From plans to statements: the one door through which the rest of the core writes SQL."""

from app.analytics.sql.aggregate import aggregate_statement, prepared_aggregate
from app.analytics.sql.audiences import active_in_statement, beginning_in_statement
from app.analytics.sql.catalog import property_keys_statement
from app.analytics.sql.engines import duckdb as _duckdb
from app.analytics.sql.engines import sqlite as _sqlite
from app.analytics.sql.expressions import divided
from app.analytics.sql.funnel import (
    funnel_profiles_statement,
    funnel_statement,
    funnel_trend_statement,
)
from app.analytics.sql.habits import lifecycle_statement, stickiness_statement
from app.analytics.sql.kept import Prepared
from app.analytics.sql.listing import (
    count_statement,
    event_columns,
    event_lines_statement,
    events_statement,
    first_event_statement,
    sessions_statement,
)
from app.analytics.sql.pages import PAGE, pages_statement
from app.analytics.sql.paths import paths_statement
from app.analytics.sql.people import (
    active_statement,
    last_seen_statement,
    profile_count_statement,
    profiles_statement,
)
from app.analytics.sql.ranking import ranking_statement
from app.analytics.sql.retention import cohort_labels_statement, retention_statement
from app.analytics.sql.stays import stays_statement
from app.analytics.sql.streams import (
    LinesStatements,
    counts_statement,
    extent_statement,
    subject_of,
)
from app.analytics.sql.where import Statement

COMPILED_FOR = (_duckdb, _sqlite)
"""The engines whose spellings are registered; importing them registers them."""

__all__ = [
    "COMPILED_FOR",
    "PAGE",
    "LinesStatements",
    "Prepared",
    "Statement",
    "active_in_statement",
    "active_statement",
    "aggregate_statement",
    "beginning_in_statement",
    "cohort_labels_statement",
    "count_statement",
    "counts_statement",
    "divided",
    "event_columns",
    "event_lines_statement",
    "events_statement",
    "extent_statement",
    "first_event_statement",
    "funnel_profiles_statement",
    "funnel_statement",
    "funnel_trend_statement",
    "last_seen_statement",
    "lifecycle_statement",
    "pages_statement",
    "paths_statement",
    "prepared_aggregate",
    "profile_count_statement",
    "profiles_statement",
    "property_keys_statement",
    "ranking_statement",
    "retention_statement",
    "sessions_statement",
    "stays_statement",
    "stickiness_statement",
    "subject_of",
]
