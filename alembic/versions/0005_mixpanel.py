"""Give projects a token that may only write, and a flag for Mixpanel's older way of times."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("mixpanel_token", sa.Text(), nullable=True))
    op.add_column(
        "projects",
        sa.Column("legacy_time", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index("ix_projects_mixpanel_token", "projects", ["mixpanel_token"], unique=True)
    if op.get_context().as_sql:
        return
    projects = sa.table("projects", sa.column("number"), sa.column("mixpanel_token"))
    connection = op.get_bind()
    for (number,) in connection.execute(sa.select(projects.c.number)).all():
        connection.execute(
            projects.update()
            .where(projects.c.number == number)
            .values(mixpanel_token=secrets.token_hex(16))
        )


def downgrade() -> None:
    op.drop_index("ix_projects_mixpanel_token", "projects")
    op.drop_column("projects", "legacy_time")
    op.drop_column("projects", "mixpanel_token")
