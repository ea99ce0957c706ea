"""Make aliases and groups; give projects filters and flags."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _project(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("project", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project"], ["projects.number"], name=f"fk_{table}_project", ondelete="CASCADE"
        ),
    )


def upgrade() -> None:
    op.create_table(
        "aliases",
        *_project("aliases"),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project", "alias", name="pk_aliases"),
        sa.UniqueConstraint("sequence", name="uq_aliases_sequence"),
    )
    op.create_index("ix_aliases_project_profile_id", "aliases", ["project", "profile_id"])
    op.create_table(
        "groups",
        *_project("groups"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project", "id", name="pk_groups"),
        sa.UniqueConstraint("sequence", name="uq_groups_sequence"),
    )
    # Trap: in a batch, SQLite's table would be made anew and lose its AUTOINCREMENT.
    op.add_column("projects", sa.Column("filters", sa.JSON(), server_default="[]", nullable=False))
    for flag in ("allow_unsafe_revenue", "cross_domain"):
        op.add_column(
            "projects", sa.Column(flag, sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:
    for column in ("cross_domain", "allow_unsafe_revenue", "filters"):
        op.drop_column("projects", column)
    op.drop_table("groups")
    op.drop_table("aliases")
