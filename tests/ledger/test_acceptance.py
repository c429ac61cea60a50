"""Accepting feeds: facts and the list of a run are durable before the first request."""

from __future__ import annotations

import pytest
from attrs import evolve
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    FEED,
    LEFT_FAILED,
    LEFT_UNKNOWN,
    NOT_FOUND,
    NOW_S,
    RECEIPT,
    SETTINGS,
    defect,
    event,
    facts,
    open_run,
    push,
    rows,
    state_of,
)

from vtex_tracking.errors import InterruptedRunError
from vtex_tracking.ledger.sqlite import care
from vtex_tracking.ledger.sqlite.acceptance import accept, refuse
from vtex_tracking.ledger.sqlite.asking import asking
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.dispatch import Dispatch
from vtex_tracking.ledger.sqlite.history import History, begin_run
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.model import Outcome, OutcomeKind, Reason, Settlement
from vtex_tracking.settings import Settings

DAY_S = 24 * 3600.0


def begin(ledger: LedgerFile, *, run_id: str = "run-x") -> History:
    return begin_run(ledger, run_id=run_id, account="mystore", version="1", settings={}, feeds=(FEED,), started_s=NOW_S)


def outcomes(history: History) -> dict[str, Outcome]:
    return {outcome.order_id: outcome for outcome in history.outcomes()}


def kept(ledger: LedgerFile) -> list[tuple[object, ...]]:
    return rows(ledger, "SELECT order_id, state, fingerprint, body, events FROM invoices ORDER BY 1")


def test_a_run_goes_through_its_invoices_in_the_order_of_the_feed(ledger: LedgerFile) -> None:
    """The place of an invoice is that of its first record, whatever its name sorts as."""
    run = open_run(ledger, event("9-01"), event("1-01"), event("5-01"), event("9-01", 2))
    assert ["9-01", "1-01", "5-01"] == [due.update.key.order_id for due in run.due()]
    assert [1, 2, 3] == [due.seq for due in run.due()]
    assert 3 == run.dispatch.count()


def test_each_disposition_is_listed_as_it_ends_or_waits(ledger: LedgerFile) -> None:
    """What needs no request has its outcome at once, with what VTEX said of it then."""
    push(ledger, event("sent"))
    push(ledger, event("bad"), settlement=BAD_REQUEST)
    run = open_run(ledger, event("sent"), event("bad"), event("new"))
    found = outcomes(run.history)
    sent, bad, new = found["sent"], found["bad"], found["new"]
    assert (OutcomeKind.UNCHANGED, Reason.ALREADY_SENT, 200) == (sent.outcome, sent.reason, sent.http_status)
    assert (RECEIPT.receipt, RECEIPT.date, "request-200") == (sent.receipt, sent.receipt_date, sent.request_id)
    assert (OutcomeKind.REJECTED, Reason.BAD_REQUEST, 400, None) == (
        bad.outcome,
        bad.reason,
        bad.http_status,
        bad.receipt,
    )
    assert (OutcomeKind.PENDING, Reason.NOT_STARTED, None) == (new.outcome, new.reason, new.http_status)
    assert {0} == {outcome.attempts for outcome in found.values()}
    assert {1} == {outcome.events for outcome in found.values()}


def test_what_is_not_delivered_has_no_date(ledger: LedgerFile) -> None:
    """None at all, and not an empty one: when it is first heard of, and when there is news."""
    for day in (1, 2):
        push(ledger, event("1-01", day))
        assert [(day, None)] == rows(ledger, "SELECT events, delivered_date FROM invoices")


def test_a_refusal_does_not_show_the_receipt_of_an_older_update(ledger: LedgerFile) -> None:
    """What VTEX took before is not what it refused."""
    push(ledger, event())
    push(ledger, event(day=2), settlement=BAD_REQUEST)
    held = outcomes(open_run(ledger, event(day=2)).history)["1-01"]
    assert (OutcomeKind.REJECTED, None, None) == (held.outcome, held.receipt, held.receipt_date)


