"""The poll's message: kept up to date while votes come in, and turned into the result at the end."""

import asyncio
import contextlib
import io
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import aiohttp
import discord
import structlog

from bot.budget import Budget
from bot.clock import Clock
from bot.film.models import Difference
from bot.films import Films
from bot.house import House
from bot.layout import Card
from bot.polls import cards
from bot.polls.chart import draw_chart
from bot.polls.records import Records, Standing, Unsent
from bot.polls.result_cards import Result, notice_text, result_card
from bot.polls.rules import Poll, ending_poll
from bot.polls.survey import result_rows
from bot.polls.together import Everywhere

log = structlog.get_logger(__name__)

PACE = 5.0
"""Seconds between two edits of one poll's message."""
SLOW_PACE = 60.0
"""The same for a message older than an hour, for which Discord allows few edits."""
OLD = timedelta(hours=1)
POSTED_ANEW = "-# The poll’s own message is gone, so its result is posted here."
"""Stands below a result that is posted anew; when it is shown again after a crash it may go."""

Letters = Callable[[int, str], Awaitable[None]]
"""Sends a private message to a user by their id."""
Channels = Callable[[int], discord.PartialMessageable]
"""Gives a channel to write to by its id, without asking Discord for it."""


class Board:
    """Shows the polls of the database in their messages. Each edit shows the poll as it is when it is made."""

    def __init__(
        self,
        records: Records,
        everywhere: Everywhere,
        films: Films,
        house: House,
        channels: Channels,
        letters: Letters,
        clock: Clock,
        budget: Budget | None = None,
    ) -> None:
        self._budget = budget or Budget()
        self._records = records
        self._films = films
        self._everywhere = everywhere
        self._house = house
        self._channels = channels
        self._letters = letters
        self._clock = clock
        self._changed = asyncio.Event()
        self._waiting: set[int] = set()
        self._showing: set[int] = set()
        self._next_edit: dict[int, float] = {}
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.edits: Counter[str] = Counter()
        """Edits that show a tally or a result in a poll's own message, by outcome: `shown`, `refused`, `failed`."""
        self.deliveries: Counter[tuple[str, str]] = Counter()
        """The outbox's messages (`result`, `notice`, `reminder`) by outcome: `sent`, `unreachable`, `failed`."""

    def touch(self, poll_id: int) -> None:
        """Say that a poll has changed; its message follows soon, but never more often than its pace."""
        # One that waits already has its time; to look at all of them anew for each vote costs more than the vote.
        if poll_id not in self._waiting:
            self._waiting.add(poll_id)
            self._changed.set()

    async def run(self) -> None:
        """Edit the messages of polls that changed, until cancelled."""
        # Votes that came in just before the last stop may not be shown yet.
        for poll_id in await self._records.open_ids():
            self.touch(poll_id)
        # Each edit on its own: one that Discord keeps waiting must not hold up the other polls.
        async with asyncio.TaskGroup() as edits:
            while True:
                for poll_id in self._ripe():
                    self._begin(poll_id)
                    edits.create_task(self._show_tally(poll_id))
                self._changed.clear()
                # Not wait_for: in Python 3.11 it loses a cancellation that comes together with a change.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._until_next()):
                        await self._changed.wait()

    def _begin(self, poll_id: int) -> None:
        self._waiting.discard(poll_id)
        self._showing.add(poll_id)
        self._next_edit[poll_id] = time.monotonic() + PACE

    def _ripe(self) -> list[int]:
        """The waiting polls that may be edited now; none while Discord refuses so much that tallies are spared."""
        if self._budget.sparing:
            return []
        now = time.monotonic()
        return [poll_id for poll_id in self._waiting if self._next_edit.get(poll_id, 0.0) <= now]

    def _until_next(self) -> float | None:
        """Seconds until a waiting poll may be edited; None while none waits."""
        if not self._waiting:
            return None
        if self._budget.sparing:
            return PACE
        return max(0.05, min(self._next_edit.get(poll_id, 0.0) for poll_id in self._waiting) - time.monotonic())

    async def flush(self) -> None:
        """Edit the message of every poll that changed once, whatever its pace; an edit under way comes first."""
        for poll_id in () if self._budget.sparing else self._waiting | self._showing:
            self._begin(poll_id)
            await self._show_tally(poll_id)

    async def _show_tally(self, poll_id: int) -> None:
        try:
            await self.refresh(poll_id)
        except (discord.NotFound, discord.Forbidden) as error:
            self.edits["refused"] += 1
            log.info("a poll's message can't be edited", poll=poll_id, code=error.code)
        except Exception as error:
            # Whatever it is, it must not stop the other polls; the votes themselves are safe in the database.
            self.edits["failed"] += 1
            _log_failure("could not update a poll's message, trying again", poll_id, error)
            self._next_edit[poll_id] = time.monotonic() + PACE
            self.touch(poll_id)
        except asyncio.CancelledError:
            # The program ends; `flush` shows it once more.
            self._waiting.add(poll_id)
            raise
        finally:
            self._showing.discard(poll_id)

    async def refresh(self, poll_id: int) -> None:
        """Show a poll as it is now in its message.

        Raises:
            discord.HTTPException: the message could not be edited.
        """
        async with self._locks[poll_id]:
            standing = await self._records.get(poll_id)
            if standing is None or standing.poll.message_id is None:
                return
            message = self._channels(standing.poll.channel_id).get_partial_message(standing.poll.message_id)
            if standing.poll.is_open:
                await message.edit(view=await self.open_card(standing))
                self.edits["shown"] += 1
                if self._clock() - message.created_at > OLD:
                    self._next_edit[poll_id] = time.monotonic() + SLOW_PACE
                # Meanwhile another process may have closed the poll, and this edit may have covered its result.
                standing = await self._records.get(poll_id) or standing
            if not standing.poll.is_open:
                card, pictures = await self._result_message(standing)
                await message.edit(view=card, attachments=pictures)
                self.edits["shown"] += 1
        if not standing.poll.is_open:
            self._locks.pop(poll_id, None)
            self._next_edit.pop(poll_id, None)

    async def open_card(self, standing: Standing) -> Card:
        """An open poll as its channel is to see it."""
        card = cards.open_card(standing, self._difference(standing.poll))
        return await self._hidden_where_wanted(standing.poll, card)

    async def deliver(self, unsent: Unsent) -> bool:
        """Give Discord a message of the outbox, once. What it can't take now stays in the outbox.

        False if somebody else is giving it to Discord, or has, or if it has to wait until Discord refuses less.
        """
        if self._budget.stopped or (unsent.message != "result" and self._budget.sparing):
            return False
        now = self._clock()
        if not await self._records.claim(unsent, now):
            return False
        try:
            if unsent.message == "result":
                await self._show_result(unsent.poll_id)
            elif unsent.tried_at is None:
                await self._notify(unsent)
            else:
                # A crash came between sending and remembering; a notice too few is better than one too many.
                log.warning("a notice may not have been sent", poll=unsent.poll_id)
        except (discord.Forbidden, discord.NotFound) as error:
            self.deliveries[unsent.message, "unreachable"] += 1
            log.warning("a poll's channel can't be reached", poll=unsent.poll_id, code=error.code)
            await self._tell_opener(unsent)
        except Exception as error:
            # Whatever it is, it must not keep other polls from being told of.
            self.deliveries[unsent.message, "failed"] += 1
            _log_failure("Discord did not take a message, trying again", unsent.poll_id, error)
            await self._records.release(unsent, now)
            return True
        else:
            self.deliveries[unsent.message, "sent"] += 1
        await self._records.sent(unsent)
        return True

    async def _tell_opener(self, unsent: Unsent) -> None:
        """Say in the list, and to who opened the poll where they take messages, that its channel can't be reached."""
        standing = await self._records.get(unsent.poll_id)
        if standing is None or unsent.message != "result":
            return
        await self._records.unreachable(unsent.poll_id)
        try:
            await self._letters(standing.poll.opened_by, cards.unreachable_text(standing))
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.info("who opened a poll can't be told either", poll=unsent.poll_id, reason=str(error))

    async def _show_result(self, poll_id: int) -> None:
        standing = await self._records.get(poll_id)
        if standing is None:
            return
        if standing.poll.message_id is not None:
            try:
                await self.refresh(poll_id)
            except discord.NotFound:
                log.info("a poll's message is gone, posting its result anew", poll=poll_id)
            else:
                return
        card, pictures = await self._result_message(standing)
        card.text(POSTED_ANEW)
        channel = self._channels(standing.poll.channel_id)
        # The nonce makes Discord take it once, however often it is sent within some minutes.
        posted = await channel.send(view=card, nonce=f"result-{poll_id}", files=pictures)
        await self._records.posted(poll_id, posted.id)
        # Posted anew, the result is its own notice.
        await self._records.sent(Unsent(poll_id, "notice", None))

    async def _notify(self, unsent: Unsent) -> None:
        standing = await self._records.get(unsent.poll_id)
        if standing is None or (unsent.message == "reminder" and not standing.poll.is_open):
            return
        reminder = unsent.message == "reminder"
        hidden = await self._hides(standing.poll)
        text = (
            cards.reminder_text(standing.poll, hidden=hidden)
            if reminder
            else notice_text(self._result(standing), hidden=hidden)
        )
        await self._channels(standing.poll.channel_id).send(text, nonce=f"{unsent.message}-{unsent.poll_id}")

    async def _result_message(self, standing: Standing) -> tuple[Card, list[discord.File]]:
        result = self._result(standing)
        if not standing.has_result or not standing.tally.total:
            return await self._hidden_where_wanted(standing.poll, result_card(result, None)), []
        if standing.poll.kind == "ending":
            result = replace(result, together=await self._everywhere.like(standing))
        picture = await asyncio.to_thread(draw_chart, result.rows, standing.poll.question)
        chart = discord.File(io.BytesIO(picture), filename=f"poll-{standing.poll.id}.png")
        return await self._hidden_where_wanted(standing.poll, result_card(result, chart)), [chart]

    async def _hidden_where_wanted(self, poll: Poll, card: Card) -> Card:
        if not await self._hides(poll):
            return card
        return card.hide().above(cards.hidden_note(self._films.get(poll.film)))

    async def _hides(self, poll: Poll) -> bool:
        """Whether a poll is to be hidden. Only one about a difference tells what happens in a film."""
        return poll.kind == "difference" and await self._house.hides(poll.guild_id, poll.channel_id)

    def _result(self, standing: Standing) -> Result:
        poll = standing.poll
        pack = self._films.get(poll.film)
        ending = ending_poll(pack) if pack and poll.kind == "ending" else None
        return Result(standing, result_rows(poll, standing.tally, ending), pack, ending, self._difference(poll))

    def _difference(self, poll: Poll) -> Difference | None:
        pack = self._films.get(poll.film)
        return pack.difference(poll.about) if pack and poll.about else None


def _log_failure(what: str, poll_id: int, error: Exception) -> None:
    """Trouble on the way to Discord passes and is a warning; anything else is ours and gets its trace."""
    if isinstance(error, discord.HTTPException | aiohttp.ClientError | OSError):
        log.warning(what, poll=poll_id, reason=str(error))
    else:
        log.error(what, poll=poll_id, exc_info=error)
