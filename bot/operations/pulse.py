"""How late the event loop is: what takes it too long keeps every member waiting."""

import asyncio

from bot.measures import Distribution

BEAT = 0.5
"""Seconds between two looks."""
LATENESS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Pulse:
    """Sleeps again and again, and notes how much too late it is woken."""

    def __init__(self) -> None:
        self.lateness = Distribution(LATENESS)
        """Seconds."""

    async def run(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT
            await asyncio.sleep(BEAT)
            self.lateness.note(max(0.0, loop.time() - due))
