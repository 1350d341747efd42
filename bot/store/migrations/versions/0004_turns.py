"""Whose turn it is to start a session with Discord's gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("bucket", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("free_at", sa.Double, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("identifies", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="pk_turns"),
    )


def downgrade() -> None:
    op.drop_table("turns")
