"""The Discord client: it builds the parts, hands them to the rooms, and starts and stops them."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import structlog
import yarl
from discord import app_commands
from discord.ext import commands

from bot.answers.buttons import BUTTONS as ANSWER_BUTTONS
from bot.answers.cog import Answers
from bot.answers.index import Index
from bot.answers.posting import Posting
from bot.answers.understanding import Understanding
from bot.budget import Budget
from bot.buttons import Switchboard
from bot.clock import Clock, system_clock
from bot.courier import Courier
from bot.discord_internals import commands_under_way, use_light_interactions
from bot.errors import Restarting, answer_error
from bot.film.library import Library
from bot.films import Shelf
from bot.identify import PAUSE, Identifies
from bot.limits import COMMANDS, PRESSES, Pace
from bot.measures import Measures, Outcome
from bot.owners import Owners
from bot.polls.board import Board
from bot.polls.buttons import BUTTONS as POLL_BUTTONS
from bot.polls.closing import Closer
from bot.polls.cog import Parts, Polls
from bot.polls.ledger import Ledger
from bot.polls.personal import MemberPolls, ServerPolls
from bot.polls.records import Records
from bot.polls.together import Everywhere
from bot.presence import DiscordPresence
from bot.reloading import Reloader
from bot.replies import custom_id_of, reply
from bot.rest import Rest
from bot.servers.buttons import BUTTONS as SERVER_BUTTONS
from bot.servers.cog import Servers, Upkeep
from bot.servers.departures import Departures
from bot.servers.house import RulesAtHand
from bot.servers.records import Departed, ServerRules, Sharing
from bot.shards import WHOLE, ShardPlan
from bot.spoiler_channels import SpoilerChannels
from bot.store.engine import Store
from bot.store.turns import Turns
from bot.tasks import Errands, Tasks, within
from bot.translator import Translator

log = structlog.get_logger(__name__)

FORM_PATIENCE = 2.2
"""Seconds after which nobody else will answer a form: it was opened before the last start.

Longer than `replies.PATIENCE`, so that a form that is answered slowly is deferred by then; Discord waits for 3.
"""
DRAIN = 1.5
"""Seconds that the end waits for votes to be written. A full queue takes less than one on a slow disk."""
LAST_WORDS = 2.5
"""Seconds after which it no longer waits for answers on their way either."""
TASKS_END, LAST_EDITS = 0.3, 0.4
"""Seconds for the tasks to end, and for the polls' messages to show the last votes."""
LEAVING = 3.6
"""Seconds after which at the latest the gateway, the HTTP session and the database have none left but `LEAST`."""
LEAST = 0.2
"""Seconds that each of these has in any case, so that all steps take at most 4 and the program ends in under 5."""

BUTTONS = (*POLL_BUTTONS, *ANSWER_BUTTONS, *SERVER_BUTTONS)
GRACE = timedelta(days=30)
"""How long a server's data is kept after the bot was removed from it, unless the settings say otherwise."""


class Tree(app_commands.CommandTree["EndingBot"]):
    """The commands: usable in servers, in direct messages and as a user's own app, unless one says otherwise."""

    def __init__(self, client: "EndingBot") -> None:
        super().__init__(
            client,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )

    async def interaction_check(self, interaction: discord.Interaction["EndingBot"], /) -> bool:
        if interaction.type is not discord.InteractionType.application_command:
            return True
        if interaction.client.stopping:
            raise Restarting
        interaction.client.pace.check(interaction)
        return True

    async def on_error(
        self, interaction: discord.Interaction["EndingBot"], error: app_commands.AppCommandError, /
    ) -> None:
        self._note(interaction, await answer_error(interaction, error))

    def _note(self, interaction: discord.Interaction["EndingBot"], outcome: Outcome) -> None:
        name = interaction.command.qualified_name if interaction.command else "unknown"
        self.client.measures.commands[name, outcome] += 1


