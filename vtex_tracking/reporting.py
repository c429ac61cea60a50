"""The report of a run: begun while the run still sends, settled and written when it is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final, Self

from vtex_tracking.errors import LedgerError, ReportError
from vtex_tracking.ledger.home import Home
from vtex_tracking.ledger.sqlite.history import History
from vtex_tracking.ledger.sqlite.outcomes import utc_text
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight
from vtex_tracking.model import Due, Notice, Outcome, Reason, Summary
from vtex_tracking.progress import Phase
from vtex_tracking.push.verdict import Stop
from vtex_tracking.report import EarlyResults, ReportFiles, write_report
from vtex_tracking.run import Run
from vtex_tracking.settings import Settings
from vtex_tracking.summing import summary_of

_TOLD_MAX: Final = 1000  # outcomes that are told at once
_EARLY_MIN: Final = 50  # updates that have ended before it is seen which results can be put into words
_EARLY_MAX: Final = 2 * _EARLY_MIN  # results at once, a few milliseconds: a start that is due in them comes late
_BUSY: Final = 0.9  # of a core; beyond, the pace and the next requests need what is left


class Reporting:
    """Outcomes are told as they come, and put into words while the run waits anyway. Enter it to do so."""

    def __init__(self, run: Run, *, home: Home, history: History, settings: Settings) -> None:
        self._run = run
        self._home = home
        self._history = history
        self._directory = settings.report_dir
        self._roll = history.roll()
        self._early: EarlyResults | None = None
        self._drafting: asyncio.Future[None] | None = None
        self._ended = 0  # updates, since it was last seen whether there is time for results
        self._wall_s, self._cpu_s = time.monotonic(), time.process_time()  # at that time

    async def __aenter__(self) -> Self:
        if self._directory is not None:
            with suppress(OSError):
                self._early = EarlyResults(self._directory)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._home(self._forget_early)

    async def tell(self, due: Due) -> None:
        """The run is done with an update, and that is durable."""
        self._ended += 1
        if self._ended >= _EARLY_MIN:
            self._ended = 0
            if self._has_had_time() and (self._drafting is None or self._drafting.done()):
                self._drafting = asyncio.ensure_future(self._home(self._draft))
        await self._run.tell(due)

    async def tell_known(self) -> None:
        """Tell of what needed no request."""
        await self._tell_all(self._history.outcomes("known at once"))

    async def finish(self, *, stop: Stop | None, notices: Sequence[Notice], wall_s: Callable[[], float]) -> Summary:
        """Settle the accounts in the ledger first: if the report fails, `report RUN` can write it again."""
        run, history, directory = self._run, self._history, self._directory
        run.progress.phase = Phase.REPORTING

        def settle() -> Summary:
            doubt_in_flight(self._home.ledger, now_s=wall_s())
            summary = summary_of(
                history,
                finished_at=utc_text(wall_s()),
                stop=stop,
                signalled=run.stop_exit_code,
                notices=notices,
            )
            history.finish(summary)
            return summary

        summary = await self._home(settle)
        await self._tell_all(history.outcomes("left over"))
        if directory is not None:
            run.report_files = await self._home(lambda: self._write(directory, summary=summary, stop=stop))
        run.progress.phase = Phase.ENDED
        return summary

    def _has_had_time(self) -> bool:
        """Whether the process has waited for others since it was last asked, and not they for it."""
        wall_s, cpu_s = time.monotonic(), time.process_time()
        has_had_time = cpu_s - self._cpu_s < _BUSY * (wall_s - self._wall_s)
        self._wall_s, self._cpu_s = wall_s, cpu_s
        return has_had_time

    async def _tell_all(self, outcomes: Iterator[Outcome]) -> None:
        while self._run.is_watched and (page := await self._home(lambda: list(islice(outcomes, _TOLD_MAX)))):
            for outcome in page:
                await self._run.tell(outcome)

    # ------------------------------------------------------------ in the ledger's thread

    def _draft(self) -> None:
        """Put the next results into words, as far as they are known. Where that fails, all of them are at the end."""
        if self._early is not None:
            try:
                self._early.add(self._roll.ended(_EARLY_MAX))
            except (OSError, LedgerError):
                self._forget_early()

    def _forget_early(self) -> None:
        if self._early is not None:
            self._early.close()
            self._early, self._roll = None, self._history.roll()

    def _write(self, directory: Path, *, summary: Summary, stop: Stop | None) -> ReportFiles:
        run, history = self._run, self._history
        try:
            return write_report(
                directory,
                summary=summary,
                early=self._early,
                outcomes=lambda: run.hurried(self._roll.rest()),
                defects=lambda: run.hurried(history.defects()),
                warnings=lambda: run.hurried(history.warnings()),
            )
        except ReportError as error:
            if stop is None or stop.reason is not Reason.CREDENTIALS_REFUSED:
                raise
            raise ReportError(f"{stop.message}; and {error}", exit_code=stop.exit_code) from error
