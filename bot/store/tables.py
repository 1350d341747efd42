"""The tables. Times are Unix seconds in UTC, so that both engines compare them alike."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

polls = Table(
    "polls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("film", String(40), nullable=False),
    Column("kind", String(12), nullable=False),
    # What a poll of its kind is about: a difference's id, a random name for an own question, nothing for the ending.
    Column("about", String(40), nullable=False),
    Column("question", String(140), nullable=False),
    Column("options", JSON, nullable=False),
    Column("results", String(8), nullable=False),
    Column("opened_by", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closes_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("closed_by", BigInteger),
    Column("cancelled", Boolean, nullable=False),
    Column("minimum", Integer, nullable=False),
    # The most options that one member may choose, the role that may vote, and how many members have voted.
    Column("choices", Integer, nullable=False),
    Column("role_id", BigInteger),
    Column("voters", Integer, nullable=False),
    # Whether the channel is still to be reminded before the end.
    Column("remind", Boolean, nullable=False),
    # Whether Discord would not let its channel be told of the close.
    Column("unreachable", Boolean, nullable=False),
    Column("voter_key", LargeBinary(32)),
    CheckConstraint("results IN ('live', 'hidden', 'voters')", name="results"),
    CheckConstraint("kind IN ('ending', 'difference', 'own')", name="kind"),
    # The key that links ballots to people lives exactly as long as the poll is open.
    CheckConstraint("(closed_at IS NULL) = (voter_key IS NOT NULL)", name="key_dies_at_close"),
    sqlite_autoincrement=True,
)

Index(
    "uq_polls_one_open_in_channel",
    polls.c.channel_id,
    polls.c.film,
    polls.c.kind,
    polls.c.about,
    unique=True,
    sqlite_where=text("closed_at IS NULL"),
    postgresql_where=text("closed_at IS NULL"),
)
Index("ix_polls_due", polls.c.closed_at, polls.c.closes_at)

ballots = Table(
    "ballots",
    metadata,
    Column("poll_id", ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True),
    Column("voter", LargeBinary(32), primary_key=True),
    # A bit for each option that the member has chosen, the first option's the lowest.
    Column("choices", Integer, nullable=False),
    # Without row ids a ballot keeps no trace of the order in which votes came.
    sqlite_with_rowid=False,
)

tallies = Table(
    "tallies",
    metadata,
    Column("poll_id", ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True),
    Column("choice", Integer, primary_key=True),
    Column("votes", Integer, nullable=False),
    CheckConstraint("votes >= 0", name="not_negative"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    # What must still be shown on Discord: written with the change that it tells of, deleted when Discord has it.
    Column("poll_id", ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True),
    Column("message", String(12), primary_key=True),
    Column("tried_at", BigInteger),
    CheckConstraint("message IN ('result', 'notice', 'reminder')", name="message"),
    sqlite_with_rowid=False,
)

# By server and by member: what is held of one is asked for, and deleted, without reading every poll.
Index("ix_polls_guild_id", polls.c.guild_id)
Index("ix_polls_opened_by", polls.c.opened_by)
Index("ix_polls_closed_by", polls.c.closed_by)

sharing = Table(
    "sharing",
    metadata,
    # Servers whose counts may be added to those of all servers: a row is the consent.
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
)

server_settings = Table(
    "server_settings",
    metadata,
    # How a server wants to be answered. One without a row has decided nothing.
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("spoilers", String(8), nullable=False),
    Column("private_by_default", Boolean, nullable=False),
    CheckConstraint("spoilers IN ('never', 'outside', 'always')", name="spoilers"),
)

departures = Table(
    "departures",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("gone_since", BigInteger, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    # When a shard may next start a session, for each row that Discord has shards stand in; times of the database.
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("free_at", Double, nullable=False),
    # How many sessions were started in the row since a moment, which moves on after a day.
    Column("since", Double, nullable=False),
    Column("identifies", Integer, nullable=False),
    # What processes tell each other just now is no part of what is kept, and goes into no export.
    info={"passing": True},
)
