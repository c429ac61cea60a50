"""Sending, as the ledger sees it: intents before bytes, doubts that last, and states that follow what is proven."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from attrs import evolve
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    LEFT_FAILED,
    LEFT_UNKNOWN,
    NOT_FOUND,
    NOW_S,
    RECEIPT,
    SETTINGS,
    TIMED_OUT,
    UNREACHABLE,
    Opened,
    event,
    open_run,
    push,
    rows,
    state_of,
)

from vtex_tracking.ledger.sqlite import care
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.dispatch import Intent, Settled
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight
from vtex_tracking.model import Attempted, Outcome, OutcomeKind, Reason, Settlement


def only(run: Opened) -> Outcome:
    (outcome,) = run.history.outcomes()
    return outcome


def attempts(ledger: LedgerFile) -> list[tuple[object, ...]]:
    return rows(
        ledger,
        "SELECT number, effect, coalesce(CAST(http_status AS TEXT), reason) FROM attempts ORDER BY run_no, seq, number",
    )


def test_an_intent_is_durable_before_its_first_byte(path: Path, tmp_path: Path) -> None:
    """A copy of the files, taken as a power cut would, knows of it."""
    with LedgerFile(path) as ledger:
        run = open_run(ledger, event())
        run.intend(run.due()[0])
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{tmp_path / 'copy.db'}{suffix}")
    with LedgerFile(tmp_path / "copy.db") as ledger:
        assert "in_flight" == state_of(ledger)
        assert [(1, None, None)] == attempts(ledger)


@pytest.mark.parametrize(
    ("last", "state", "kind", "reason"),
    [
        (CONFIRMED, "sent", OutcomeKind.SENT, Reason.NONE),
        (NOT_FOUND, "rejected", OutcomeKind.REJECTED, Reason.NOT_FOUND),
        (BAD_REQUEST, "rejected", OutcomeKind.REJECTED, Reason.BAD_REQUEST),
        (LEFT_UNKNOWN, "unknown", OutcomeKind.UNKNOWN, Reason.TIMEOUT),
        (LEFT_FAILED, "pending", OutcomeKind.FAILED, Reason.UNREACHABLE),
        (TIMED_OUT, "unknown", OutcomeKind.UNKNOWN, Reason.TIMEOUT),  # as it is if the run stops here
        (UNREACHABLE, "pending", OutcomeKind.PENDING, Reason.UNREACHABLE),
    ],
)
def test_an_attempt_leaves_state_and_outcome_so(
    ledger: LedgerFile, last: Settlement, state: str, kind: OutcomeKind, reason: Reason
) -> None:
    """The invoice's state and the run's word for it come from one settlement."""
    run = open_run(ledger, event())
    run.attempt(run.due()[0], last, now_s=NOW_S + 1)
    outcome = only(run)
    assert (state, kind, reason) == (state_of(ledger), outcome.outcome, outcome.reason)
    assert (last.http_status, last.request_id, 1) == (outcome.http_status, outcome.request_id, outcome.attempts)
    assert (last.outcome is None) == (outcome.finished_at is None)
    assert [(1, last.effect.value, str(last.http_status or last.reason))] == attempts(ledger)


def test_what_is_confirmed_has_a_receipt_and_no_body_any_more(ledger: LedgerFile) -> None:
    """The ledger keeps facts and fingerprint, not the bytes that are done with."""
    run = push(ledger, event())
    outcome = only(run)
    assert (RECEIPT.receipt, RECEIPT.date) == (outcome.receipt, outcome.receipt_date)
    assert [(None, RECEIPT.receipt, 1)] == rows(ledger, "SELECT body, receipt, confirmed_run_no FROM invoices")
    assert () == run.due()


@pytest.mark.parametrize("last", [BAD_REQUEST, LEFT_UNKNOWN, LEFT_FAILED])
def test_what_is_not_confirmed_keeps_its_bytes(ledger: LedgerFile, last: Settlement) -> None:
    """They may have to go out again."""
    run = open_run(ledger, event())
    (due,) = run.due()
    run.attempt(due, last)
    assert [(due.update.body,)] == rows(ledger, "SELECT body FROM invoices")


def test_attempts_are_numbered_and_each_is_kept(ledger: LedgerFile) -> None:
    """Each with what came of it; one that is still on the wire has no effect yet."""
    run = open_run(ledger, event())
    (due,) = run.due()
    for last in (UNREACHABLE, TIMED_OUT):
        run.attempt(due, last)
    run.intend(due)
    expected = [(1, "not_applied", "unreachable"), (2, "ambiguous", "timeout"), (3, None, None)]
    assert expected == attempts(ledger)
    run.settle(due, CONFIRMED)
    assert (3, "confirmed", "200") == attempts(ledger)[-1]


def test_an_intent_that_was_not_carried_out_is_taken_back(ledger: LedgerFile) -> None:
    """It is no request, and the next one takes its number."""
    run = open_run(ledger, event())
    (due,) = run.due()
    run.intend(due)
    run.withdraw(due)
    assert ("pending", []) == (state_of(ledger), attempts(ledger))
    run.attempt(due, TIMED_OUT)
    run.intend(due)
    run.withdraw(due)
    assert ("unknown", [(1, "ambiguous", "timeout")]) == (state_of(ledger), attempts(ledger))
    assert [] == list(care.problems(ledger))


def test_a_doubt_is_not_undone_by_an_attempt_that_was_not_applied(ledger: LedgerFile) -> None:
    """The first one may still have arrived."""
    run = open_run(ledger, event())
    (due,) = run.due()
    run.attempt(due, TIMED_OUT)
    run.attempt(due, UNREACHABLE)
    assert "unknown" == state_of(ledger)
    run.finish()
    assert OutcomeKind.UNKNOWN is only(run).outcome
    (again,) = open_run(ledger).due()
    assert again.is_ambiguous


def test_a_doubt_lasts_beyond_a_later_refusal(ledger: LedgerFile) -> None:
    """When a refused update is sent again, an earlier attempt of its bytes is still in doubt."""
    run = open_run(ledger, event())
    (due,) = run.due()
    run.attempt(due, TIMED_OUT)
    run.attempt(due, BAD_REQUEST)
    run.finish()
    (again,) = open_run(ledger, settings=evolve(SETTINGS, is_retrying_rejected=True)).due()
    assert again.is_ambiguous


def test_a_later_success_does_not_clear_a_doubt_so_other_bytes_wait(ledger: LedgerFile) -> None:
    """The late request of the old bytes may land after the new ones, until the quiet period is over."""
    run = open_run(ledger, event())
    (due,) = run.due()
    run.attempt(due, TIMED_OUT, now_s=NOW_S)
    run.attempt(due, CONFIRMED, now_s=NOW_S + 10)
    run.finish()
    assert [(due.update.fingerprint, NOW_S)] == rows(ledger, "SELECT fingerprint, at_s FROM ambiguities")
    run = open_run(ledger, event(day=2), now_s=NOW_S + 60)
    (fresh,) = run.due(now_s=NOW_S + 60)
    assert (False, NOW_S + 120) == (fresh.is_ambiguous, fresh.not_before_s)
    (later,) = run.due(now_s=NOW_S + 120)
    assert 0.0 == later.not_before_s


def test_a_doubt_of_the_same_bytes_makes_nobody_wait(ledger: LedgerFile) -> None:
    """Whichever lands, VTEX holds the same."""
    push(ledger, event(), settlement=LEFT_UNKNOWN)
    (due,) = open_run(ledger).due()
    assert (True, 0.0) == (due.is_ambiguous, due.not_before_s)


def test_a_doubt_that_is_doubted_again_is_as_fresh_as_the_last_attempt(ledger: LedgerFile) -> None:
    """The quiet period begins when we gave up last."""
    run = open_run(ledger, event())
    (due,) = run.due()
    run.attempt(due, TIMED_OUT, now_s=NOW_S)
    run.attempt(due, LEFT_UNKNOWN, now_s=NOW_S + 50)
    run.finish()
    (fresh,) = open_run(ledger, event(day=2)).due(now_s=NOW_S + 60)
    assert NOW_S + 170 == fresh.not_before_s


def test_of_many_doubts_of_other_bytes_the_last_counts(ledger: LedgerFile) -> None:
    """And of the same bytes none; what another invoice left in doubt is nothing to this one."""
    push(ledger, event(), event("2-01"), settlement=LEFT_UNKNOWN, now_s=NOW_S)
    push(ledger, event(day=2), settlement=LEFT_UNKNOWN, now_s=NOW_S + 30)
    run = open_run(ledger, event(day=3), event("3-01"), now_s=NOW_S + 40)
    assert {"1-01": (False, NOW_S + 150), "2-01": (True, 0.0), "3-01": (False, 0.0)} == {
        due.update.key.order_id: (due.is_ambiguous, due.not_before_s) for due in run.due(now_s=NOW_S + 40)
    }
    dues = {due.update.key.order_id: due for due in run.due(now_s=NOW_S + 40)}
    run.attempt(dues["1-01"], LEFT_UNKNOWN, now_s=NOW_S + 150)
    run.finish(now_s=NOW_S + 151)
    again = {due.update.key.order_id: due for due in open_run(ledger).due(now_s=NOW_S + 149)}["1-01"]
    assert (True, NOW_S + 150) == (again.is_ambiguous, again.not_before_s)


def test_what_was_in_flight_when_its_run_died_is_unknown(ledger: LedgerFile) -> None:
    """In doubt from now on, for nobody knows when it gave up; and the dead run says so."""
    run = open_run(ledger, event("1-01"), event("2-01"))
    run.intend(run.due()[0])
    assert 1 == doubt_in_flight(ledger, now_s=NOW_S + 999)
    assert ("unknown", "pending") == (state_of(ledger, "1-01"), state_of(ledger, "2-01"))
    assert [(NOW_S + 999,)] == rows(ledger, "SELECT at_s FROM ambiguities")
    assert [("1-01", OutcomeKind.UNKNOWN, Reason.INTERRUPTED), ("2-01", OutcomeKind.PENDING, Reason.NOT_STARTED)] == [
        (outcome.order_id, outcome.outcome, outcome.reason) for outcome in run.history.outcomes()
    ]
    assert 0 == doubt_in_flight(ledger, now_s=NOW_S + 2000)
    assert [(NOW_S + 999,)] == rows(ledger, "SELECT at_s FROM ambiguities")


def test_what_waited_in_backoff_when_its_run_died_is_unknown_for_its_last_reason(ledger: LedgerFile) -> None:
    """What may have arrived is not pending, whatever stopped the run."""
    run = open_run(ledger, event("1-01"), event("2-01"))
    for due, last in zip(run.due(), (TIMED_OUT, UNREACHABLE), strict=True):
        run.attempt(due, last)
    doubt_in_flight(ledger, now_s=NOW_S)
    assert [(OutcomeKind.UNKNOWN, Reason.TIMEOUT), (OutcomeKind.PENDING, Reason.UNREACHABLE)] == [
        (outcome.outcome, outcome.reason) for outcome in run.history.outcomes()
    ]


def test_what_a_later_run_did_is_not_told_of_an_earlier_one(ledger: LedgerFile) -> None:
    """A run that never tried an invoice left it pending, also when the next one died with it in flight."""
    first = open_run(ledger, event())
    second = open_run(ledger)
    second.intend(second.due()[0])
    third = open_run(ledger)
    assert (OutcomeKind.PENDING, Reason.NOT_STARTED) == (only(first).outcome, only(first).reason)
    assert (OutcomeKind.UNKNOWN, Reason.INTERRUPTED) == (only(second).outcome, only(second).reason)
    assert OutcomeKind.PENDING is only(third).outcome


def test_a_run_that_has_ended_is_not_told_anew(ledger: LedgerFile) -> None:
    """Its report is written."""
    run = open_run(ledger, event())
    run.attempt(run.due()[0], LEFT_FAILED)
    run.finish()
    before = list(run.history.outcomes())
    doubt_in_flight(ledger, now_s=NOW_S)
    assert before == list(run.history.outcomes())


def test_what_is_due_comes_in_pages(ledger: LedgerFile) -> None:
    """From behind the last one on, whatever became of it meanwhile."""
    run = open_run(ledger, *(event(f"{number}-01") for number in range(5)))
    first = run.dispatch.due(after_seq=None, limit=2, now_s=NOW_S)
    run.attempt(first[0], CONFIRMED)
    second = run.dispatch.due(after_seq=first[-1].seq, limit=2, now_s=NOW_S)
    third = run.dispatch.due(after_seq=second[-1].seq, limit=2, now_s=NOW_S)
    assert [1, 2, 3, 4, 5] == [due.seq for due in (*first, *second, *third)]
    assert () == run.dispatch.due(after_seq=third[-1].seq, limit=2, now_s=NOW_S)
    assert 4 == run.dispatch.count()


def test_what_the_run_is_done_with_is_not_due_again(ledger: LedgerFile) -> None:
    """Wherever it stands among what is still to be sent, or to be tried again."""
    run = open_run(ledger, *(event(f"{number}-01") for number in range(5)))
    dues = run.due()
    run.attempt(dues[1], TIMED_OUT)
    for done, last in ((dues[0], BAD_REQUEST), (dues[3], CONFIRMED)):
        run.attempt(done, last)
    assert [2, 3, 5] == [due.seq for due in run.due()]
    assert [2] == [due.seq for due in run.dispatch.due(after_seq=1, limit=1, now_s=NOW_S)]


def test_settlements_that_are_written_together_are_each_what_they_are(ledger: LedgerFile) -> None:
    """What some have in common is not told of the others."""
    lasts = (CONFIRMED, TIMED_OUT, BAD_REQUEST, evolve(CONFIRMED, http_status=203), NOT_FOUND, UNREACHABLE, CONFIRMED)
    run = open_run(ledger, *(event(f"{number}-01") for number in range(len(lasts))))
    dues = run.due()
    run.dispatch.write([Intent(dues=dues, now_s=NOW_S)])
    told = [Attempted(due, evolve(last, started_s=due.seq)) for due, last in zip(dues, lasts, strict=True)]
    run.dispatch.write([Settled(attempts=told[:6], now_s=NOW_S + 1), Settled(attempts=told[6:], now_s=NOW_S + 2)])
    query = """SELECT seq, number, started_s, effect, outcome, reason, http_status, request_id, receipt, ended_s
        FROM attempts ORDER BY seq"""
    assert [
        (
            *(due.seq, 1, due.seq, last.effect, last.outcome, last.reason, last.http_status, last.request_id),
            *(last.receipt and last.receipt.receipt, NOW_S + 1 + (due.seq == len(lasts))),
        )
        for due, last in zip(dues, lasts, strict=True)
    ] == rows(ledger, query)
    states = ["sent", "unknown", "rejected", "sent", "rejected", "pending", "sent"]
    assert states == [state for (state,) in rows(ledger, "SELECT state FROM attempts ORDER BY seq")]


def test_a_group_is_written_whole_or_not_at_all(ledger: LedgerFile) -> None:
    """An entry that cannot be written takes its group with it; no caller is told otherwise."""
    run = open_run(ledger, event("1-01"), event("2-01"))
    one, other = run.due()
    run.dispatch.write([Intent(dues=[one], now_s=NOW_S), Intent(dues=[other], now_s=NOW_S)])
    broken = evolve(CONFIRMED, latency_ms=1 << 70)
    with pytest.raises(OverflowError):
        run.dispatch.write(
            [
                Settled(attempts=[Attempted(one, CONFIRMED)], now_s=NOW_S),
                Settled(attempts=[Attempted(other, broken)], now_s=NOW_S),
            ]
        )
    assert ("in_flight", "in_flight") == (state_of(ledger, "1-01"), state_of(ledger, "2-01"))
