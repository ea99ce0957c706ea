"""How the stores are opened under the settings, by the server and by commands."""

from app.control.engine import default_url
from app.ingest.log import LogSettings
from app.ingest.naming import SessionNames
from app.ingest.owners import Owners
from app.kit.clock import Clock
from app.settings import Settings
from app.stores.duckdb import DuckDBLimits
from app.stores.open import StoreLimits


def control_url(settings: Settings) -> str:
    """The URL of the control store that is configured."""
    return settings.database_url or default_url(settings.data_dir)


def log_settings(
    settings: Settings, names: SessionNames, owners: Owners, clock: Clock, source: str
) -> LogSettings:
    """How the event log is opened under these settings."""
    return LogSettings(
        data_dir=settings.data_dir,
        events_url=settings.event_store_url,
        naming=names,
        owners=owners,
        source=source,
        waiting_events=settings.ingest_buffer_events,
        limits=StoreLimits(
            readers=settings.query_threads,
            duckdb=DuckDBLimits(
                memory=settings.duckdb_memory or None, threads=settings.duckdb_threads or None
            ),
        ),
        clock=clock,
    )
