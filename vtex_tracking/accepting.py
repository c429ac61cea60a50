"""What the feeds say becomes a run's to send, or none of it does: when --strict finds fault, or the run is stopped first."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from vtex_tracking.errors import FeedError, InterruptedRunError
from vtex_tracking.ledger.sqlite.acceptance import accept, refuse
from vtex_tracking.ledger.sqlite.asking import asking
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.history import History, begin_run
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.model import FeedInfo, FeedWarning, Reason
from vtex_tracking.push.verdict import Stop
from vtex_tracking.run import EXIT_SIGINT, Run
from vtex_tracking.settings import Settings
from vtex_tracking.summing import shown_settings, warnings_of
from vtex_tracking.version import __version__


@frozen(kw_only=True)
class Beginning:
    """A run that is in the ledger. `stop` says why nothing of the feeds was accepted; None where all of it was."""

    history: History
    stop: Stop | None


def accept_or_refuse(
    ledger: LedgerFile, intake: Intake, *, infos: Sequence[FeedInfo], settings: Settings, run: Run, started_s: float
) -> Beginning:
    """Enter the run into the ledger, and with it all that was taken in, or none of it."""
    with asking(ledger, run.hurry):
        history = begin_run(
            ledger,
            run_id=run.run_id,
            account=settings.account,
            version=__version__,
            settings=shown_settings(settings),
            feeds=infos,
            started_s=started_s,
        )
    warnings = list(warnings_of(infos))
    stop = None
    try:
        with asking(ledger, run.go_on):
            if settings.is_strict:
                intake.count()
                stop = _strict_stop(intake, infos=infos, warnings=[*warnings, *_doubts_of_run(intake, infos)])
            if stop is None:
                accept(ledger, intake, run_no=history.run_no, settings=settings)
    except InterruptedRunError:
        stop = _interrupted_stop(run, records=intake.tally.records)
        intake.leave_uncounted()
    else:
        warnings += _doubts_of_run(intake, infos)
    if stop is not None:
        with asking(ledger, run.hurry):
            refuse(ledger, intake, run_no=history.run_no, account=settings.account)
    history.keep_warnings(warnings)
    return Beginning(history=history, stop=stop)


def _doubts_of_run(intake: Intake, infos: Sequence[FeedInfo]) -> list[FeedWarning]:
    """What is doubtful about the run beside earlier ones; one without feeds only sends what was left."""
    return list(intake.doubts_of_run(infos[0].name)) if infos else []


def _strict_stop(intake: Intake, *, infos: Sequence[FeedInfo], warnings: Sequence[FeedWarning]) -> Stop | None:
    """With --strict, a defect, a column that nothing is read from or a warning stops the run before anything is accepted."""
    unused = [f"{info.name}: {name}" for info in infos for name in info.unused_columns]
    doubts = [*warnings, *intake.found.listed]
    reason = Reason.DEFECTS
    if intake.tally.defects:
        found = f"{intake.tally.defects} records are defects"
    elif unused:
        found = f"unused columns ({unused[0]} …)"
    elif doubts:
        reason = Reason.WARNINGS
        found = (
            f"{len(warnings) + intake.found.counts.total()} warnings, the first of them {doubts[0].code} ({doubts[0]})"
        )
    else:
        return None
    message = f"{found}, and --strict is set: nothing was accepted, nothing was sent"
    return Stop(exit_code=FeedError.exit_code, reason=reason, message=message)


def _interrupted_stop(run: Run, *, records: int) -> Stop:
    message = (
        f"stopped after {records} records, before the feeds were read and gathered to their end: "
        "nothing of them was accepted, nothing was sent; run again"
    )
    return Stop(exit_code=run.stop_exit_code or EXIT_SIGINT, reason=Reason.INTERRUPTED, message=message)
