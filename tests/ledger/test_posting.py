"""What attempts have come to is posted to their invoices once nothing is sent any more: all of it, whoever was killed on the way."""

from __future__ import annotations

import shutil
from contextlib import suppress
from functools import partial
from itertools import count, cycle, repeat
from pathlib import Path
from typing import Final

from attrs import evolve
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    LEFT_FAILED,
    NOT_FOUND,
    NOW_S,
    SETTINGS,
    TIMED_OUT,
    Opened,
    compared,
    dump,
    event,
    open_run,
    push,
    rows,
)
from ledger_support import STANDING

from vtex_tracking.errors import LedgerError
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.dispatch import Intent, Settled
from vtex_tracking.ledger.sqlite.gathering import Gathered
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight, show_as_posted
from vtex_tracking.model import Attempted, OutcomeKind, Reason
from vtex_tracking.settings import Events, Settings

MANY: Final = 4500  # more than are posted at once, and more than twice as many
SETTINGS_OF_PLANS: Final = (SETTINGS, evolve(SETTINGS, is_retrying_rejected=True), evolve(SETTINGS, events=Events.NEW))
ENDS: Final = (CONFIRMED, NOT_FOUND, TIMED_OUT, CONFIRMED, LEFT_FAILED)


def sent_to_all(ledger: LedgerFile, *, invoices: int) -> Opened:
    """A run in which each invoice has been attempted, in another order than that of their names, and that has not ended."""
    run = open_run(ledger, *(event(f"{number * 7919 % invoices:05}-01") for number in range(invoices)))
    dues = run.dispatch.due(after_seq=None, limit=invoices, now_s=NOW_S)
    run.dispatch.write([Intent(dues=dues, now_s=NOW_S)])
    attempts = [Attempted(due, end) for due, end in zip(dues, cycle(ENDS), strict=False)]
    run.dispatch.write([Settled(attempts=attempts, now_s=NOW_S + 1)])
    return run


def standing(ledger: LedgerFile) -> list[tuple[str, str, str]]:
    return [(str(order_id), str(number), str(state)) for order_id, number, state, _ in rows(ledger, STANDING)]


def test_while_a_run_sends_its_invoices_are_not_touched(ledger: LedgerFile) -> None:
    """One row for each attempt is all that is written; the pages of invoices lie all over the file."""
    run = open_run(ledger, event("1-01"), event("2-01"))
    before = rows(ledger, "SELECT * FROM invoices"), rows(ledger, "SELECT * FROM run_invoices")
    for due, last in zip(run.due(), (TIMED_OUT, CONFIRMED), strict=True):
        run.attempt(due, last)
    assert before == (rows(ledger, "SELECT * FROM invoices"), rows(ledger, "SELECT * FROM run_invoices"))
    assert [("1-01", "unknown"), ("2-01", "sent")] == sorted(row[::2] for row in standing(ledger))


def test_all_of_a_large_run_is_posted(ledger: LedgerFile) -> None:
    """In several commits, each invoice as its last attempt left it, and what is confirmed without its bytes."""
    run = sent_to_all(ledger, invoices=MANY)
    expected = sorted(standing(ledger))
    run.finish()
    posted = rows(ledger, "SELECT order_id, invoice_number, state, body IS NULL, receipt IS NOT NULL FROM invoices")
    assert expected == sorted(row[:3] for row in posted)
    assert all(
        (state == "sent") == bool(has_no_body) == bool(has_receipt) for *_, state, has_no_body, has_receipt in posted
    )
    assert {MANY // 5} == {
        len([1 for row in posted if row[2] == state]) for state in ("rejected", "unknown", "pending")
    }


def test_each_piece_is_posted_in_a_commit_of_its_own(ledger: LedgerFile) -> None:
    """So that the journal stays small, whatever is posted."""
    sent_to_all(ledger, invoices=MANY)
    asked: list[str] = []
    ledger.sql.set_trace_callback(asked.append)
    doubt_in_flight(ledger, now_s=NOW_S)
    assert 3 == sum(statement.startswith("\nUPDATE invoices") for statement in asked)
    assert 4 == asked.count("COMMIT")  # and one for what was in flight


def test_only_what_was_attempted_is_looked_at(ledger: LedgerFile) -> None:
    """In a ledger of millions, however few of them a run attempted."""
    run = open_run(ledger, event())
    run.attempt(run.due()[0], CONFIRMED)
    asked: list[str] = []
    ledger.sql.set_trace_callback(asked.append)
    doubt_in_flight(ledger, now_s=NOW_S)
    ledger.sql.set_trace_callback(None)
    told = [question for question in asked if "invoices" in question and "CREATE" not in question]
    plans = [str(row[3]) for question in told for row in rows(ledger, f"EXPLAIN QUERY PLAN {question}")]
    assert "SEARCH invoices USING INTEGER PRIMARY KEY (rowid=?)" in plans
    whole = ("SCAN invoices", "SCAN run_invoices", "SCAN attempts", "(rowid>? AND rowid<?)")
    assert [] == [plan for plan in plans if "posting" not in plan and any(name in plan for name in whole)]


