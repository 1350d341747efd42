"""What a server decides about how it is answered."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "server_settings",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("spoilers", sa.String(8), nullable=False),
        sa.Column("private_by_default", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_server_settings"),
        sa.CheckConstraint("spoilers IN ('never', 'outside', 'always')", name="spoilers"),
    )


def downgrade() -> None:
    op.drop_table("server_settings")