def test_what_an_earlier_run_left_goes_first(ledger: LedgerFile) -> None:
    """In the order in which it was first heard of, with places before those of the feed."""
    first = open_run(ledger, *(event(name) for name in ("z", "a", "m")))
    for due in first.due()[:2]:
        first.attempt(due, LEFT_UNKNOWN)
    first.finish()
    run = open_run(ledger, event("new"), event("m"))
    assert [("a", True), ("z", True), ("new", False), ("m", False)] == [
        (due.update.key.order_id, due.is_ambiguous) for due in run.due()
    ]
    assert [True, True, False, False] == [due.seq < 0 for due in run.due()]
    assert ["a", "z", "new", "m"] == [outcome.order_id for outcome in run.history.outcomes()]


def test_resuming_needs_no_feed(ledger: LedgerFile) -> None:
    """The same bytes wait in the ledger."""
    first = open_run(ledger, event())
    body = first.due()[0].update.body
    first.attempt(first.due()[0], LEFT_UNKNOWN)
    first.finish()
    assert [body] == [due.update.body for due in open_run(ledger).due()]


def test_the_stored_bytes_go_out_also_when_the_feed_says_the_same_again(ledger: LedgerFile) -> None:
    """A retry is byte for byte the first attempt."""
    first = open_run(ledger, event(), event(day=2))
    (due,) = first.due()
    first.attempt(due, LEFT_UNKNOWN)
    first.finish()
    (again,) = open_run(ledger, event(day=2)).due()
    assert (due.update, True, 0.0) == (again.update, again.is_ambiguous, again.not_before_s)


def test_what_another_account_left_is_left_alone(ledger: LedgerFile) -> None:
    """A run sends for its own account."""
    push(ledger, event("1-01"), settlement=LEFT_FAILED)
    run = open_run(ledger, event("2-01"), settings=evolve(SETTINGS, account="otherstore"))
    assert ["2-01"] == [due.update.key.order_id for due in run.due()]


def test_a_refusal_is_taken_up_when_it_is_asked_for(ledger: LedgerFile) -> None:
    """`--retry-rejected` sends the same bytes, named by a feed or not; what was too much to send has none."""
    push(ledger, event("1-01"), settlement=BAD_REQUEST)
    push(ledger, event("2-01"), settlement=NOT_FOUND)
    push(ledger, event("3-01"), settings=evolve(SETTINGS, body_bytes_max=1))
    assert [] == list(open_run(ledger).due())
    run = open_run(ledger, event("2-01"), settings=evolve(SETTINGS, is_retrying_rejected=True))
    assert ["1-01", "2-01"] == [due.update.key.order_id for due in run.due()]
    assert ("pending", "pending", "rejected") == tuple(state_of(ledger, f"{number}-01") for number in (1, 2, 3))
    assert [] == list(care.problems(ledger))


def test_an_invoice_that_was_not_found_is_taken_up_after_a_day(ledger: LedgerFile) -> None:
    """When a feed names it again."""
    push(ledger, event(), settlement=NOT_FOUND)
    assert [] == list(open_run(ledger, event(), now_s=NOW_S + DAY_S - 1).due())
    assert 1 == len(open_run(ledger, event(), now_s=NOW_S + DAY_S).due())
    assert "pending" == state_of(ledger)


@pytest.mark.parametrize(
    ("small", "reason"),
    [
        (evolve(SETTINGS, events_max=1), Reason.TOO_MANY_EVENTS),
        (evolve(SETTINGS, body_bytes_max=1), Reason.BODY_TOO_LARGE),
    ],
)
def test_too_much_for_one_update_is_listed_and_not_kept(ledger: LedgerFile, small: Settings, reason: Reason) -> None:
    """Neither facts nor a body; the next run finds the same."""
    for _ in range(2):
        run = open_run(ledger, event(), event(day=2), settings=small)
        found = outcomes(run.history)["1-01"]
        assert (OutcomeKind.REJECTED, reason, 0) == (found.outcome, found.reason, found.events)
        assert () == run.due()
        run.finish()
        assert [("1-01", "rejected", "", None, 0)] == kept(ledger)
        assert [] == facts(ledger)
        assert [] == list(care.problems(ledger))
    assert 1 == len(open_run(ledger, event()).due())


