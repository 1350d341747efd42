"""Polls, ballots, tallies the outbox and the consents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "polls",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("film", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("about", sa.String(40), nullable=False),
        sa.Column("question", sa.String(140), nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("results", sa.String(8), nullable=False),
        sa.Column("opened_by", sa.BigInteger, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("closes_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("closed_by", sa.BigInteger),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.Column("minimum", sa.Integer, nullable=False),
        sa.Column("choices", sa.Integer, nullable=False),
        sa.Column("role_id", sa.BigInteger),
        sa.Column("voters", sa.Integer, nullable=False),
        sa.Column("remind", sa.Boolean, nullable=False),
        sa.Column("unreachable", sa.Boolean, nullable=False),
        sa.Column("voter_key", sa.LargeBinary(32)),
        sa.PrimaryKeyConstraint("id", name="pk_polls"),
        sa.CheckConstraint("results IN ('live', 'hidden', 'voters')", name="results"),
        sa.CheckConstraint("kind IN ('ending', 'difference', 'own')", name="kind"),
        sa.CheckConstraint("(closed_at IS NULL) = (voter_key IS NOT NULL)", name="key_dies_at_close"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_polls_one_open_in_channel",
        "polls",
        ["channel_id", "film", "kind", "about"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_polls_due", "polls", ["closed_at", "closes_at"])
    op.create_table(
        "ballots",
        sa.Column("poll_id", sa.Integer, nullable=False),
        sa.Column("voter", sa.LargeBinary(32), nullable=False),
        sa.Column("choices", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "voter", name="pk_ballots"),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name="fk_ballots_poll_id_polls", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tallies",
        sa.Column("poll_id", sa.Integer, nullable=False),
        sa.Column("choice", sa.Integer, nullable=False),
        sa.Column("votes", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "choice", name="pk_tallies"),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name="fk_tallies_poll_id_polls", ondelete="CASCADE"),
        sa.CheckConstraint("votes >= 0", name="not_negative"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("poll_id", sa.Integer, nullable=False),
        sa.Column("message", sa.String(12), nullable=False),
        sa.Column("tried_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("poll_id", "message", name="pk_outbox"),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name="fk_outbox_poll_id_polls", ondelete="CASCADE"),
        sa.CheckConstraint("message IN ('result', 'notice', 'reminder')", name="message"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sharing",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_sharing"),
    )


def downgrade() -> None:
    op.drop_table("sharing")
    op.drop_table("outbox")
    op.drop_table("tallies")
    op.drop_table("ballots")
    op.drop_table("polls")
