"""The event loop that a command runs on: uvloop, where it is installed."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

# Python looks for cycles each time that 700 objects more were made than let go. A run makes many, and hardly a cycle.
GC_OBJECTS: Final = 10_000


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give what makes the loop; None for asyncio's own, where the extra `uvloop` is not installed."""
    try:
        import uvloop  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return uvloop.new_event_loop


def run(work: Coroutine[object, object, T]) -> T:
    """Run it to its end, in a process that has nothing else to do."""
    gc.set_threshold(GC_OBJECTS)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(work)