class EndingBot(commands.AutoShardedBot):
    """The bot. It owns its store from `setup_hook` on, and gives it back in `close`."""

    def __init__(
        self,
        library: Library,
        store: Store,
        *,
        clock: Clock = system_clock,
        grace: timedelta = GRACE,
        understanding: bool = False,
        shards: ShardPlan | None = None,
        shard_count: int | None = None,
        reread: Callable[[], Library] | None = None,
    ) -> None:
        self.rest_trace = aiohttp.TraceConfig()
        """Sees every request to Discord. What listens to it must do so before the login."""
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=Tree,
            # Interactions carry all that is needed, so nothing is subscribed to and nothing cached.
            intents=discord.Intents.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            # The library would wait two seconds for servers that nobody is going to tell of.
            guild_ready_timeout=0,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            shard_count=shards.count if shards else shard_count,
            http_trace=self.rest_trace,
        )
        self.plan = shards or WHOLE
        self.shard_ids = list(shards.ids) if shards else None
        self.budget = Budget(self.plan.part)
        self.budget.listen(self.rest_trace)
        self.identifies = Identifies(Turns(store, PAUSE), self.fetch_session_start_limits, alone=shards is None)
        self.measures = Measures()
        self.rest = Rest()
        self.courier = Courier(self.http, self.budget, self.rest)
        self.stopping = False
        self.pace = Pace(*COMMANDS)
        self.presses = Pace(*PRESSES)
        self.errands = Errands()
        self.shelf = Shelf(library)
        self.store = store
        self.clock = clock
        self.house = RulesAtHand(ServerRules(store), SpoilerChannels(self, clock).is_flagged, clock)
        self._answers = Answers(Index(library), Posting(self.shelf, self.house, clock))
        self._understands = understanding
        self.reloader = Reloader(
            self.shelf,
            self._answers,
            reread or (lambda: library),
            Understanding() if understanding else None,
            self._offer_films,
        )
        self.records = Records(store, self.plan)
        self.ledger = Ledger(store, clock)
        self.board = Board(
            self.records,
            Everywhere(store),
            self.shelf,
            self.house,
            self.get_partial_messageable,
            self._write_to,
            clock,
            self.budget,
        )
        self.closer = Closer(self.records, self.board, clock)
        self._polls = Polls(
            Parts(
                films=self.shelf,
                records=self.records,
                ledger=self.ledger,
                board=self.board,
                closer=self.closer,
                channels=self.get_partial_messageable,
                clock=clock,
            )
        )
        self._offered: bool | None = None
        self.grace = grace
        self.personal = MemberPolls(store, self.ledger, self.board.touch)
        self.departures = Departures(Departed(store), ServerPolls(store), DiscordPresence(self), clock, grace)
        self._switchboard = Switchboard(BUTTONS)
        self.tasks = Tasks()
        self._has_begun = False
        self._ending = asyncio.Lock()
        use_light_interactions(self)

    @property
    def library(self) -> Library:
        """The films as they are answered from now."""
        return self.shelf.library

    async def login(self, token: str) -> None:
        self._has_begun = True
        await super().login(token)

    async def setup_hook(self) -> None:
        await self.add_rooms()
        await self._offer_films()
        if self.plan.leads:
            self.tasks.keep("departures", self.departures.run)
        if self._understands:
            self.tasks.keep("understanding", self._understand)
        self.tasks.keep("content", self.reloader.run)
        self.tasks.keep("ledger", self.ledger.run)
        self.tasks.keep("board", self.board.run)
        self.tasks.keep("closer", self.closer.run)

    async def add_rooms(self) -> None:
        """Put every command and button into the tree; needs no Discord."""
        await self.add_cog(self._answers)
        self.tree.add_command(self._answers.menu)
        await self.add_cog(self._polls)
        upkeep = Upkeep(Owners(self).include, self.reloader.reload)
        await self.add_cog(Servers(self.shelf, self.personal, Sharing(self.store), self.house, self.grace, upkeep))
        await self.tree.set_translator(Translator())
        self._fit_options()

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        # Before it connects: Discord ends connections that take long to start a session.
        await self.identifies.wait(shard_id)
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self.identifies.start(shard_id or 0)

    async def _offer_films(self) -> None:
        """Let members choose among films where there are several, and tell Discord the commands if it knows others.

        Raises:
            discord.HTTPException: Discord does not take them.
        """
        self._fit_options()
        several = len(self.shelf) > 1
        if self.plan.leads and several is not self._offered:
            await self.tree.sync()
            self._offered = several

    async def _understand(self) -> None:
        # What it loads takes a core for some seconds, which the connection should have first.
        await self.wait_until_ready()
        await self.reloader.understand()

    def _fit_options(self) -> None:
        for option in (self._answers.film_option, self._polls.film_option):
            option.fit(self.shelf)

    async def _write_to(self, user_id: int, text: str) -> None:
        """Send a private message.

        Raises:
            discord.HTTPException: the user takes none.
        """
        channel = await self.create_dm(discord.Object(user_id))
        await channel.send(text)

    async def on_ready(self) -> None:
        log.info("ready", user=str(self.user), shards=list(self.shards), of=self.shard_count)

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        if event_name == "app_command_completion":
            # Counted here, because a listener would be a task for each command.
            self.measures.commands[args[1].qualified_name, "answered"] += 1
        super().dispatch(event_name, *args, **kwargs)

    async def on_shard_connect(self, _shard_id: int) -> None:
        self.measures.connections["identified"] += 1

    async def on_shard_resumed(self, _shard_id: int) -> None:
        self.measures.connections["resumed"] += 1

    async def on_shard_disconnect(self, _shard_id: int) -> None:
        self.measures.connections["lost"] += 1

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Answer buttons and menus; also those, and forms, that no part of this program knows, so that none "fails"."""
        if interaction.type is discord.InteractionType.modal_submit:
            await asyncio.sleep(FORM_PATIENCE)
            if not interaction.response.is_done():
                await reply(interaction, "I was restarted while you wrote. Please use the command again; sorry.")
        elif interaction.type is discord.InteractionType.component:
            item = self._switchboard.find(custom_id_of(interaction))
            if item is None:
                await reply(
                    interaction,
                    "This button is from an older version of me. Please use the command again to get a new one.",
                )
            else:
                await item.use(interaction)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        log.exception("event failed", gateway_event=event_method)

    async def close(self) -> None:
        """Take nothing new, write the votes that wait, answer what is under way, leave Discord and give back the rest.

        Each step has its time and is left when that is over, so that the end comes whatever hangs.
        """
        async with self._ending:
            loop = asyncio.get_running_loop()
            leave_by = loop.time() + LEAVING
            if not self.stopping:
                self.stopping = True
                log.info("stopping")
                await self._finish_work(loop.time() + LAST_WORDS)
            if self._has_begun and not self.is_closed():
                await self.courier.close()
                await within(max(LEAST, leave_by - loop.time()), "leaving Discord", super().close())
                # The library closes its session last; where a connection hangs that has not happened.
                await within(max(LEAST, leave_by - loop.time()), "closing connections", self.http.close())
            await within(max(LEAST, leave_by - loop.time()), "giving back the database", self.store.close())

    async def _finish_work(self, answered_by: float) -> None:
        if not await within(DRAIN, "writing votes", self.ledger.close()):
            self.ledger.refuse_waiting()
        left = answered_by - asyncio.get_running_loop().time()
        await within(left, "answering", self._last_words())
        # Tasks end in the middle of a query; SQLAlchemy reports each connection that it then throws away.
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
        await within(TASKS_END, "ending tasks", self.tasks.stop())
        await within(LAST_EDITS, "showing tallies", self.board.flush())

    async def _last_words(self) -> None:
        """Wait until nothing is being answered, also what comes meanwhile."""
        while commands := commands_under_way():
            await asyncio.wait(commands)
        await self.errands.done()
