"""One invoice of the feeds and what is known of it: volumes, returns, and when all of it is delivered."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from ledger_runs import BAD_REQUEST, NOW_S, SETTINGS, compared, event, facts, open_run, push, rows

from vtex_tracking.ledger.sqlite import care
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.gathering import Gathered
from vtex_tracking.ledger.sqlite.hearing import Writing, heard_in
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.states import Disposition
from vtex_tracking.merge import Known, Volume, fact_of, gather, join, join_volumes, update_of, volume_of
from vtex_tracking.model import Reason, TrackingEvent, Update
from vtex_tracking.sense import doubts_of_invoice
from vtex_tracking.settings import Events, Settings


def gathered(ledger: LedgerFile, *values: TrackingEvent, settings: Settings = SETTINGS) -> Gathered:
    """The only invoice of these records."""
    (invoice,) = compared(ledger, *values, settings=settings)
    return invoice


def update(ledger: LedgerFile, *values: TrackingEvent, settings: Settings = SETTINGS) -> Update:
    found = gathered(ledger, *values, settings=settings).update
    assert found is not None
    return found


def delivered(number: str, *, day: int = 2, volumes: int | None = None) -> TrackingEvent:
    return event(day=day, text="Entregue", is_delivered=True, volume=number, volumes=volumes)


def test_an_invoice_is_delivered_when_its_last_volume_is(ledger: LedgerFile) -> None:
    """Some were heard of in earlier runs, some in this one; the date is that of the last."""
    first, second = update(ledger, event(volume="1"), event(volume="2")), delivered("1", day=4)
    assert (1, False) == (first.events, first.is_delivered)
    push(ledger, event(volume="1"), event(volume="2"))
    assert not update(ledger, second).is_delivered
    push(ledger, second)
    last = update(ledger, delivered("2", day=3))
    assert (3, True, "2026-03-04 00:00") == (last.events, last.is_delivered, last.delivered_date)
    assert last == update(ledger, delivered("2", day=3), second, event(volume="1"))


def test_a_volume_that_is_delivered_stays_so(ledger: LedgerFile) -> None:
    """What the same feed says of it besides, earlier or later, does not take it back."""
    found = update(ledger, event(day=1, volume="1"), delivered("1", day=2), event(day=3, volume="1"))
    assert (3, True, "2026-03-02 00:00") == (found.events, found.is_delivered, found.delivered_date)


def test_the_number_of_volumes_is_remembered(ledger: LedgerFile) -> None:
    """One record that says it is enough, of a volume or of the whole invoice."""
    push(ledger, evolve(event(), volumes=2))
    assert not update(ledger, delivered("1")).is_delivered
    push(ledger, delivered("1"))
    assert update(ledger, delivered("2")).is_delivered
    assert [("", 2), ("1", 0)] == rows(ledger, "SELECT volume, volumes FROM volumes ORDER BY volume")


def test_what_was_accepted_as_delivered_stays_so(ledger: LedgerFile) -> None:
    """A volume that is heard of later does not take it back; its own delivery moves the date."""
    push(ledger, delivered("1", day=2))
    late = update(ledger, event(day=3, volume="2"))
    assert (2, True, "2026-03-02 00:00") == (late.events, late.is_delivered, late.delivered_date)
    push(ledger, event(day=3, volume="2"))
    assert Disposition.UNCHANGED is gathered(ledger, event(day=3, volume="2")).disposition
    assert "2026-03-05 00:00" == update(ledger, delivered("2", day=5)).delivered_date
    assert [] == list(care.problems(ledger))


def test_what_a_plan_saw_as_delivered_was_not_accepted(ledger: LedgerFile) -> None:
    """Together in one reading the two volumes tell the truth, whatever was compared before."""
    assert update(ledger, delivered("1")).is_delivered
    assert not update(ledger, delivered("1"), event(volume="2")).is_delivered
    push(ledger, delivered("1"), event(volume="2"), settlement=BAD_REQUEST)
    assert not update(ledger, delivered("1")).is_delivered


def test_a_record_of_the_whole_invoice_decides_at_once(ledger: LedgerFile) -> None:
    """Its volumes are then asked no more."""
    push(ledger, event(volume="1"), event(volume="2", volumes=3))
    found = update(ledger, event(day=3, is_delivered=True))
    assert (True, "2026-03-03 00:00") == (found.is_delivered, found.delivered_date)


def test_records_of_different_volumes_are_no_duplicates(ledger: LedgerFile) -> None:
    """But one event of the body, and one fact."""
    intake = Intake(ledger, settings=SETTINGS, now_s=NOW_S)
    intake.add([event(volume="1"), event(volume="2"), event(), event(volume="2"), event(volume="2", volumes=2)])
    (invoice,) = intake.gathered()
    assert (4, 1) == (intake.tally.events, intake.tally.duplicates)
    assert (1, {Volume("1"), Volume("2", volumes=2)}) == (len(invoice.new_facts), set(invoice.new_volumes))
    assert invoice.update is not None
    assert 1 == len(json.loads(invoice.update.body)["events"])


def test_a_delivery_of_a_volume_needs_no_event(ledger: LedgerFile) -> None:
    """It is kept without a fact, and taken up again."""
    only = TrackingEvent(
        order_id="1-01", invoice_number="1", is_delivered=True, delivered_date="2026-03-02 10:00", volume="1", volumes=2
    )
    push(ledger, only)
    assert ([], [("1",)]) == (facts(ledger), rows(ledger, "SELECT volume FROM volumes"))
    assert Disposition.UNCHANGED is gathered(ledger, only).disposition
    both = update(ledger, evolve(only, volume="2", delivered_date="2026-03-01 10:00"))
    assert (True, "2026-03-02 10:00", 0) == (both.is_delivered, both.delivered_date, both.events)


def test_what_the_ledger_knows_of_a_volume_is_not_new(ledger: LedgerFile) -> None:
    """News that change no byte are kept all the same, and the invoice stays unchanged."""
    push(ledger, event(volume="1"), event(volume="2"))
    again = gathered(ledger, event(volume="1"))
    assert (Disposition.UNCHANGED, (), ()) == (again.disposition, again.new_facts, again.new_volumes)
    third = gathered(ledger, event(volume="3"))
    assert (Disposition.UNCHANGED, (Volume("3"),)) == (third.disposition, third.new_volumes)
    push(ledger, event(volume="3"))
    assert not update(ledger, delivered("1"), delivered("2")).is_delivered
    assert update(ledger, delivered("1"), delivered("2"), delivered("3")).is_delivered


def test_an_event_that_is_confirmed_for_one_volume_is_confirmed_for_all(ledger: LedgerFile) -> None:
    """`events=new` sends it once; that the last volume is delivered goes out without it."""
    new = evolve(SETTINGS, events=Events.NEW)
    push(ledger, delivered("1", volumes=2), settings=new)
    last = update(ledger, delivered("2"), settings=new)
    assert {"isDelivered": True, "deliveredDate": "2026-03-02 00:00", "events": []} == json.loads(last.body)


@pytest.mark.parametrize("place", ["feed", "ledger"])
def test_a_return_is_known_of_the_invoice_and_not_told_to_vtex(ledger: LedgerFile, place: str) -> None:
    """Whether the feeds or the ledger say it, of a volume or of the whole."""
    returned = evolve(event(), is_returned=True)
    assert update(ledger, event()) == update(ledger, returned)
    assert not gathered(ledger, event()).is_returned
    if place == "ledger":
        push(ledger, returned)
        assert gathered(ledger, event()).is_returned
    assert gathered(ledger, returned).is_returned
    assert gathered(ledger, evolve(returned, volume="1")).is_returned


def test_many_volumes_have_few_facts(ledger: LedgerFile) -> None:
    """What is refused for too many events is events: each of a hundred volumes may have them all."""
    few = evolve(SETTINGS, events_max=3)
    records = [event(day=day, volume=str(number)) for day in (1, 2, 3) for number in range(100)]
    assert Disposition.NEW is gathered(ledger, *records, settings=few).disposition


def test_records_without_end_are_not_kept_in_memory() -> None:
    """One fact, or one volume, over the limit is enough to know."""
    writing = Writing()
    records = sorted(writing.record(event(text=str(number), volume=str(number))) for number in range(100))
    (heard,) = heard_in([records[:30], records[30:]], settings=evolve(SETTINGS, events_max=3, volumes_max=3))
    assert (100, 0, 13, 5) == (heard.events, heard.duplicates, len(heard.facts), len(heard.volumes))


def test_too_many_volumes_for_one_invoice_are_refused(ledger: LedgerFile) -> None:
    """The limit itself is allowed, and volumes that are known already count; those without a number do not."""
    few = evolve(SETTINGS, volumes_max=3)
    three = [event(volumes=3), *(event(volume=number) for number in "123")]
    assert Disposition.NEW is gathered(ledger, *three, settings=few).disposition
    refused = gathered(ledger, *three, *(event(volume=number) for number in "456789"), settings=few)
    assert (Disposition.REFUSED, Reason.TOO_MANY_VOLUMES, None, ()) == (
        refused.disposition,
        refused.reason,
        refused.update,
        refused.new_volumes,
    )
    push(ledger, *three, settings=few)
    assert Reason.TOO_MANY_VOLUMES is gathered(ledger, event(volume="4"), settings=few).reason
    assert Reason.NONE is gathered(ledger, event(volume="3"), settings=few).reason
    open_run(ledger, event(volume="4"), settings=few)
    assert [(4,)] == rows(ledger, "SELECT count(*) FROM volumes")


RECORDS = st.lists(
    st.builds(
        event,
        st.sampled_from(["1-01", "2-01"]),
        day=st.integers(1, 2),
        is_delivered=st.booleans(),
        volume=st.sampled_from(["", "", "1", "2"]),
        volumes=st.sampled_from([None, None, 1, 2]),
    ).flatmap(
        lambda record: st.builds(
            evolve,
            st.just(record),
            delivered_date=st.sampled_from([None, "2026-03-01"]) if record.is_delivered else st.none(),
            is_returned=st.booleans(),
        )
    ),
    min_size=1,
    max_size=6,
)


@hypothesis_settings(max_examples=30, deadline=None)
@given(RECORDS, RECORDS, st.sampled_from(Events))
def test_what_is_unchanged_is_told_without_its_update_as_with_it(
    before: list[TrackingEvent], again: list[TrackingEvent], events: Events
) -> None:
    """A body that may be too large has to be made, and says the same of what was sent before, in whole or in part."""
    any_body_is_small_enough = evolve(SETTINGS, events=events)
    bodies_are_made = evolve(any_body_is_small_enough, body_bytes_max=500)
    with LedgerFile(None) as ledger:
        push(ledger, *before)
        said = [*before, *again[1:]] if len(again) % 2 else again
        made, told = (
            [
                one._replace(facts=(), new_facts=tuple(one.new_facts))
                for one in compared(ledger, *said, settings=settings)
            ]
            for settings in (bodies_are_made, any_body_is_small_enough)
        )
        assert made == told
        assert {Disposition.UNCHANGED} == {invoice.disposition for invoice in compared(ledger, *before)}


TOLD = st.builds(
    TrackingEvent,
    order_id=st.just("1-01"),
    invoice_number=st.just("1"),
    date=st.sampled_from(
        [
            "2026-03-01",
            "2026-03-01 10:00:00",
            "2026-03-02 09:00:00-03:00",
            "2026-03-02",
            "2027-01-16 10:00:00",
            "2030-01-01",
        ]
    ),
    description=st.sampled_from(["Saiu", "Entregue"]),
    city=st.sampled_from(["", "Recife"]),
    is_delivered=st.booleans(),
    volume=st.sampled_from(["", "", "", "", "1"]),
    is_returned=st.sampled_from([False, False, False, True]),
    place=st.just("feed.csv:2"),
).flatmap(
    lambda record: st.builds(
        evolve,
        st.just(record),
        delivered_date=st.sampled_from([None, "2026-03-01", "2026-03-03 10:00"]) if record.is_delivered else st.none(),
    )
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(TOLD, max_size=4), st.lists(TOLD, min_size=1, max_size=4), st.sampled_from([Events.FULL, Events.NEW]))
def test_an_update_and_its_doubts_are_what_merging_makes_of_all_that_is_known(
    before: list[TrackingEvent], news: list[TrackingEvent], events: Events
) -> None:
    """Whichever way it takes; of what was confirmed before, `events=new` leaves out the events."""
    settings = evolve(SETTINGS, events=events)
    with LedgerFile(None) as ledger:
        push(ledger, *before, settings=settings)
        sent = known_from(before)
        known = join(sent, known_from(news)) if before else known_from(news)
        known = evolve(known, says_delivered=known.says_delivered or sent.is_delivered)
        confirmed = sent.events if events is Events.NEW else frozenset()
        invoice = gathered(ledger, *news, settings=settings)
        assert (known.is_delivered, known.is_returned) == (invoice.is_delivered, invoice.is_returned)
        if before and update_of(invoice.key, known).fingerprint == update_of(invoice.key, sent).fingerprint:
            assert (Disposition.UNCHANGED, None, ()) == (invoice.disposition, invoice.update, invoice.doubts)
        else:
            doubts = doubts_of_invoice(invoice.key, known, place="feed.csv:2", now_s=NOW_S, settings=settings)
            assert (update_of(invoice.key, known, confirmed=confirmed), doubts) == (invoice.update, invoice.doubts)


def known_from(records: list[TrackingEvent]) -> Known:
    return gather(map(fact_of, records), volumes=join_volumes(map(volume_of, records), ()))


def test_a_delivery_that_was_accepted_is_a_latch_whatever_the_facts_say(ledger: LedgerFile) -> None:
    """It is remembered beside them."""
    push(ledger, event(), settlement=BAD_REQUEST)
    with ledger.transaction() as sql:
        sql.execute("UPDATE invoices SET is_delivered = 1")
    assert gathered(ledger, event(day=2)).is_delivered


def test_a_limit_that_is_lower_than_when_it_was_sent_refuses_all_the_same(ledger: LedgerFile) -> None:
    """That nothing is new does not make it less."""
    records = [event(day=day, volume=str(day)) for day in (1, 2, 3)]
    push(ledger, *records)
    for few, reason in (
        (evolve(SETTINGS, events_max=2), Reason.TOO_MANY_EVENTS),
        (evolve(SETTINGS, volumes_max=2), Reason.TOO_MANY_VOLUMES),
        (evolve(SETTINGS, body_bytes_max=100), Reason.BODY_TOO_LARGE),
    ):
        assert reason is gathered(ledger, records[0], settings=few).reason
