"""Whatever members, moderators, time and restarts do, in any order: the database is what a simple model says.

The model is a dictionary of ballots for each poll. Everything else is the bot's own: the ledger that runs, the records,
and a real SQLite file.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import select

from bot.polls.drafts import Place, again_draft
from bot.polls.ledger import Ledger, Outcome, Receipt
from bot.polls.records import Records, chosen
from bot.polls.rules import LONGEST, Draft, Kind, Tally, voter
from bot.store.engine import Store, open_store
from bot.store.tables import ballots, outbox, polls, tallies
from tests.conftest import HandClock
from tests.polls.drafts import OPENER, draft

T = TypeVar("T")
ROLE = 77
OPTIONS = 5
Press = tuple[int, frozenset[int], bool]
"""A member, the options they choose, and whether they have the role."""

MEMBERS = st.integers(1, 6)
CHOICES = st.frozensets(st.integers(0, OPTIONS), max_size=4)
"""Also one option more than there are, and more at once than most polls allow."""
SPANS = st.sampled_from([timedelta(minutes=minutes) for minutes in (5, 60, 24 * 60, 7 * 24 * 60)])


@dataclass
class Known:
    """What the model knows of a poll. `final` is its tally from the close on."""

    draft: Draft
    closes_at: datetime
    box: dict[int, frozenset[int]] = field(default_factory=dict)
    final: Tally | None = None
    cancelled: bool = False

    @property
    def matter(self) -> tuple[int, str, str]:
        return self.draft.channel_id, self.draft.kind, self.draft.about

    @property
    def tally(self) -> Tally:
        if self.final is not None:
            return self.final
        votes = Counter(option for choices in self.box.values() for option in choices)
        voters = len(self.box) if self.draft.choices > 1 else None
        return Tally(tuple(votes[option] for option in range(OPTIONS)), voters)

    def press(self, press: Press, now: datetime) -> Outcome:
        """Apply a vote by the rules as the README tells them."""
        member, choices, has_role = press
        held = self.box.get(member, frozenset())
        if self.final is not None or self.closes_at <= now:
            return Outcome.CLOSED
        if OPTIONS in choices:
            return Outcome.UNKNOWN
        # Whoever lost the role can still take their vote back.
        if choices and self.draft.role_id is not None and not has_role:
            return Outcome.BARRED
        if len(choices) > self.draft.choices:
            return Outcome.TOO_MANY
        if choices == held:
            return Outcome.UNCHANGED if held else Outcome.NO_BALLOT
        self.box[member] = choices
        if not choices:
            del self.box[member]
            return Outcome.WITHDRAWN
        return Outcome.CHANGED if held else Outcome.COUNTED


class PollMachine(RuleBasedStateMachine):
    """Acts on the bot and on the model alike, and compares them after each step."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.clock = HandClock()
        self.known: dict[int, Known] = {}
        self.untold: set[tuple[int, str]] = set()
        self.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def start(self) -> None:
        async def begin() -> tuple[Store, Ledger, asyncio.Task[None]]:
            store = await open_store(f"sqlite+aiosqlite:///{Path(self.folder.name) / 'polls.db'}")
            ledger = Ledger(store, self.clock)
            return store, ledger, asyncio.create_task(ledger.run())

        self.store, self.ledger, self.writer = self.run(begin())
        self.records = Records(self.store)

    def stop(self) -> None:
        async def end() -> None:
            await self.ledger.close()
            self.writer.cancel()
            await asyncio.gather(self.writer, return_exceptions=True)
            await self.store.close()

        self.run(end())

    def teardown(self) -> None:
        self.stop()
        self.runner.close()
        self.folder.cleanup()

    @initialize(target=ids)
    def a_poll_to_begin_with(self) -> int:
        return self.opened(draft(1))[0]

    def opened(self, wanted: Draft) -> tuple[int, bool]:
        """Open a poll in both worlds; its id, and whether it is new."""
        standing, is_new = self.run(self.records.open(wanted, self.clock()))
        poll_id = standing.poll.id
        matter = Known(wanted, self.clock() + wanted.duration)
        rival = [each for each, it in self.known.items() if it.final is None and it.matter == matter.matter]
        assert (rival, is_new) == ([], True) or (rival, is_new) == ([poll_id], False)
        if is_new:
            assert poll_id not in self.known
            self.known[poll_id] = matter
        return poll_id, is_new

    @rule(
        target=ids,
        channel=st.integers(1, 2),
        kind=st.sampled_from(["ending", "difference", "own"]),
        choices=st.integers(1, 3),
        role=st.sampled_from([None, ROLE]),
        duration=SPANS,
        again=st.integers(0, 2),
    )
    def open(self, channel: int, kind: Kind, choices: int, role: int | None, duration: timedelta, again: int) -> Any:
        wanted = replace(draft(channel, duration=duration), kind=kind)
        if kind == "difference":
            wanted = replace(wanted, about="samantha-leaves")
        elif kind == "own":
            wanted = replace(wanted, about=f"own-{again}", choices=choices, role_id=role)
        poll_id, is_new = self.opened(wanted)
        return poll_id if is_new else multiple()

    @rule(poll_id=ids, press=st.tuples(MEMBERS, CHOICES, st.booleans()))
    def vote(self, poll_id: int, press: Press) -> None:
        self.cast([(poll_id, press)])

    @rule(poll_id=ids, member=MEMBERS, has_role=st.booleans())
    def withdraw(self, poll_id: int, member: int, has_role: bool) -> None:
        self.cast([(poll_id, (member, frozenset(), has_role))])

    @rule(presses=st.lists(st.tuples(ids, st.tuples(MEMBERS, CHOICES, st.just(True))), min_size=2, max_size=12))
    def vote_all_at_once(self, presses: list[tuple[int, Press]]) -> None:
        self.cast(presses)

    def cast(self, presses: Sequence[tuple[int, Press]]) -> None:
        async def all_at_once() -> list[Receipt]:
            return await asyncio.gather(
                *(
                    self.ledger.cast(poll_id, member, choices, [ROLE] if has_role else [])
                    for poll_id, (member, choices, has_role) in presses
                )
            )

        for (poll_id, press), receipt in zip(presses, self.run(all_at_once()), strict=True):
            known = self.known[poll_id]
            assert receipt.outcome is known.press(press, self.clock())
            if receipt.tally is not None:
                assert receipt.tally == known.tally
                assert frozenset(receipt.choices) == known.box.get(press[0], frozenset())

    @rule(poll_id=ids, member=MEMBERS)
    def look_up_ones_own_vote(self, poll_id: int, member: int) -> None:
        receipt = self.run(self.ledger.ballot(poll_id, member))
        known = self.known[poll_id]
        assert (receipt.outcome is Outcome.CLOSED) == (known.final is not None)
        assert frozenset(receipt.choices) == known.box.get(member, frozenset())

    @rule(poll_id=ids, by=SPANS)
    def extend(self, poll_id: int, by: timedelta) -> None:
        poll = self.run(self.records.extend(poll_id, self.clock(), by))
        known = self.known[poll_id]
        runs_on = known.final is None and known.closes_at > self.clock()
        assert (poll is not None) == runs_on
        if poll is not None:
            known.closes_at = max(known.closes_at, min(known.closes_at + by, self.clock() + LONGEST))
            assert poll.closes_at == known.closes_at

    @rule(poll_id=ids, cancelled=st.booleans())
    def close_or_cancel(self, poll_id: int, cancelled: bool) -> None:
        closed = self.run(self.records.close(poll_id, self.clock(), OPENER, cancelled=cancelled))
        assert closed == (self.known[poll_id].final is None)
        if closed:
            self.settle(poll_id, cancelled)

    @rule()
    def close_what_is_due(self) -> None:
        due = self.run(self.records.due(self.clock()))
        assert set(due) == {
            poll_id for poll_id, it in self.known.items() if it.final is None and it.closes_at <= self.clock()
        }
        for poll_id in due:
            assert self.run(self.records.close(poll_id, self.clock(), None))
            self.settle(poll_id, False)

    def settle(self, poll_id: int, cancelled: bool) -> None:
        known = self.known[poll_id]
        known.final, known.cancelled = known.tally, cancelled
        known.box.clear()
        self.untold |= {(poll_id, "result")} if cancelled else {(poll_id, "result"), (poll_id, "notice")}

    @rule()
    def tell_discord(self) -> None:
        for unsent in self.run(self.records.unsent()):
            assert self.run(self.records.claim(unsent, self.clock()))
            self.run(self.records.sent(unsent))
            self.untold.remove((unsent.poll_id, unsent.message))
        assert not self.untold

    @rule(target=ids, poll_id=ids)
    def ask_again(self, poll_id: int) -> Any:
        standing = self.run(self.records.get(poll_id))
        assert standing is not None
        if standing.poll.is_open:
            return multiple()
        place = Place(standing.poll.guild_id, standing.poll.channel_id, OPENER)
        again, is_new = self.opened(again_draft(place, standing.poll))
        return again if is_new else multiple()

    @rule(by=SPANS)
    def let_time_pass(self, by: timedelta) -> None:
        self.clock.move(by)

    @rule()
    def restart(self) -> None:
        self.stop()
        self.start()

    @invariant()
    def the_database_is_what_the_model_says(self) -> None:
        self.run(self.compare())

    async def compare(self) -> None:
        async with self.store.read() as connection:
            rows = (await connection.execute(select(polls))).all()
            box = (await connection.execute(select(ballots))).all()
            counted = (await connection.execute(select(tallies).order_by(tallies.c.choice))).all()
            told = (await connection.execute(select(outbox))).all()
        assert {row.id for row in rows} == set(self.known)
        for row in rows:
            known = self.known[row.id]
            counters = tuple(each.votes for each in counted if each.poll_id == row.id)
            held = {each.voter: frozenset(chosen(each.choices)) for each in box if each.poll_id == row.id}
            assert counters == known.tally.votes
            assert (row.closed_at is None) == (known.final is None)
            if known.final is None:
                assert held == {voter(row.voter_key, member): choices for member, choices in known.box.items()}
                assert row.voters == len(held)
            else:
                assert (held, row.voter_key, row.cancelled) == ({}, None, known.cancelled)
                assert row.voters == (sum(counters) if known.final.voters is None else known.final.voters)
        assert_unlike([(row.channel_id, row.film, row.kind, row.about) for row in rows if row.closed_at is None])
        assert {(row.poll_id, row.message) for row in told} == self.untold
        assert {row.poll_id for row in told} <= {row.id for row in rows if row.closed_at is not None}


def assert_unlike(matters: Collection[object]) -> None:
    """One open poll of a kind in a channel."""
    assert len(set(matters)) == len(matters)


TestPollsInAnyOrder = PollMachine.TestCase
TestPollsInAnyOrder.settings = settings(
    max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
