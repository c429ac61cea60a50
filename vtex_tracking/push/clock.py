"""The clock that a push goes by: its loop's, read as finely as it can be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


def running_clock() -> Callable[[], float]:
    """Give the clock of the running loop, in seconds.

    A loop that is not asyncio's own may tell whole milliseconds, and the same one for a while, as uvloop does: too coarse
    for a pace. Then it is the system's clock.
    """
    loop = asyncio.get_running_loop()
    return loop.time if isinstance(loop, asyncio.BaseEventLoop) else time.monotonic
