"""Open polls and a running ledger, for tests that are about something else."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace

from bot.clock import Clock
from bot.polls.ledger import Ledger
from bot.polls.records import Records
from bot.store.engine import Store
from tests.polls.drafts import draft
from tests.polls.test_ledger import running


def voting(store: Store, clock: Clock) -> contextlib.AbstractAsyncContextManager[Ledger]:
    """A ledger whose writer runs."""
    return running(Ledger(store, clock))


async def open_polls(store: Store, clock: Clock, channels: Iterable[int], guild_id: int = 1) -> list[int]:
    """The ids of new polls in these channels of a server."""
    records = Records(store)
    poll_ids = []
    for channel_id in channels:
        await records.open(replace(draft(channel_id), guild_id=guild_id), clock())
        standing = await records.open_in(channel_id, "her")
        assert standing is not None
        poll_ids.append(standing.poll.id)
    return poll_ids
