"""Feeds taken in: gathered whatever their order, compared with what is known, and nothing changed by it."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    LEFT_FAILED,
    LEFT_UNKNOWN,
    NOT_FOUND,
    NOW_S,
    SETTINGS,
    TIMED_OUT,
    compared,
    defect,
    dump,
    event,
    open_run,
    push,
)

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.states import Disposition
from vtex_tracking.model import PlainEvents, Reason, Settlement, TrackingEvent
from vtex_tracking.planning import plan_of
from vtex_tracking.settings import Events, Settings

DAY_S = 24 * 3600.0
RECORDS = (
    event("1-01", 1, place="a:1"),
    event("2-01", 1, place="a:2"),
    event("1-01", 1, place="a:3"),
    event("1-01", 2, is_delivered=True, place="a:4"),
    event("1-01", 1, invoice_number="2", place="a:5"),
    event("2-01", 1, place="a:6"),
)


def dispositions(
    ledger: LedgerFile, *values: TrackingEvent, settings: Settings = SETTINGS, now_s: float = NOW_S
) -> list[str]:
    return [invoice.disposition for invoice in compared(ledger, *values, settings=settings, now_s=now_s)]


def test_records_are_gathered_by_invoice(ledger: LedgerFile) -> None:
    """Each invoice once, with the place of its first record; equal records are one event and duplicates."""
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    intake.add([*RECORDS, defect()])
    found = {(invoice.key.order_id, invoice.key.invoice_number): invoice for invoice in intake.gathered()}
    assert {("1-01", "1"): (1, "a:1"), ("1-01", "2"): (5, "a:5"), ("2-01", "1"): (2, "a:2")} == {
        key: (invoice.seq, invoice.first_place) for key, invoice in found.items()
    }
    update = found["1-01", "1"].update
    assert update is not None
    assert (2, True) == (update.events, update.is_delivered)
    tally = intake.tally
    assert (7, 4, 2, 1, 3) == (tally.records, tally.events, tally.duplicates, tally.defects, tally.invoices)


@settings(max_examples=30, deadline=None)
@given(st.permutations(RECORDS), st.lists(st.sampled_from(RECORDS), max_size=4))
def test_the_order_of_a_feed_never_matters(shuffled: list[TrackingEvent], again: list[TrackingEvent]) -> None:
    """Any permutation and duplication gives the same updates."""
    with LedgerFile(None) as ledger:
        expected = {invoice.key: invoice.update for invoice in compared(ledger, *RECORDS)}
        assert expected == {invoice.key: invoice.update for invoice in compared(ledger, *shuffled, *again)}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(RECORDS), max_size=8), st.integers(0, 8))
def test_records_may_come_many_at_once(records: list[TrackingEvent], cut: int) -> None:
    """In columns they say what they say one by one, and have their places among the others."""
    first, second = records[:cut], records[cut:]
    with LedgerFile(None) as ledger:
        expected = compared(ledger, *records, defect())
        assert expected == compared(ledger, *first, in_columns(second), defect())
        assert expected == compared(ledger, in_columns(first), *second, defect())


def in_columns(events: list[TrackingEvent]) -> PlainEvents:
    return PlainEvents(
        order_ids=[event.order_id for event in events],
        invoice_numbers=[event.invoice_number for event in events],
        dates=[event.date or "" for event in events],
        descriptions=[event.description or "" for event in events],
        cities=[event.city for event in events],
        states=[event.state for event in events],
        deliveries={index: event.delivered_date or "" for index, event in enumerate(events) if event.is_delivered},
        places=[event.place for event in events],
    )


def test_crowds_are_heard_in_columns_too(ledger: LedgerFile) -> None:
    """The same event at the same second on too many invoices, however they come."""
    crowd = [evolve(event(f"{number}-01"), date="2026-03-01 08:15:00") for number in range(4)]
    few = evolve(SETTINGS, same_moment_invoices_max=3)
    ways: list[list[TrackingEvent | PlainEvents]] = [[*crowd], [in_columns(crowd)], [in_columns(crowd[:1]), *crowd[1:]]]
    for values in ways:
        intake = Intake(ledger, settings=few, now_s=NOW_S)
        intake.add(values)
        intake.count()
        assert ({"same_moment": 1}, 4) == (dict(intake.found.counts), intake.tally.records)


def test_the_sums_hold_however_large_a_feed_is(ledger: LedgerFile) -> None:
    """More records than are held in memory at once, in several readings."""
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    intake.add(event(f"{number % 700}-01") for number in range(5001))
    intake.add([defect()])
    intake.add(())
    assert 700 == len(list(intake.gathered()))
    tally = intake.tally
    assert (5002, 700, 4301, 1) == (tally.records, tally.events, tally.duplicates, tally.defects)


def test_a_new_intake_forgets_the_last_one(ledger: LedgerFile) -> None:
    """Two readings of one ledger do not mix."""
    compared(ledger, *RECORDS)
    assert ["9-01"] == [invoice.key.order_id for invoice in compared(ledger, event("9-01"))]


def test_the_first_defects_are_at_hand(ledger: LedgerFile) -> None:
    """A plan shows a few; all are staged."""
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    defects = [defect(place=f"a:{number}") for number in range(9)]
    intake.add(defects)
    assert (9, defects[:5]) == (intake.tally.defects, intake.tally.first_defects)


def test_a_plan_changes_nothing(ledger: LedgerFile) -> None:
    """The whole ledger is the same before and after."""
    push(ledger, event("1-01"))
    push(ledger, event("2-01"), settlement=LEFT_UNKNOWN)
    before = dump(ledger)
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    intake.add([event("1-01", 2), event("3-01"), defect()])
    plan = plan_of(intake, infos=(), settings=SETTINGS)
    assert (1, 1, 1, 3) == (plan.new, plan.changed, plan.resumed, plan.requests)
    assert before == dump(ledger)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (LEFT_FAILED, Disposition.RESUMED),
        (LEFT_UNKNOWN, Disposition.RESUMED),
        (TIMED_OUT, Disposition.RESUMED),
        (BAD_REQUEST, Disposition.HELD),
        (NOT_FOUND, Disposition.HELD),
    ],
)
def test_what_a_feed_says_again_means_what_became_of_it(
    ledger: LedgerFile, last: Settlement, expected: Disposition
) -> None:
    """Settled or not, nothing new was said; one more event is always to be sent."""
    assert [Disposition.NEW] == dispositions(ledger, event())
    push(ledger, event(), settlement=last)
    assert [expected] == dispositions(ledger, event())
    assert [Disposition.CHANGED] == dispositions(ledger, event(), event(day=2))


def test_what_was_sent_is_unchanged_until_something_is_new(ledger: LedgerFile) -> None:
    """Less than is known says nothing; an older event, a delivery or an earlier date does."""
    push(ledger, event(day=2), event(day=3, is_delivered=True))
    assert [Disposition.UNCHANGED] == dispositions(ledger, event(day=2))
    assert [Disposition.UNCHANGED] == dispositions(ledger, event(day=3))
    assert [Disposition.CHANGED] == dispositions(ledger, event(day=1))
    assert [Disposition.CHANGED] == dispositions(ledger, event(day=4, is_delivered=True))
    stated = evolve(event(day=3, is_delivered=True), delivered_date="2026-03-02")
    assert [Disposition.CHANGED] == dispositions(ledger, stated)


def test_what_was_not_found_is_asked_for_again_after_a_day(ledger: LedgerFile) -> None:
    """By then the invoice may exist; any other refusal stands until it is asked for."""
    push(ledger, event("1-01"), settlement=NOT_FOUND)
    push(ledger, event("2-01"), settlement=BAD_REQUEST)
    both = (event("1-01"), event("2-01"))
    assert [Disposition.HELD] * 2 == dispositions(ledger, *both, now_s=NOW_S + DAY_S - 1)
    assert [Disposition.RESUMED, Disposition.HELD] == dispositions(ledger, *both, now_s=NOW_S + DAY_S)
    retrying = evolve(SETTINGS, is_retrying_rejected=True)
    assert [Disposition.RESUMED] * 2 == dispositions(ledger, *both, settings=retrying)


def test_accounts_do_not_mix(ledger: LedgerFile) -> None:
    """One file may hold several; the same order of another store is another invoice."""
    push(ledger, event())
    other = evolve(SETTINGS, account="otherstore")
    assert [Disposition.NEW] == dispositions(ledger, event(), settings=other)
    push(ledger, event(day=2), settings=other)
    assert [Disposition.UNCHANGED] == dispositions(ledger, event())
    assert [Disposition.UNCHANGED] == dispositions(ledger, event(day=2), settings=other)


def test_too_many_events_for_one_invoice_are_refused(ledger: LedgerFile) -> None:
    """The limit itself is allowed, and events that are known already count."""
    few = evolve(SETTINGS, events_max=3)
    three = [event(day=day) for day in (1, 2, 3)]
    assert [Disposition.NEW] == dispositions(ledger, *three, *three, settings=few)
    (refused,) = compared(ledger, *three, event(day=4), settings=few)
    assert (Disposition.REFUSED, Reason.TOO_MANY_EVENTS, None, ()) == (
        refused.disposition,
        refused.reason,
        refused.update,
        refused.new_facts,
    )
    push(ledger, *three, settings=few)
    assert [Disposition.REFUSED] == dispositions(ledger, event(day=4), settings=few)


def test_an_event_that_is_said_as_delivered_later_counts_once(ledger: LedgerFile) -> None:
    """A carrier that marks every line of a delivered invoice says no more events by it."""
    few = evolve(SETTINGS, events_max=3)
    before = [event(day=day) for day in (1, 2, 3)]
    after = [event(day=day, is_delivered=True) for day in (1, 2, 3)]
    assert [Disposition.NEW] == dispositions(ledger, *before, *after, settings=few)
    push(ledger, *before, settings=few)
    assert [Disposition.CHANGED] == dispositions(ledger, *after, settings=few)


def test_facts_without_end_are_refused_and_not_kept_in_memory(ledger: LedgerFile) -> None:
    """One event with a new delivered date in every record has a limit too, and is counted in full."""
    few = evolve(SETTINGS, events_max=3)
    intake = Intake(ledger, settings=few, now_s=NOW_S)
    delivered = event(is_delivered=True)
    intake.add(evolve(delivered, delivered_date=f"2026-03-01 10:{minute:02d}") for minute in range(13))
    assert [Reason.TOO_MANY_EVENTS] == [invoice.reason for invoice in intake.gathered()]
    assert (13, 0) == (intake.tally.events, intake.tally.duplicates)


def test_a_body_that_is_too_large_is_refused(ledger: LedgerFile) -> None:
    """The limit itself is allowed."""
    (invoice,) = compared(ledger, event())
    assert invoice.update is not None
    size = len(invoice.update.body)
    assert [Disposition.NEW] == dispositions(ledger, event(), settings=evolve(SETTINGS, body_bytes_max=size))
    (refused,) = compared(ledger, event(), settings=evolve(SETTINGS, body_bytes_max=size - 1))
    assert Reason.BODY_TOO_LARGE is refused.reason


def test_events_that_are_confirmed_may_be_left_out(ledger: LedgerFile) -> None:
    """`events=new` sends what VTEX has not yet confirmed, all of it, and nothing twice."""
    new = evolve(SETTINGS, events=Events.NEW)

    def sent(*days: int) -> list[str]:
        (invoice,) = compared(ledger, *(event(day=day) for day in days), settings=new)
        assert invoice.update is not None
        return [said["date"][-2:] for said in json.loads(invoice.update.body)["events"]]

    assert ["01"] == sent(1)
    push(ledger, event(day=1), settings=new)
    assert ["02"] == sent(1, 2)
    push(ledger, event(day=2), settings=new, settlement=LEFT_UNKNOWN)
    assert ["02", "03"] == sent(1, 3)
    push(ledger, event(day=3), settings=new)
    assert ["04"] == sent(4)
    (whole,) = compared(ledger, event(day=4))
    assert whole.update is not None
    assert 4 == whole.update.events


def test_what_an_earlier_run_left_is_counted_for_the_plan(ledger: LedgerFile) -> None:
    """What a push would send although no feed names it: a plan and a push agree."""
    run = open_run(ledger, *(event(f"{number}-01") for number in range(1, 5)))
    for due, last in zip(run.due(), (LEFT_UNKNOWN, LEFT_FAILED, BAD_REQUEST, CONFIRMED), strict=True):
        run.attempt(due, last)
    run.finish()
    retrying = evolve(SETTINGS, is_retrying_rejected=True)

    def requests(*values: TrackingEvent, settings: Settings) -> int:
        intake = Intake(ledger, settings=settings, now_s=NOW_S)
        intake.add(values)
        return plan_of(intake, infos=(), settings=settings).requests

    assert 0 == requests(settings=evolve(SETTINGS, account="otherstore"))
    assert 2 == requests(settings=SETTINGS)
    assert 3 == requests(event("1-01"), event("9-01"), event("4-01"), settings=SETTINGS)
    assert 3 == requests(settings=retrying)
    assert 4 == requests(event("3-01"), event("9-01"), settings=retrying)
    assert 4 == len(open_run(ledger, event("3-01"), event("9-01"), settings=retrying).due())


def test_the_start_of_a_run_looks_at_nothing_that_is_settled(ledger: LedgerFile) -> None:
    """In a ledger of millions, what is left is found by an index."""
    asked: list[str] = []
    with ledger.reading() as sql:
        sql.set_trace_callback(asked.append)
        open_run(ledger)
        sql.set_trace_callback(None)
        told = [question for question in asked if "invoices" in question and not question.startswith("--")]
        told = [question for question in told if not question.endswith("LIMIT 1")]  # whether there is any
        plans = [
            row[3]
            for question in told
            if "CREATE" not in question
            for row in sql.execute(f"EXPLAIN QUERY PLAN {question}")
        ]
    assert "SEARCH invoices USING INDEX invoices_unsettled (account=? AND rowid<?)" in plans
    assert [] == [plan for plan in plans if plan in {"SCAN invoices", "SCAN run_invoices"} or "autoindex" in plan]


def test_a_run_is_listed_in_the_order_of_its_feeds(ledger: LedgerFile) -> None:
    """Invoices are gathered by name; written in that order, a run of millions would fill each page of its list many times."""
    names = [f"{number}-01" for number in (5, 1, 4, 2, 3)]
    written: list[str] = []
    with ledger.reading() as sql:
        sql.create_function("note", 1, written.append)
        sql.execute(
            "CREATE TEMP TRIGGER watch AFTER INSERT ON main.run_invoices BEGIN SELECT note(new.first_place); END"
        )
    open_run(ledger, *(event(name, place=name) for name in names))
    assert names == written


def test_invoices_with_many_facts_are_not_in_memory_together(ledger: LedgerFile) -> None:
    """Neither those that the feeds tell nor those that the ledger holds, though small ones are looked up by the hundred."""
    days = [date.fromordinal(730_000 + number).isoformat() for number in range(200)]
    many = [evolve(event(f"{number}-01"), date=day) for number in range(60) for day in days]

    def blocks_of(*values: TrackingEvent) -> int:
        """How many blocks of memory are taken at most while these are gathered."""
        intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
        intake.add(values)
        before = sys.getallocatedblocks()
        return max(sys.getallocatedblocks() - before for _ in intake.gathered())

    assert blocks_of(*many) < 3 * len(many)
    open_run(ledger, *many)
    assert blocks_of(*many[:: len(days)]) < 3 * len(many)


def test_what_is_known_is_looked_up_in_parts_where_it_is_much(ledger: LedgerFile) -> None:
    """By how long its facts are, and by how many volumes there are; each invoice is found all the same."""
    long = [event(f"{order}-01", day=day, text=f"{day}" + "x" * 4900) for order in range(8) for day in range(1, 29)]
    push(ledger, *long, event("8-01", volume="1"))
    asked: list[str] = []

    def looked_up(*values: TrackingEvent) -> tuple[set[str], int]:
        asked.clear()
        ledger.sql.set_trace_callback(asked.append)
        found = dispositions(ledger, *values)
        ledger.sql.set_trace_callback(None)
        return set(found), sum("WITH asked" in question for question in asked)

    assert ({"unchanged"}, 3) == looked_up(*long[::28])
    assert ({"unchanged"}, 1) == looked_up(long[0])
    with ledger.transaction() as sql:
        sql.execute(
            "INSERT INTO volumes SELECT invoice_id, key + 10, '', '', 0, 0 FROM invoices, json_each(?) WHERE order_id >= '6'",
            (json.dumps(list(range(3000))),),
        )
    assert ({"unchanged"}, 3) == looked_up(long[28 * 6], event("8-01", volume="1"))


def test_of_one_invoice_every_fact_is_looked_up(ledger: LedgerFile) -> None:
    """However many a user allows: what is not looked up would be new."""
    settings = evolve(SETTINGS, events_max=10_000, body_bytes_max=16 << 20)
    days = [date.fromordinal(730_000 + number).isoformat() for number in range(5100)]
    push(ledger, *(evolve(event(), date=day) for day in days), settings=settings)
    assert ["unchanged"] == dispositions(ledger, evolve(event(), date=days[0]), settings=settings)
    (invoice,) = compared(ledger, event(day=1), settings=settings)
    assert invoice.update is not None
    assert len(days) + 1 == invoice.update.events


def test_large_bodies_are_written_before_there_are_many(ledger: LedgerFile) -> None:
    """A few mebibytes of them are in memory at most, not those of hundreds of invoices."""
    asked: list[str] = []
    text = "x" * 5000
    with ledger.reading() as sql:
        sql.set_trace_callback(lambda statement: asked.append(statement.strip()[:30]))
        open_run(ledger, *(event(f"{order}-01", text=text, day=day) for order in range(36) for day in range(1, 29)))
        sql.set_trace_callback(None)
    known = [number for number, statement in enumerate(asked) if statement.startswith("INSERT INTO invoices")]
    listed = [number for number, statement in enumerate(asked) if statement.startswith("INSERT INTO temp.listed")]
    assert (36, 36) == (len(known), len(listed))
    assert listed[0] < known[-1]


def test_staging_is_not_in_the_ledgers_file(path: Path) -> None:
    """A feed that is only read leaves the file as it was."""
    LedgerFile(path).close()
    before = path.read_bytes()
    with LedgerFile(path) as ledger:
        compared(ledger, *RECORDS, defect())
    assert before == path.read_bytes()
