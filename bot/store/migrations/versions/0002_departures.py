"""Since when the bot is gone from a server, and finding polls by member and by server."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departures",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("gone_since", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_departures"),
    )
    op.create_index("ix_polls_guild_id", "polls", ["guild_id"])
    op.create_index("ix_polls_opened_by", "polls", ["opened_by"])
    op.create_index("ix_polls_closed_by", "polls", ["closed_by"])


def downgrade() -> None:
    op.drop_index("ix_polls_closed_by", "polls")
    op.drop_index("ix_polls_opened_by", "polls")
    op.drop_index("ix_polls_guild_id", "polls")
    op.drop_table("departures")
