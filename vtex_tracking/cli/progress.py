"""How far a run is: a bar on a terminal, a line a minute elsewhere, nothing when quiet."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as RichProgress

from vtex_tracking.cli.terminal import amount, lasting, size
from vtex_tracking.progress import Phase, Progress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_logger: Final = logging.getLogger(__name__)


class Display(Protocol):
    """Something that shows progress every so often."""

    every_s: float

    def show(self, progress: Progress) -> None:
        """Show how far the run is now."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Lines:
    """One plain line a minute, for a log or a mail of cron's."""

    every_s = 60.0

    def show(self, progress: Progress) -> None:
        """Say the facts in one line of the log."""
        _logger.info("%s: %s", progress.phase, facts_of(progress))

    def close(self) -> None:
        """Leave nothing to tidy up."""


class Bar:
    """One bar on a terminal, which goes away at the end."""

    every_s = 0.25

    def __init__(self, console: Console) -> None:
        self._bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[facts]}", markup=False),
            console=console,
            auto_refresh=False,
            transient=True,
            expand=True,
        )
        self._task = self._bar.add_task("starting", facts="", total=None)

    def show(self, progress: Progress) -> None:
        """Draw the bar anew; a step whose length nobody knows has a bar that only moves."""
        self._bar.start()
        match progress.phase:
            case Phase.READING:
                self._bar.update(self._task, completed=progress.bytes_read, total=progress.bytes_total)
            case Phase.SENDING:
                self._bar.update(self._task, completed=progress.done, total=progress.invoices)
            case _:
                self._bar.update(self._task, completed=0, total=None)
        self._bar.update(self._task, description=str(progress.phase), facts=facts_of(progress))
        self._bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()


def display_for_stderr() -> Display:
    """A terminal gets a bar, anything else a line a minute."""
    return Bar(Console(stderr=True)) if sys.stderr.isatty() else Lines()


def facts_of(progress: Progress) -> str:
    """What a person wants to know at this step, short enough to stand beside a bar."""
    match progress.phase:
        case Phase.READING if progress.bytes_total is not None:
            read = f"{size(progress.bytes_read)} of {size(progress.bytes_total)}"
            return f"{amount(progress.records)} records, {read}"
        case Phase.READING | Phase.GATHERING:
            return f"{amount(progress.records)} records"
        case Phase.SENDING:
            remaining_s = progress.remaining_s
            facts = [
                f"{amount(progress.done)} of {amount(progress.invoices)}",
                f"{progress.rate_per_s:.1f}/s",
                f"{progress.in_flight} in flight",
                f"{amount(progress.retries)} retries",
            ]
            if progress.paused_s > 0:
                facts.append(f"paused for {lasting(progress.paused_s)}")
            elif remaining_s is not None:
                facts.append(f"{lasting(remaining_s)} left")
            return ", ".join(facts)
        case _:
            return ""


@asynccontextmanager
async def shown_on(display: Display | None, progress: Progress) -> AsyncIterator[None]:
    """While the block runs its progress is shown; a terminal that goes away ends the showing, never the run."""
    if display is None:
        yield
        return
    watching = asyncio.create_task(_watch(display, progress))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        with suppress(OSError):
            display.close()


async def _watch(display: Display, progress: Progress) -> None:
    with suppress(OSError):
        while True:
            await asyncio.sleep(display.every_s)
            display.show(progress)
