"""The real program against a Discord that fails in every way the real one does: votes count once, and polls close."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.wire.ballots import StoredPoll, forget_message, let_fall_due, stored_polls
from tests.wire.faults import CALLBACK, MESSAGE, MESSAGES, MISSING_ACCESS, MISSING_PERMISSIONS, Fault
from tests.wire.process import BotProcess, bot_process
from tests.wire.server import WireDiscord, wire_discord
from tests.wire.world import Message

IN_TIME = 3.0
"""Seconds after which Discord gives an interaction up."""
CHANNEL = 4_000_000_000_000
ANA, BEN, CARLA = 101, 102, 103
COUNTED = "Your vote for **B Sad** is counted."


@pytest.fixture
async def poll(wire: WireDiscord, bot: BotProcess) -> Message:
    """An open poll of ana's."""
    return await wire.slash("poll", member=ANA, channel=CHANNEL)


async def the_poll(database: str) -> StoredPoll:
    [poll] = (await stored_polls(database)).values()
    return poll


async def shows(wire: WireDiscord, message: Message, text: str) -> None:
    """Wait until everybody can read this in a message."""
    await wire.watch.until(lambda: text in message.text or None)


async def close_early(wire: WireDiscord, poll: Message) -> Message:
    """Ana closes her poll; returns what she is told."""
    asked = await wire.press(poll, "Close the poll", member=ANA)
    return await wire.press(asked, "Close it now", member=ANA)


async def test_it_starts_opens_a_poll_and_counts_votes(wire: WireDiscord, poll: Message, database: str) -> None:
    assert poll.labels[:5] == ["A Happy", "B Sad", "C Bittersweet", "D Open-ended", "E Ambiguous"]
    for member, label, said in [
        (ANA, "B Sad", COUNTED),
        (BEN, "A Happy", "Your vote for **A Happy** is counted."),
        (ANA, "E Ambiguous", "Changed: your vote is now for **E Ambiguous**."),
        (BEN, "Withdraw", "Your vote is withdrawn"),
        (ANA, "My vote", "Your vote: **E Ambiguous**."),
    ]:
        assert said in (await wire.press(poll, label, member=member)).text
    await shows(wire, poll, "1 vote so far")
    stored = await the_poll(database)
    assert stored.choices([ANA, BEN]) == {ANA: 4, BEN: None}
    assert stored.tally == stored.recount == (0, 0, 0, 0, 1)


async def test_with_several_shards_each_server_is_served_over_its_own(tmp_path: Path, database: str) -> None:
    async with wire_discord(shards=2, heartbeat_ms=200) as wire, bot_process(wire, tmp_path, database):
        for shard in (0, 1):
            message = await wire.slash("poll", member=ANA, channel=CHANNEL + shard, shard=shard)
            assert COUNTED in (await wire.press(message, "B Sad", member=BEN, shard=shard)).text
        assert {shard for what, shard in wire.gateway.log if what == "IDENTIFY"} == {0, 1}
        await wire.watch.until(lambda: ("HEARTBEAT", 0) in wire.gateway.log and ("HEARTBEAT", 1) in wire.gateway.log)


async def test_a_vote_while_the_connection_is_broken_is_counted_when_it_is_back(
    wire: WireDiscord, poll: Message, database: str
) -> None:
    wire.gateway.cut()
    assert COUNTED in (await wire.press(poll, "B Sad", member=BEN)).text
    assert (wire.gateway.count("IDENTIFY"), wire.gateway.count("RESUME")) == (1, 1)
    assert (await the_poll(database)).tally == (0, 1, 0, 0, 0)


async def test_it_comes_back_when_discord_asks_it_to_reconnect(wire: WireDiscord, poll: Message) -> None:
    await wire.gateway.ask_to_reconnect()
    await wire.watch.until(lambda: wire.gateway.count("RESUME"))
    assert COUNTED in (await wire.press(poll, "B Sad", member=BEN)).text
    assert wire.gateway.count("IDENTIFY") == 1


async def test_after_an_invalid_session_it_identifies_anew_at_the_same_address(
    wire: WireDiscord, poll: Message
) -> None:
    await wire.gateway.invalidate()
    await wire.watch.until(lambda: wire.gateway.count("IDENTIFY") == 2)
    assert COUNTED in (await wire.press(poll, "B Sad", member=BEN)).text


