"""A first signal lets what is in flight end, a second one ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIT_CODES: Final = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
_logger: Final = logging.getLogger(__name__)


class Stoppable(Protocol):
    """A run, as far as signals see it."""

    def stop(self, *, exit_code: int) -> None:
        """Start nothing new, and let what is in flight end."""

    def abort(self) -> None:
        """End at once."""


class Stopper:
    """What the signals have asked of a run so far."""

    def __init__(self, run: Stoppable) -> None:
        self._run = run
        self.exit_code: int | None = None

    def signalled(self, number: signal.Signals) -> None:
        """The first signal decides the exit code."""
        if self.exit_code is not None:
            _logger.warning("stopping at once; what was in flight will be sent again by the next run")
            self._run.abort()
            return
        self.exit_code = EXIT_CODES[number]
        _logger.warning("stopping: requests in flight may still end; a second Ctrl-C stops at once")
        self._run.stop(exit_code=self.exit_code)


@contextmanager
def stopping(run: Stoppable) -> Iterator[Stopper]:
    """Signals go to the run while the block lasts; one that was ignored, as by nohup, stays ignored."""
    loop = asyncio.get_running_loop()
    stopper = Stopper(run)
    heeded = [number for number in EXIT_CODES if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, stopper.signalled, number)
    try:
        yield stopper
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
