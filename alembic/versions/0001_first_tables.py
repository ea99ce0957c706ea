"""Make the first tables: projects, credentials, profiles, salts, counters."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _project(*, nullable: bool = False) -> sa.Column[int]:
    return sa.Column("project", sa.Integer(), nullable=nullable)


def _project_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project"], ["projects.number"], name=f"fk_{table}_project", ondelete="CASCADE"
    )


def upgrade() -> None:
    _make_projects()
    _make_credentials()
    _make_profiles()
    op.create_table(
        "salts",
        sa.Column("utc_day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("utc_day", name="pk_salts"),
    )
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.bulk_insert(
        counters, [{"name": "profile_sequence", "value": 0}, {"name": "salt_rotation", "value": 0}]
    )


def _make_projects() -> None:
    op.create_table(
        "projects",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("mixpanel_secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_projects"),
        sa.UniqueConstraint("slug", name="uq_projects_slug"),
        sa.UniqueConstraint("mixpanel_secret_hash", name="uq_projects_mixpanel_secret_hash"),
        sqlite_autoincrement=True,
    )


def _make_credentials() -> None:
    op.create_table(
        "clients",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        _project(nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("ignore_cors_and_secret", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
        sa.CheckConstraint("type IN ('read', 'write', 'root')", name="ck_clients_type"),
        _project_key("clients"),
    )
    op.create_index("ix_clients_project", "clients", ["project"])
    op.create_table(
        "service_accounts",
        sa.Column("username", sa.Text(), nullable=False),
        _project(),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("username", name="pk_service_accounts"),
        _project_key("service_accounts"),
    )
    op.create_index("ix_service_accounts_project", "service_accounts", ["project"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        _project(),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
        _project_key("api_keys"),
    )
    op.create_index("ix_api_keys_project", "api_keys", ["project"])


def _make_profiles() -> None:
    op.create_table(
        "profiles",
        _project(),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("is_external", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("first_name", sa.Text()),
        sa.Column("last_name", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("avatar", sa.Text()),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project", "id", name="pk_profiles"),
        sa.UniqueConstraint("sequence", name="uq_profiles_sequence"),
        _project_key("profiles"),
    )
    op.create_index(
        "ix_profiles_project_last_seen_at_id", "profiles", ["project", "last_seen_at", "id"]
    )
    op.create_index(
        "ix_profiles_project_created_at_id", "profiles", ["project", "created_at", "id"]
    )


def downgrade() -> None:
    for table in (
        "counters",
        "salts",
        "profiles",
        "api_keys",
        "service_accounts",
        "clients",
        "projects",
    ):
        op.drop_table(table)