async def test_a_resume_that_discord_refuses_becomes_a_new_session(wire: WireDiscord, poll: Message) -> None:
    session = wire.gateway.sessions.pop(0)
    assert session.connection is not None
    session.connection.cut()
    await wire.watch.until(lambda: wire.gateway.count("IDENTIFY") == 2)
    assert COUNTED in (await wire.press(poll, "B Sad", member=BEN)).text


async def test_a_press_that_comes_twice_counts_once(wire: WireDiscord, poll: Message, database: str) -> None:
    press = await wire.send_press(poll, "B Sad", member=BEN)
    await wire.deliver(press)
    assert "B Sad" in (await wire.told(press)).text
    # What comes after it over the same connection has been handled after it.
    assert "Your vote: **B Sad**." in (await wire.press(poll, "My vote", member=BEN)).text
    assert (await the_poll(database)).tally == (0, 1, 0, 0, 0)


@pytest.mark.parametrize(
    "fault", [Fault.rate_limited(1.0), Fault.broken(500), Fault.broken(503), Fault(cut=True), Fault(wait=1.5)], ids=str
)
async def test_trouble_with_the_message_never_holds_up_a_vote_and_passes(
    wire: WireDiscord, poll: Message, fault: Fault
) -> None:
    planned = wire.faults.plan("PATCH", MESSAGE, fault)
    assert COUNTED in (await wire.press(poll, "B Sad", member=ANA)).text
    await wire.watch.until(lambda: planned.met)
    for member in range(200, 220):
        before = time.monotonic()
        assert COUNTED in (await wire.press(poll, "B Sad", member=member)).text
        assert time.monotonic() - before < IN_TIME
    await shows(wire, poll, "21 votes so far")


async def test_a_slow_answer_to_one_member_holds_up_nobody_else(wire: WireDiscord, poll: Message) -> None:
    planned = wire.faults.plan("POST", CALLBACK, Fault(wait=2.0))
    slow = await wire.send_press(poll, "B Sad", member=ANA)
    await wire.watch.until(lambda: planned.met)
    for member in range(200, 220):
        assert COUNTED in (await wire.press(poll, "B Sad", member=member)).text
    assert not slow.told.done()
    assert COUNTED in (await wire.told(slow)).text


async def test_an_answer_that_was_lost_on_the_way_is_sent_again(wire: WireDiscord, poll: Message) -> None:
    planned = wire.faults.plan("POST", CALLBACK, Fault(cut=True))
    assert COUNTED in (await wire.press(poll, "B Sad", member=BEN)).text
    assert planned.met == 1


async def test_a_vote_whose_answer_never_arrives_is_counted_once(
    wire: WireDiscord, poll: Message, database: str
) -> None:
    wire.faults.plan("POST", CALLBACK, Fault(cut=True), times=5)
    lost = await wire.send_press(poll, "B Sad", member=BEN)
    await shows(wire, poll, "1 vote so far")
    wire.faults.clear()
    assert not lost.told.done()
    assert "still counts once" in (await wire.press(poll, "B Sad", member=BEN)).text
    assert (await the_poll(database)).tally == (0, 1, 0, 0, 0)


async def test_a_deleted_message_does_not_stop_the_close(wire: WireDiscord, poll: Message, database: str) -> None:
    await wire.press(poll, "B Sad", member=BEN)
    asked = await wire.press(poll, "Close the poll", member=ANA)
    poll.deleted = True
    assert "The poll is closed" in (await wire.press(asked, "Close it now", member=ANA)).text
    (result,) = wire.world.shown(CHANNEL)
    assert "Most votes: **Sad**, with 1 of 1." in result.text
    assert "so its result is posted here" in result.text
    stored = await the_poll(database)
    assert (stored.announced, stored.message_id, stored.tally) == (True, result.id, (0, 1, 0, 0, 0))


@pytest.mark.parametrize("code", [MISSING_ACCESS, MISSING_PERMISSIONS])
async def test_a_lost_permission_does_not_stop_the_close(
    wire: WireDiscord, poll: Message, database: str, code: int
) -> None:
    await wire.press(poll, "B Sad", member=BEN)
    for method, path in [("PATCH", MESSAGE), ("POST", MESSAGES)]:
        wire.faults.plan(method, path, Fault.forbidden(code), times=100)
    assert "The poll is closed" in (await close_early(wire, poll)).text
    stored = await the_poll(database)
    assert stored.closed_at is not None
    assert stored.announced, "it is not tried for ever"
    assert stored.tally == (0, 1, 0, 0, 0)
    assert (
        COUNTED
        in (await wire.press(await wire.slash("poll", member=ANA, channel=CHANNEL + 1), "B Sad", member=BEN)).text
    )


