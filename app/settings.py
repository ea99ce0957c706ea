"""What can be configured, from the environment alone."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX: Final = "ROSETTA_"


class SettingsError(ValueError):
    """A setting has a wrong value; the message is a sentence that names it."""


def _split(value: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _url(value: str) -> str:
    try:
        if value:
            make_url(value)
    except ArgumentError:
        raise ValueError("it is not a database URL") from None
    return value


def _networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise ValueError(f"{text} is neither an address nor a network") from None
    return texts


def _buckets(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        scheme, _, name = text.partition("://")
        if scheme not in {"s3", "gs"} or not name or "/" in name:
            raise ValueError(f"{text} is no bucket, such as s3://lake or gs://lake")
    return texts


def _files(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    for path in paths:
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
    return paths


DatabaseUrl = Annotated[str, AfterValidator(_url)]


class Settings(BaseSettings):
    """Everything that can be configured. Each field is the variable `ROSETTA_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    data_dir: Path = Field(default=Path("data"), description="Folder of the embedded stores.")
    database_url: DatabaseUrl = Field(
        default="", description="Control store; empty means SQLite in the data folder."
    )
    events_url: DatabaseUrl = Field(
        default="", description="Event store; empty means DuckDB in the data folder."
    )
    query_timeout_seconds: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Longest time that one question may take in the event store.",
    )
    query_threads: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Questions that the event store answers at the same time.",
    )
    duckdb_memory: str = Field(
        default="",
        description='Memory that DuckDB may use, such as "2GB"; empty means its own choice.',
    )
    duckdb_threads: int = Field(
        default=0, ge=0, le=256, description="Threads of DuckDB; 0 means one per core."
    )
    ingest_buffer_events: int = Field(
        default=20_000,
        ge=1,
        description="Events that may wait to be journalled; beyond them it is a 503.",
    )
    replays_url: DatabaseUrl = Field(
        default="", description="Store of recordings; empty means SQLite in the data folder."
    )
    replay_days: int = Field(
        default=30, ge=1, le=3_650, description="Days for which recordings of sessions are kept."
    )
    max_body_bytes: int = Field(
        default=5_000_000, ge=1_000, description="Largest request body of the tracking routes."
    )
    max_import_body_bytes: int = Field(
        default=20_000_000, ge=1_000, description="Largest request body of the import route."
    )
    max_graphql_body_bytes: int = Field(
        default=100_000, ge=1_000, description="Largest request body of GraphQL."
    )
    max_graphql_mutation_body_bytes: int = Field(
        default=1_000_000, ge=1_000, description="Largest request body of GraphQL's mutations."
    )
    graphql_max_depth: int = Field(
        default=12, ge=3, le=100, description="Deepest nesting of fields in a GraphQL operation."
    )
    graphql_introspection: bool = Field(
        default=True, description="Whether the GraphQL schema can be introspected."
    )
    graphql_suggestions: bool = Field(
        default=True,
        description="Whether GraphQL errors suggest names; never without introspection.",
    )
    graphql_timeout_seconds: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Longest time of one GraphQL operation; then its questions are stopped.",
    )
    graphql_max_cost: int = Field(
        default=5_000, ge=1, description="Points that one GraphQL operation may cost."
    )
    graphql_points_per_minute: int = Field(
        default=50_000, ge=1, description="GraphQL points that one client may spend in a minute."
    )
    graphql_batch_operations: int = Field(
        default=0, ge=0, le=10, description="Operations in one GraphQL request; 0 allows no lists."
    )
    graphql_documents_path: Path | None = Field(
        default=None, description="JSON file of trusted GraphQL documents: their ids and texts."
    )
    graphql_documents_only: bool = Field(
        default=False, description="Whether only trusted GraphQL documents are executed."
    )
    graphql_draft_statuses: bool = Field(
        default=False,
        description="Whether GraphQL answers have the draft's statuses 422 and 294.",
    )
    graphql_subscriptions_per_connection: int = Field(
        default=100, ge=1, description="Subscriptions of one WebSocket or shared stream at a time."
    )
    graphiql: bool = Field(default=True, description="Whether a browser at /graphql gets GraphiQL.")
    rate_limits: bool = Field(default=True, description="Whether requests are rate limited.")
    insights_requests_per_10_seconds: int = Field(
        default=100, ge=1, description="Insights requests that one client may make in 10 seconds."
    )
    export_requests_per_10_seconds: int = Field(
        default=100, ge=1, description="Export requests that one client may make in 10 seconds."
    )
    track_requests_per_10_seconds: int = Field(
        default=10_000,
        ge=1,
        description="Tracking requests that one client may make in 10 seconds.",
    )
    graphql_requests_per_10_seconds: int = Field(
        default=200, ge=1, description="GraphQL requests that one client may make in 10 seconds."
    )
    mixpanel_exports_per_hour: int = Field(
        default=60, ge=1, description="Raw exports of Mixpanel's API that a project has an hour."
    )
    mixpanel_exports_per_second: int = Field(
        default=3, ge=1, description="Raw exports of Mixpanel's API that a project has a second."
    )
    mixpanel_exports_at_once: int = Field(
        default=100, ge=1, description="Raw exports of a project that run at the same time."
    )
    mixpanel_bad_credentials_status: int = Field(
        default=401,
        ge=400,
        le=401,
        description="Status for bad credentials of Mixpanel's API: 401, or 400 as it once was.",
    )
    mixpanel_upload_buckets: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_buckets)
    ] = Field(
        default=(),
        description="Buckets that raw exports may be uploaded to, such as s3://lake or gs://lake, "
        "comma-separated; empty allows none.",
    )
    ip_headers: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(
            "openpanel-client-ip",
            "true-client-ip",
            "x-client-ip",
            "cf-connecting-ip",
            "x-forwarded-for",
            "x-real-ip",
            "fastly-client-ip",
            "x-cluster-client-ip",
            "x-appengine-user-ip",
            "do-connecting-ip",
            "x-nf-client-connection-ip",
            "x-forwarded",
            "forwarded",
        ),
        description="Headers that may tell the client's address, comma-separated, in their order.",
    )
    trusted_proxies: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_networks)
    ] = Field(
        default=(
            "127.0.0.0/8",
            "::1/128",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "fc00::/7",
        ),
        description="Networks of proxies whose `x-forwarded-for` rate limits go by, "
        "comma-separated; others are counted by their own address.",
    )
    exports_url: str = Field(
        default="",
        description="Object store of exported files, such as s3://bucket/folder; empty means the "
        "data folder.",
    )
    export_workers: int = Field(
        default=2, ge=1, le=32, description="Exports that are made at the same time."
    )
    export_lease_seconds: float = Field(
        default=30,
        ge=0.5,
        le=3_600,
        description="Time after which an export is made anew if its worker is not heard of.",
    )
    export_wait_seconds: float = Field(
        default=5,
        ge=0,
        le=600,
        description="Longest time that ordering an export waits for it to be finished.",
    )
    geoip_path: Annotated[
        tuple[Path, ...], NoDecode, BeforeValidator(_split), AfterValidator(_files)
    ] = Field(
        default=(),
        description="Own MaxMind-format files of places, comma-separated; empty means those of "
        "`make setup`.",
    )
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Log level."
    )

    @classmethod
    def from_env(cls) -> Self:
        """The settings of this process's environment.

        Raises SettingsError with one sentence that names the first wrong variable.
        """
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = f"{PREFIX}{first['loc'][0]}".upper() if first["loc"] else PREFIX
            reason = first["msg"].removeprefix("Value error, ")
            raise SettingsError(f"{name} has a wrong value: {reason}.") from None

    @property
    def event_store_url(self) -> str:
        """The URL of the event store."""
        return self.events_url or f"duckdb:///{self.data_dir / 'events.duckdb'}"
