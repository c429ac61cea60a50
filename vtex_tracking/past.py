"""Past runs and the ledger that remembers them: what needs no feed and no network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from vtex_tracking.errors import LedgerError
from vtex_tracking.ledger.sqlite import care, history
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.outcomes import utc_text
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight
from vtex_tracking.model import Reason, RunRecord, Summary
from vtex_tracking.push.verdict import Stop
from vtex_tracking.report import ReportFiles, prepare_folder, write_report
from vtex_tracking.summing import EXIT_AGAIN, summary_of


@frozen
class Rewritten:
    """A report that was written again."""

    summary: Summary
    files: ReportFiles


def past_runs(path: Path, *, account: str | None = None) -> tuple[RunRecord, ...]:
    """Every run that this ledger remembers, the latest first. Raises LedgerError when there is no such ledger."""
    with _existing(path) as ledger:
        return history.past_runs(ledger, account=account)


def rewrite_report(path: Path, *, directory: Path, run_id: str | None = None) -> Rewritten:
    """Write a run's report again; the latest run's by default. A run that was cut short has its first one here.

    Raises LedgerError when there is no such ledger or run, ReportError when the report cannot be written.
    """
    with _existing(path) as ledger:
        run = history.find_run(ledger, run_id=run_id)
        summary = run.summary() or _summary_of_cut_short(ledger, run)
        prepare_folder(directory)
        files = write_report(
            directory, summary=summary, outcomes=run.outcomes, defects=run.defects, warnings=run.warnings
        )
        return Rewritten(summary, files)


def check_ledger(path: Path) -> tuple[str, ...]:
    """Everything that is wrong with a ledger, a sentence each; empty when it is whole. Raises LedgerError."""
    with _existing(path) as ledger:
        doubt_in_flight(ledger, now_s=time.time())
        return tuple(care.problems(ledger))


def forget(
    path: Path,
    *,
    account: str,
    order_id: str | None = None,
    invoice_number: str | None = None,
    older_than_s: float | None = None,
) -> int:
    """Remove settled invoices from the ledger, and return how many; the next feed that names one sends it again.

    Those of one order, or one invoice of it, or all that were settled longer ago than `older_than_s`. Raises LedgerError.
    """
    if order_id is None and older_than_s is None:
        raise LedgerError("forget what? name an order, or an age: not everything at once")
    with _existing(path) as ledger:
        doubt_in_flight(ledger, now_s=time.time())
        before_s = None if older_than_s is None else time.time() - older_than_s
        return care.forget(ledger, account=account, order_id=order_id, invoice_number=invoice_number, before_s=before_s)


def _summary_of_cut_short(ledger: LedgerFile, run: history.History) -> Summary:
    """What is known of a run that was killed: nobody holds the ledger now, so nothing of it is going on."""
    doubt_in_flight(ledger, now_s=time.time())
    message = "this run was cut short; push again, and what it left goes first"
    stop = Stop(exit_code=EXIT_AGAIN, reason=Reason.INTERRUPTED, message=message)
    last_s = run.traffic().last_s
    finished_at = utc_text(last_s) if last_s else run.beginning().started_at
    return summary_of(run, finished_at=finished_at, stop=stop, notices=())


@contextmanager
def _existing(path: Path) -> Iterator[LedgerFile]:
    """A ledger that is there; asking about one makes none."""
    if not path.exists():
        raise LedgerError(f"{path}: there is no ledger yet; `vtex-tracking push` makes it, --ledger names another")
    with LedgerFile(path) as ledger:
        yield ledger
