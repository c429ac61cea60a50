"""A ledger at hand: records, runs and settlements in a line each, and all of its rows to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attrs import evolve, frozen
from ledger_support import STANDING

from vtex_tracking.ledger.sqlite.acceptance import accept
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.dispatch import Dispatch, Intent, Settled, Withdrawal
from vtex_tracking.ledger.sqlite.gathering import Gathered
from vtex_tracking.ledger.sqlite.history import History, begin_run
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.sqlite.outcomes import utc_text
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight
from vtex_tracking.model import (
    Attempted,
    Defect,
    Due,
    Effect,
    FeedInfo,
    OutcomeKind,
    PlainEvents,
    Reason,
    Receipt,
    Settlement,
    TrackingEvent,
)
from vtex_tracking.push.verdict import Stop
from vtex_tracking.settings import Settings
from vtex_tracking.summing import shown_settings, summary_of

NOW_S: Final = 1_800_000_000.0
SETTINGS: Final = Settings(account="mystore")
FEED: Final = FeedInfo(name="feed.csv", format="csv", encoding="utf-8", size_bytes=1, sha256="00", records=1)
RECEIPT: Final = Receipt(receipt="f67d33a8", date="2026-03-10T12:00:00Z", order_id="00-1")


def event(
    order_id: str = "1-01",
    day: int = 1,
    *,
    invoice_number: str = "1",
    text: str = "Coletado",
    is_delivered: bool = False,
    volume: str = "",
    volumes: int | None = None,
    place: str = "feed.csv:2",
) -> TrackingEvent:
    """One event of an invoice, or of one of its volumes."""
    return TrackingEvent(
        order_id=order_id,
        invoice_number=invoice_number,
        date=f"2026-03-{day:02d}",
        description=text,
        city="Curitiba",
        state="PR",
        is_delivered=is_delivered,
        volume=volume,
        volumes=volumes,
        place=place,
    )


def defect(code: str = "bad_date", *, place: str = "feed.csv:9") -> Defect:
    """A record that could not be read."""
    return Defect(place=place, column="Data", code=code, problem="is not a date", columns=("Data",), cells=("x",))


@frozen(kw_only=True)
class Opened:
    """One run of a ledger: its history, its sending, and what its feeds came to."""

    ledger: LedgerFile
    history: History
    dispatch: Dispatch
    intake: Intake

    def due(self, *, now_s: float = NOW_S) -> tuple[Due, ...]:
        """Everything that this run has still to send."""
        return self.dispatch.due(after_seq=None, limit=1000, now_s=now_s)

    def intend(self, due: Due, *, now_s: float = NOW_S) -> None:
        self.dispatch.write([Intent(dues=[due], now_s=now_s)])

    def withdraw(self, due: Due) -> None:
        self.dispatch.write([Withdrawal(due=due)])

    def settle(self, due: Due, settlement: Settlement, *, now_s: float = NOW_S) -> None:
        self.dispatch.write([Settled(attempts=[Attempted(due, settlement)], now_s=now_s)])

    def attempt(self, due: Due, settlement: Settlement, *, now_s: float = NOW_S) -> None:
        """One attempt, from intent to settlement."""
        self.intend(due, now_s=now_s)
        self.settle(due, evolve(settlement, started_s=now_s), now_s=now_s)

    def finish(self, *, now_s: float = NOW_S, stop: Stop | None = None) -> None:
        """End the run as a push does."""
        doubt_in_flight(self.ledger, now_s=now_s)
        self.history.finish(summary_of(self.history, finished_at=utc_text(now_s), stop=stop))


def settlement(
    effect: Effect,
    outcome: OutcomeKind | None = None,
    *,
    reason: Reason = Reason.NONE,
    status: int | None = None,
    latency_ms: int | None = None,
) -> Settlement:
    """What became of an attempt."""
    return Settlement(
        started_s=NOW_S,
        effect=effect,
        outcome=outcome,
        reason=reason,
        http_status=status,
        request_id=None if status is None else f"request-{status}",
        receipt=RECEIPT if effect is Effect.CONFIRMED else None,
        latency_ms=latency_ms,
    )


CONFIRMED: Final = settlement(Effect.CONFIRMED, OutcomeKind.SENT, status=200, latency_ms=120)
NOT_FOUND: Final = settlement(Effect.REFUSED, OutcomeKind.REJECTED, reason=Reason.NOT_FOUND, status=404)
BAD_REQUEST: Final = settlement(Effect.REFUSED, OutcomeKind.REJECTED, reason=Reason.BAD_REQUEST, status=400)
TIMED_OUT: Final = settlement(Effect.AMBIGUOUS, reason=Reason.TIMEOUT)
LEFT_UNKNOWN: Final = settlement(Effect.AMBIGUOUS, OutcomeKind.UNKNOWN, reason=Reason.TIMEOUT)
UNREACHABLE: Final = settlement(Effect.NOT_APPLIED, reason=Reason.UNREACHABLE)
LEFT_FAILED: Final = settlement(Effect.NOT_APPLIED, OutcomeKind.FAILED, reason=Reason.UNREACHABLE)


def compared(
    ledger: LedgerFile,
    *values: TrackingEvent | Defect | PlainEvents,
    settings: Settings = SETTINGS,
    now_s: float = NOW_S,
) -> list[Gathered]:
    """What the feeds come to, as a plan sees it: nothing is accepted."""
    intake = Intake(ledger, settings=settings, now_s=now_s)
    intake.add(values)
    return list(intake.gathered())


def open_run(
    ledger: LedgerFile, *values: TrackingEvent | Defect, settings: Settings = SETTINGS, now_s: float = NOW_S
) -> Opened:
    """Begin a run as a push does, with these feeds accepted."""
    doubt_in_flight(ledger, now_s=now_s)
    intake = Intake(ledger, settings=settings, now_s=now_s)
    intake.add(values)
    ((number,),) = rows(ledger, "SELECT count(*) + 1 FROM runs")
    history = begin_run(
        ledger,
        run_id=f"run-{number}",
        account=settings.account,
        version="0.1.0",
        settings=shown_settings(settings),
        feeds=(FEED,),
        started_s=now_s,
    )
    accept(ledger, intake, run_no=history.run_no, settings=settings)
    dispatch = Dispatch(ledger, run_no=history.run_no, quiet_period_s=settings.quiet_period_s)
    return Opened(ledger=ledger, history=history, dispatch=dispatch, intake=intake)


def push(
    ledger: LedgerFile,
    *values: TrackingEvent | Defect,
    settlement: Settlement = CONFIRMED,
    settings: Settings = SETTINGS,
    now_s: float = NOW_S,
) -> Opened:
    """Make a whole run in which each attempt ends so."""
    run = open_run(ledger, *values, settings=settings, now_s=now_s)
    for due in run.due(now_s=now_s):
        run.attempt(due, settlement, now_s=now_s)
    run.finish(now_s=now_s)
    return run


def state_of(ledger: LedgerFile, order_id: str = "1-01") -> str:
    """Where an order's only invoice stands."""
    (state,) = (state for found, _number, state, _fingerprint in rows(ledger, STANDING) if found == order_id)
    return str(state)


def rows(ledger: LedgerFile, query: str) -> list[tuple[object, ...]]:
    """Whatever a question finds."""
    with ledger.reading() as sql:
        return sql.execute(query).fetchall()


def facts(ledger: LedgerFile) -> list[tuple[object, ...]]:
    """Each fact that is kept: of which invoice, as it is kept, and the run that brought it."""
    return rows(
        ledger,
        "SELECT invoice_id, value, coalesce(fact_runs ->> key, known_run_no) FROM invoices, json_each(facts) "
        "ORDER BY invoice_id, key",
    )


def dump(ledger: LedgerFile) -> str:
    """All that the ledger holds."""
    with ledger.reading() as sql:
        return "\n".join(sql.iterdump())


def spoil(path: Path, statement: str) -> None:
    """Change a closed ledger behind our back."""
    with LedgerFile(path) as ledger:
        ledger.sql.execute("PRAGMA foreign_keys = OFF")
        ledger.sql.execute(statement)
