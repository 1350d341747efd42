"""What makes the program cheaper to run: a faster event loop where there is one, a garbage collector that rests."""

import asyncio
import gc
from collections.abc import Callable

COLLECTED_AFTER = (50_000, 20, 50)
"""Objects made before the youngest are looked through, and after how many such looks the older ones are.

Python's own 700 suit a script: a bot makes that many for two interactions, none of which last.
"""


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes uvloop's event loops; None, which stands for asyncio's own, where it is not installed."""
    try:
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop


def settle() -> None:
    """Take all that is there now, code and content, out of what the garbage collector looks through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
