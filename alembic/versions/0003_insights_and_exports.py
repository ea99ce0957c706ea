"""Make saved insights, dashboards and exports."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [target], name=f"fk_{table}_{column}", ondelete="CASCADE"
    )


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _numbers(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def upgrade() -> None:
    op.create_table(
        "insights",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project", sa.Integer(), nullable=False),
        *_texts("short_id", "name", "description", "kind"),
        sa.Column("question", sa.JSON(), nullable=False),
        *_texts("display"),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("is_saved", sa.Boolean(), nullable=False),
        sa.Column("is_favorite", sa.Boolean(), nullable=False),
        *_texts("created_by"),
        *_numbers("created_at"),
        *_texts("updated_by"),
        *_numbers("updated_at"),
        *_numbers("deleted_at", nullable=True),
        _reference("insights", "project", "projects.number"),
        sa.PrimaryKeyConstraint("number", name="pk_insights"),
        sa.UniqueConstraint("project", "short_id", name="uq_insights_project_short_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_insights_project_deleted_at_number", "insights", ["project", "deleted_at", "number"]
    )
    op.create_table(
        "dashboards",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project", sa.Integer(), nullable=False),
        *_texts("name", "description"),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        *_texts("created_by"),
        *_numbers("created_at", "updated_at"),
        *_numbers("deleted_at", nullable=True),
        _reference("dashboards", "project", "projects.number"),
        sa.PrimaryKeyConstraint("number", name="pk_dashboards"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_dashboards_project_deleted_at_number", "dashboards", ["project", "deleted_at", "number"]
    )
    _make_tiles()
    _make_exports()


def _make_tiles() -> None:
    op.create_table(
        "tiles",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("dashboard", sa.Integer(), nullable=False),
        sa.Column("insight", sa.Integer(), nullable=True),
        *_texts("text", nullable=True),
        sa.Column("box", sa.JSON(), nullable=True),
        *_texts("color", nullable=True),
        _reference("tiles", "dashboard", "dashboards.number"),
        _reference("tiles", "insight", "insights.number"),
        sa.PrimaryKeyConstraint("number", name="pk_tiles"),
        sa.UniqueConstraint("dashboard", "insight", name="uq_tiles_dashboard_insight"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tiles_insight", "tiles", ["insight"])


def _make_exports() -> None:
    op.create_table(
        "exports",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("insight", sa.Integer(), nullable=True),
        sa.Column("dashboard", sa.Integer(), nullable=True),
        *_texts("format"),
        sa.Column("question", sa.JSON(), nullable=True),
        *_texts("display", nullable=True),
        *_texts("theme"),
        sa.Column("columns", sa.JSON(), nullable=True),
        *_texts("filename", nullable=True),
        sa.Column("context", sa.JSON(), nullable=True),
        *_texts("created_by"),
        *_numbers("created_at"),
        *_numbers("expires_at", nullable=True),
        *_numbers("not_before", "claims", "failures"),
        *_texts("lease", nullable=True),
        *_numbers("leased_until", nullable=True),
        *_numbers("done"),
        *_numbers("total", "finished_at", nullable=True),
        *_texts("exception", "blob", nullable=True),
        *_numbers("size", "rows", nullable=True),
        *(_reference("exports", f"{kind}", f"{kind}s.number") for kind in ("insight", "dashboard")),
        _reference("exports", "project", "projects.number"),
        sa.PrimaryKeyConstraint("number", name="pk_exports"),
        sqlite_autoincrement=True,
    )
    for columns in (
        ["project", "created_by", "number"],
        ["finished_at", "not_before"],
        ["expires_at"],
    ):
        op.create_index(f"ix_exports_{'_'.join(columns)}", "exports", columns)


def downgrade() -> None:
    for table in ("exports", "tiles", "dashboards", "insights"):
        op.drop_table(table)