def test_a_posting_that_was_cut_off_is_done_by_whoever_comes_next(path: Path, tmp_path: Path) -> None:
    """After each of its steps, again and again, until there is nothing more to cut off."""
    with LedgerFile(path) as ledger:
        sent_to_all(ledger, invoices=MANY)
    never_cut = tmp_path / "never-cut.db"
    shutil.copy(path, never_cut)
    with LedgerFile(never_cut) as ledger:
        doubt_in_flight(ledger, now_s=NOW_S)
        expected = dump(ledger)
    partly = set()
    for steps in count(1):
        with LedgerFile(path) as ledger:
            partly.add(rows(ledger, "SELECT count(*) FROM invoices WHERE state = 'sent'")[0])
            left = repeat(0, steps)
            ledger.sql.set_progress_handler(partial(next, left, 1), 40_000)
            with suppress(LedgerError):
                doubt_in_flight(ledger, now_s=NOW_S)
            ledger.sql.set_progress_handler(None, 0)
            if next(left, 1) == 0:
                assert expected == dump(ledger)
                break
    assert len(partly) > 2


def test_what_is_posted_already_is_posted_again_without_a_change(ledger: LedgerFile) -> None:
    """Also after what an invoice's earlier runs came to."""
    push(ledger, event("1-01"), event("2-01"), settlement=BAD_REQUEST)
    run = open_run(ledger, event("1-01", 2), event("3-01"))
    for due, last in zip(run.due(), (CONFIRMED, TIMED_OUT), strict=True):
        run.attempt(due, last)
    run.intend(run.due()[0])
    assert 1 == doubt_in_flight(ledger, now_s=NOW_S)
    once = dump(ledger)
    assert 0 == doubt_in_flight(ledger, now_s=NOW_S + 999)
    assert once == dump(ledger)


def test_a_run_that_came_to_its_end_is_never_posted_again(ledger: LedgerFile) -> None:
    """What is there was made of it: nothing is even looked at."""
    push(ledger, event())
    asked: list[str] = []
    ledger.sql.set_trace_callback(asked.append)
    assert 0 == doubt_in_flight(ledger, now_s=NOW_S)
    assert 3 == len(asked)


def test_an_interrupted_attempt_leaves_the_last_answer_of_its_run(ledger: LedgerFile) -> None:
    """The report says what VTEX answered last; the attempt itself had no answer."""
    run = open_run(ledger, event())
    (due,) = run.due()
    run.attempt(due, evolve(TIMED_OUT, reason=Reason.UNAVAILABLE, http_status=503, request_id="request-503"))
    run.intend(due)
    run.finish()
    (outcome,) = run.history.outcomes()
    assert (OutcomeKind.UNKNOWN, Reason.INTERRUPTED, 503, "request-503", 2, None) == (
        outcome.outcome,
        outcome.reason,
        outcome.http_status,
        outcome.request_id,
        outcome.attempts,
        outcome.finished_at,
    )
    assert {"503": 1, "none": 1} == run.history.traffic().attempts_by_status


# ---------------------------------------------------------------- plans


def test_a_plan_sees_what_a_killed_run_has_come_to(path: Path) -> None:
    """As a push would find it, whatever it asks for; and nothing is written for it."""
    with LedgerFile(path) as ledger:
        push(ledger, event("old"), settlement=NOT_FOUND)
        run = open_run(ledger, *(event(name) for name in ("a", "b", "c", "d", "e")))
        for due, last in zip(run.due(), (CONFIRMED, BAD_REQUEST, NOT_FOUND, TIMED_OUT), strict=False):
            run.attempt(due, last)
        run.intend(run.due()[-1])
    killed, said = path.read_bytes(), []
    for prepare in (show_as_posted, lambda ledger: doubt_in_flight(ledger, now_s=NOW_S)):
        with LedgerFile(path) as ledger:
            for _ in range(2):
                prepare(ledger)
            said.append([asked_of(ledger, settings=settings) for settings in SETTINGS_OF_PLANS])
        assert (prepare is show_as_posted) == (killed == path.read_bytes())
    assert said[0] == said[1]
    assert [2, 5, 2] == [left for *_, left in said[0]]


def asked_of(ledger: LedgerFile, *, settings: Settings) -> tuple[list[Gathered], list[Gathered], int]:
    """What a plan asks, of a feed without news, of one with news, and of none."""
    feed = [event(name) for name in ("a", "b", "c", "d", "e", "new")]
    news = [event(name, 2) for name in ("a", "b", "c", "d", "e")]
    left = Intake(ledger, settings=settings, now_s=NOW_S).left()
    old, new = (
        [invoice._replace(kept=None) for invoice in compared(ledger, *events, settings=settings)]
        for events in (feed, [*feed, *news])
    )
    return old, new, left


def test_a_plan_of_a_ledger_that_is_posted_asks_the_ledger_itself(ledger: LedgerFile) -> None:
    """Nothing stands between."""
    push(ledger, event())
    show_as_posted(ledger)
    open_run(ledger)
    show_as_posted(ledger)
    assert [] == rows(ledger, "SELECT name FROM temp.sqlite_schema WHERE name = 'invoices'")
