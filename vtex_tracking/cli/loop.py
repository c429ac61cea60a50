"""The event loop that a command runs on: uvloop, where it is installed."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_logger: Final = logging.getLogger(__name__)

T = TypeVar("T")

# Python looks for cycles each time that 700 objects more were made than let go. A run makes many, and hardly a cycle.
GC_OBJECTS: Final = 10_000
_STDERR: Final = 2


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give what makes the loop; None for asyncio's own, where the extra `uvloop` is not installed."""
    try:
        import uvloop  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return uvloop.new_event_loop


def run(work: Coroutine[object, object, T]) -> T:
    """Run it to its end, in a process that has nothing else to do."""
    _hold_standard_streams()
    gc.set_threshold(GC_OBJECTS)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        _logger.debug("event loop: %s", type(runner.get_loop()).__module__)
        return runner.run(work)


def _hold_standard_streams() -> None:
    """What a shell closed (`>&-`) is nobody's: a loop that got its number would be taken for it, and uvloop aborts then."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(opened)