async def test_asked_to_end_it_ends_soon_and_has_every_vote_that_it_confirmed(
    wire: WireDiscord, bot: BotProcess, poll: Message, database: str
) -> None:
    presses = [await wire.send_press(poll, "B Sad", member=member) for member in range(1000, 1400)]
    await wire.told(presses[20])
    before = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - before < 5
    confirmed = [press.member for press in presses if press.told.done() and "is counted" in press.told.result().text]
    assert confirmed
    stored = await the_poll(database)
    assert set(stored.choices(confirmed).values()) == {1}
    assert stored.tally[1] == len(confirmed), "what was counted was also confirmed"
    assert stored.tally == stored.recount


async def test_asked_to_end_while_discord_is_out_of_order_it_ends_soon(
    wire: WireDiscord, bot: BotProcess, poll: Message
) -> None:
    edit = wire.faults.plan("PATCH", MESSAGE, Fault.broken(500), times=100)
    answer = wire.faults.plan("POST", CALLBACK, Fault(wait=60), times=100)
    await wire.send_press(poll, "B Sad", member=BEN)
    await wire.watch.until(lambda: edit.met and answer.met)
    before = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - before < 5


async def test_buttons_work_after_a_restart(wire: WireDiscord, bot: BotProcess, poll: Message) -> None:
    await wire.press(poll, "B Sad", member=BEN)
    assert await bot.stop() == 0
    await bot.start()
    assert "Your vote: **B Sad**." in (await wire.press(poll, "My vote", member=BEN)).text
    assert "Changed" in (await wire.press(poll, "A Happy", member=BEN)).text


async def test_a_poll_that_fell_due_while_it_was_off_closes_exactly_once(
    wire: WireDiscord, bot: BotProcess, poll: Message, database: str
) -> None:
    await wire.press(poll, "B Sad", member=BEN)
    await shows(wire, poll, "1 vote so far")
    assert await bot.stop() == 0
    await let_fall_due(database, (await the_poll(database)).id, int(time.time()) - 60)
    await bot.start()
    await shows(wire, poll, "Most votes: **Sad**, with 1 of 1.")
    for _ in range(250):
        if len(wire.world.shown(CHANNEL)) > 1:
            break
        await asyncio.sleep(0.02)
    assert "This poll is closed" in (await wire.press(poll_as_it_was(poll), "B Sad", member=CARLA)).text
    versions = len(poll.versions)
    assert await bot.stop() == 0
    await bot.start()
    # An answer over the new connection: by then the start has closed and shown what there was.
    assert "closed" in (await wire.press(poll_as_it_was(poll), "My vote", member=BEN)).text
    assert len(poll.versions) == versions
    first, notice = wire.world.shown(CHANNEL)
    assert first == poll
    assert "is closed" in notice.text


@pytest.mark.parametrize("voted", [True, False])
async def test_a_poll_whose_message_was_not_noted_before_a_kill_is_shown_all_the_same(
    wire: WireDiscord, bot: BotProcess, poll: Message, database: str, voted: bool
) -> None:
    await bot.kill()
    await forget_message(database, (await the_poll(database)).id)
    await bot.start()
    if voted:
        await wire.press(poll, "B Sad", member=BEN)
        await shows(wire, poll, "1 vote so far")
    await close_early(wire, poll)
    [result] = [message for message in wire.world.shown(CHANNEL) if "Poll · closed" in message.text]
    assert (result is poll) == voted
    assert (await the_poll(database)).message_id == result.id


def poll_as_it_was(poll: Message) -> Message:
    """The message as a member still sees it who has not got its last edit."""
    old = Message(poll.id, poll.channel_id, {})
    old.edit(poll.versions[0])
    return old


async def test_a_wrong_token_is_not_taken(tmp_path: Path, database: str) -> None:
    async with wire_discord() as wire:
        wire.faults.plan("GET", "/users/@me", Fault(401, {"message": "401: Unauthorized", "code": 0}))
        with pytest.raises(RuntimeError, match="Discord does not accept this token"):
            await BotProcess(wire, tmp_path, database).start()


async def test_members_pressing_all_at_once_are_all_answered(wire: WireDiscord, poll: Message, database: str) -> None:
    answers = await asyncio.gather(*(wire.press(poll, "B Sad", member=member) for member in range(1000, 1300)))
    assert all(COUNTED in answer.text for answer in answers)
    assert (await the_poll(database)).tally == (0, 300, 0, 0, 0)