@pytest.mark.parametrize("last", [CONFIRMED, LEFT_UNKNOWN, LEFT_FAILED, BAD_REQUEST])
def test_too_much_leaves_what_is_known_as_it_was(ledger: LedgerFile, last: Settlement) -> None:
    """A refusal of ours touches neither state nor facts nor bytes."""
    push(ledger, event(), settlement=last)
    before = kept(ledger), facts(ledger)
    run = open_run(ledger, event(day=2), settings=evolve(SETTINGS, events_max=1))
    assert Reason.TOO_MANY_EVENTS is outcomes(run.history)["1-01"].reason
    assert () == run.due()
    assert before == (kept(ledger), facts(ledger))


def test_what_was_refused_here_is_as_old_as_its_run(ledger: LedgerFile) -> None:
    """Forgetting by age does not take it on the same day."""
    push(ledger, event(), settings=evolve(SETTINGS, body_bytes_max=1))
    count = care.forget(ledger, account="mystore", order_id=None, invoice_number=None, before_s=NOW_S - DAY_S)
    assert 0 == count


def test_facts_are_kept_even_when_they_change_no_byte(ledger: LedgerFile) -> None:
    """A repeated event that is now said to be delivered later than known adds a fact, and no request."""
    delivered = event(is_delivered=True)
    push(ledger, evolve(delivered, delivered_date="2026-03-01 10:00"))
    run = open_run(ledger, evolve(delivered, delivered_date="2026-03-09 10:00"))
    assert OutcomeKind.UNCHANGED is outcomes(run.history)["1-01"].outcome
    assert [1, 2] == [run_no for _, _, run_no in facts(ledger)]
    assert [] == list(care.problems(ledger))


def test_each_fact_is_kept_with_the_run_that_brought_it(ledger: LedgerFile) -> None:
    """Whatever else is news in a run: facts that change no byte, volumes, or nothing; `events=new` asks for it."""
    first, late = event(day=2), evolve(event(day=2), is_delivered=True)
    push(ledger, first)
    assert [(None, 1)] == rows(ledger, "SELECT fact_runs, known_run_no FROM invoices")
    push(ledger, first, evolve(event(day=3), volume="1"), late)
    assert [("[1,2,2]", 2)] == [
        (str(runs).replace(" ", ""), run_no)
        for runs, run_no in rows(ledger, "SELECT fact_runs, known_run_no FROM invoices")
    ]
    push(ledger, evolve(late, delivered_date="2026-03-09"), settlement=LEFT_FAILED)
    push(ledger, evolve(late, delivered_date="2026-03-10"))
    push(ledger, evolve(late, delivered_date="2026-03-11"))
    assert [1, 2, 3, 4, 5, 2] == [run_no for _, _, run_no in facts(ledger)]
    assert [(3,)] == rows(ledger, "SELECT known_run_no FROM invoices")
    assert [] == list(care.problems(ledger))


def test_facts_stay_those_of_their_run_when_a_volume_alone_is_news(ledger: LedgerFile) -> None:
    """The run that brought the volume confirms what it sent, and that is all of them."""
    push(ledger, evolve(event(), volume="1"))
    delivered = evolve(event(), volume="1", is_delivered=True)
    push(ledger, delivered, settlement=LEFT_FAILED)
    assert [1] == [run_no for _, _, run_no in facts(ledger)]
    assert [(2, "[1]")] == rows(ledger, "SELECT known_run_no, fact_runs FROM invoices")
    push(ledger, delivered, event(day=2))
    assert [(1, 1), (1, 3)] == [(invoice_id, run_no) for invoice_id, _, run_no in facts(ledger)]


def test_what_is_refused_here_is_heard_of_as_one_run_s_later(ledger: LedgerFile) -> None:
    """Its facts came with the run that kept them."""
    push(ledger, event(), settings=evolve(SETTINGS, body_bytes_max=1))
    push(ledger, event())
    assert [(2, None)] == rows(ledger, "SELECT known_run_no, fact_runs FROM invoices")
    assert [2] == [run_no for _, _, run_no in facts(ledger)]


