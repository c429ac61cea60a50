"""Warnings of a run: found while its feeds are gathered, counted, listed, and kept; and what earlier runs had."""

from __future__ import annotations

from attrs import evolve
from ledger_runs import LEFT_FAILED, NOW_S, SETTINGS, event, open_run, push, rows

from vtex_tracking.ledger.sqlite import care
from vtex_tracking.ledger.sqlite.acceptance import refuse
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.history import History
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.sqlite.usual import usual_of
from vtex_tracking.model import FeedWarning, TrackingEvent
from vtex_tracking.sense import Usual


def future(order_id: str = "1-01") -> TrackingEvent:
    return evolve(event(order_id), date="2030-01-01")


def same(order_id: str, *, is_delivered: bool = False) -> TrackingEvent:
    return evolve(event(order_id, is_delivered=is_delivered), date="2026-03-01 08:15:00", place=f"{order_id}.csv:2")


def kept(history: History) -> list[tuple[str, str]]:
    return [(warning.code, warning.place) for warning in history.warnings()]


def test_what_is_doubtful_is_told_of_what_would_be_sent(ledger: LedgerFile) -> None:
    """Once sent, it is not told again; while it is left open it is, and when something new is said of it."""
    assert [("event_in_future", "feed.csv:2")] == kept(push(ledger, future(), settlement=LEFT_FAILED).history)
    assert [("event_in_future", "feed.csv:2")] == kept(push(ledger, future()).history)
    assert [] == kept(push(ledger, future()).history)
    assert [] == kept(push(ledger).history)
    assert [("event_in_future", "feed.csv:2")] == kept(push(ledger, event(day=2)).history)


def test_what_an_earlier_run_said_makes_a_doubt_too(ledger: LedgerFile) -> None:
    """A return that is heard of tonight, of an invoice that was delivered last month."""
    assert [] == kept(push(ledger, event(is_delivered=True)).history)
    returned = evolve(event(day=1, text="Devolvido"), is_returned=True)
    assert [("delivered_and_returned", "feed.csv:2")] == kept(push(ledger, returned).history)


def test_an_event_on_too_many_invoices_at_one_second_is_told_once(ledger: LedgerFile) -> None:
    """Of those that it is new to; the place is where the feeds first have it."""
    settings = evolve(SETTINGS, same_moment_invoices_max=3)
    push(ledger, same("old"), settings=settings)
    names = ["d", "c", "b", "a"]
    assert [] == kept(push(ledger, same("old"), *map(same, names[:3]), settings=settings).history)
    assert [] == kept(push(ledger, *map(same, names), settings=settings).history)
    crowd = [same(f"new-{name}") for name in names]
    assert [("same_moment", "new-d.csv:2")] == kept(push(ledger, *crowd, *crowd, settings=settings).history)


def test_more_warnings_are_counted_than_listed(ledger: LedgerFile) -> None:
    """The first ones of a code are listed; what is kept later counts with them."""
    settings = evolve(SETTINGS, warnings_max=2)
    run = open_run(ledger, *(future(name) for name in "abc"), settings=settings)
    run.history.keep_warnings([FeedWarning(code=code, place="x", problem="y") for code in ("event_in_future", "odd")])
    assert ["event_in_future"] * 3 + ["odd"] == [code for code, _ in kept(run.history)]
    assert [("event_in_future", 4), ("odd", 1)] == list(run.history.warning_counts().items())
    run.finish()
    summary = run.history.summary()
    assert summary is not None
    assert {"event_in_future": 4, "odd": 1} == summary.warnings
    care.forget(ledger, account="mystore", order_id=None, invoice_number=None, before_s=NOW_S + 1)
    assert {} == run.history.warning_counts()


def test_feeds_that_are_not_accepted_keep_their_warnings(ledger: LedgerFile) -> None:
    """Those that were found, each once, however often they were looked for."""
    history = open_run(ledger).history
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    intake.add([future()])
    intake.count()
    intake.count()
    refuse(ledger, intake, run_no=history.run_no, account="mystore")
    assert ([("event_in_future", "feed.csv:2")], {"event_in_future": 1}) == (kept(history), history.warning_counts())
    assert (1, 1, 0) == (intake.tally.events, intake.tally.invoices, intake.tally.delivered)
    intake.leave_uncounted()
    assert ({}, []) == (intake.found.counts, intake.found.listed)


def test_what_earlier_runs_had_is_remembered(ledger: LedgerFile) -> None:
    """Of finished runs of this account that had feeds, the latest first, and no more than are asked for."""
    settings = evolve(SETTINGS, usual_invoices_min=2, usual_runs_max=2)
    push(ledger, same("a", is_delivered=True), same("b"))
    push(ledger, same("c", is_delivered=True), same("c"), same("d", is_delivered=True))
    push(ledger, same("e"))
    assert Usual(records=(1, 3), delivered_shares=(1.0, 0.5)) == usual_of(ledger, settings=settings)
    open_run(ledger, same("f"), same("g"))
    push(ledger, same("h"), same("i"), settings=evolve(SETTINGS, account="other"))
    with ledger.transaction() as sql:
        sql.execute("UPDATE runs SET feeds = '[]' WHERE run_no = 3")
    assert Usual(records=(3, 2), delivered_shares=(1.0, 0.5)) == usual_of(ledger, settings=settings)
    assert [(1, 2, 1), (2, 2, 2), (3, 1, 0)] == rows(ledger, "SELECT * FROM gatherings WHERE run_no < 4")
