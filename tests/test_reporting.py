"""The report of a run that is begun while the run still sends."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from pipeline_support import feed_in, names_in, push, settings_in
from push_support import SENT, Put, Wire, answer
from virtual_time import in_virtual_time

from vtex_tracking.errors import LedgerError
from vtex_tracking.ledger.sqlite.outcomes import Roll
from vtex_tracking.model import Outcome, Summary
from vtex_tracking.past import rewrite_report
from vtex_tracking.push.wire import Answer
from vtex_tracking.report import EarlyResults

INVOICES = 1500


@pytest.fixture
def early(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many results were put into words at a time, before the run was over."""
    counts: list[int] = []
    add = EarlyResults.add

    def counted(self: EarlyResults, outcomes: Iterable[Outcome]) -> None:
        rows = list(outcomes)
        counts.append(len(rows))
        add(self, rows)

    monkeypatch.setattr(EarlyResults, "add", counted)
    monkeypatch.setattr(time, "process_time", lambda: 0.0)  # as where all is waited for, which a test does for nothing
    return counts


async def pushed(folder: Path, *, wire: Wire) -> Summary:
    """A run to its end, whose report is that which is written from the ledger alone."""
    settings = settings_in(folder)
    async with push([feed_in(folder, invoices=range(INVOICES))], wire=wire, settings=settings) as run:
        summary = await run.finish()
    assert settings.ledger_path is not None
    assert settings.report_dir is not None
    again = rewrite_report(settings.ledger_path, directory=folder / "again").files.directory
    names = names_in(again)
    assert names == names_in(settings.report_dir)
    for name in names:
        assert (again / name).read_bytes() == (settings.report_dir / name).read_bytes()
    return summary


@in_virtual_time
async def test_most_of_the_report_is_ready_when_the_last_answer_comes(tmp_path: Path, early: list[int]) -> None:
    """So the end is not waited for; and what fails, or is tried again, stands in its place all the same."""

    def script(put: Put) -> Answer:
        if put.number % 100 == 0:
            return answer(404)
        return answer(503) if put.number % 90 == 0 else SENT

    summary = await pushed(tmp_path, wire=Wire(script))
    assert (INVOICES, summary.counts.sent) == (summary.counts.invoices, INVOICES - summary.counts.rejected)
    assert INVOICES - 100 <= sum(early)
    assert max(early) <= 100


@in_virtual_time
async def test_one_that_lasts_holds_back_early_results_and_nothing_else(tmp_path: Path, early: list[int]) -> None:
    """Behind it nothing is put into words until it has ended; then what was held back is made up for."""
    wire = Wire(latency_s=lambda put: 20.0 if put.number == 1 else 0.1)
    assert INVOICES == (await pushed(tmp_path, wire=wire)).counts.sent
    assert [0, 0, 100] == [*early[:2], max(early)]
    assert INVOICES - 300 <= sum(early)


@in_virtual_time
async def test_who_is_busy_puts_nothing_into_words_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, early: list[int]
) -> None:
    """The pace comes first: where the process waits for nobody, the report is written in the end."""
    monkeypatch.setattr(time, "process_time", time.monotonic)
    assert INVOICES == (await pushed(tmp_path, wire=Wire())).counts.sent
    assert [] == early


@pytest.mark.parametrize("times", [0, 2])
@pytest.mark.parametrize("error", [OSError("disk full"), LedgerError("damaged")])
@in_virtual_time
async def test_early_results_that_fail_cost_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, early: list[int], error: Exception, times: int
) -> None:
    """The run goes on, and all of the report is written in the end; it may well be that there is room by then."""
    ended = Roll.ended

    def fail(self: Roll, most: int) -> list[Outcome]:
        if len(early) >= times:
            raise error
        return ended(self, most)

    monkeypatch.setattr(Roll, "ended", fail)
    assert INVOICES == (await pushed(tmp_path, wire=Wire())).counts.sent
    assert times == len(early)


@in_virtual_time
async def test_without_a_report_nothing_is_put_into_words(tmp_path: Path, early: list[int]) -> None:
    """Nobody would read it."""
    feed, settings = feed_in(tmp_path, invoices=range(INVOICES)), settings_in(tmp_path, report_dir=None)
    async with push([feed], wire=Wire(), settings=settings) as run:
        assert INVOICES == (await run.finish()).counts.sent
    assert [] == early