@pytest.mark.parametrize("count", [1, 49, 50, 51, 149])
def test_any_number_of_invoices_is_written(ledger: LedgerFile, count: int) -> None:
    """However many go into one statement."""
    run = open_run(ledger, *(event(f"{number:03}") for number in range(count)))
    assert [f"{number:03}" for number in range(count)] == [due.update.key.order_id for due in run.due()]


def test_defects_and_counts_are_kept_with_the_run(ledger: LedgerFile) -> None:
    """In the order of the feed, whatever they hold."""
    odd = evolve(defect("bad_unicode"), text="\ud800 São \x00")
    run = open_run(ledger, defect(), event(), event(), odd)
    assert [defect(), odd] == list(run.history.defects())
    counts = run.history.counts()
    assert (4, 1, 1, 2, 1) == (counts.records, counts.events, counts.duplicates, counts.defects, counts.invoices)


def test_a_feed_that_is_not_accepted_leaves_its_defects_and_counts_alone(ledger: LedgerFile) -> None:
    """No fact, no invoice, nothing to send."""
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    intake.add([event(), event(), defect()])
    history = begin(ledger)
    intake.count()
    refuse(ledger, intake, run_no=history.run_no, account="mystore")
    counts = history.counts()
    assert (3, 1, 1, 1, 0) == (counts.records, counts.events, counts.duplicates, counts.defects, counts.invoices)
    assert () == counts.faults()
    assert [defect()] == list(history.defects())
    assert [] == rows(ledger, "SELECT * FROM invoices")


def test_what_earlier_runs_left_is_in_the_account_of_a_run_that_refused(ledger: LedgerFile) -> None:
    """Nothing of it is sent either; what is settled is no concern of this run, and the next one finds all as it was."""
    push(ledger, event("1-01"))
    push(ledger, event("2-01"), settlement=BAD_REQUEST)
    push(ledger, event("3-01"), settlement=LEFT_UNKNOWN)
    push(ledger, event("4-01"), settlement=LEFT_FAILED)
    before = kept(ledger)
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    intake.add([event("1-01", day=2), event("3-01", day=2), event("5-01"), event("5-01")])
    intake.leave_uncounted()
    history = begin(ledger)
    refuse(ledger, intake, run_no=history.run_no, account="mystore")
    assert {"3-01", "4-01"} == set(outcomes(history))
    counts = history.counts()
    assert (4, 4, 0, 2, ()) == (counts.records, counts.events, counts.duplicates, counts.pending, counts.faults())
    assert before == kept(ledger)
    assert ["3-01", "4-01"] == [due.update.key.order_id for due in open_run(ledger).due()]


def test_a_stop_in_the_middle_leaves_nothing_accepted(ledger: LedgerFile) -> None:
    """However far it came; the next run takes the feed in again, and every invoice is sent once."""
    records = [event(f"{number:04d}") for number in range(1200)]
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    intake.add(records)

    def stop_in_the_middle() -> None:
        if intake.tally.invoices:
            raise InterruptedRunError("stopped", exit_code=130)

    history = begin(ledger)
    with pytest.raises(InterruptedRunError), asking(ledger, stop_in_the_middle):
        accept(ledger, intake, run_no=history.run_no, settings=SETTINGS)
    assert 0 < intake.tally.invoices < 1200
    assert [(0,)] == rows(ledger, "SELECT count(*) FROM invoices")
    assert [] == list(care.problems(ledger))
    again = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    again.add(records)
    history = begin(ledger, run_id="run-y")
    accept(ledger, again, run_no=history.run_no, settings=SETTINGS)
    assert 1200 == Dispatch(ledger, run_no=history.run_no, quiet_period_s=0).count()
    assert () == history.counts().faults()


def test_new_facts_change_the_bytes_that_wait(ledger: LedgerFile) -> None:
    """A second feed before the first was sent: one update that says all of it."""
    open_run(ledger, event())
    (due,) = open_run(ledger, event(day=2, is_delivered=True)).due()
    assert (2, True) == (due.update.events, due.update.is_delivered)
    assert 2 == len(facts(ledger))
