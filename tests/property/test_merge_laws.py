"""Merging is a join, and a body is nothing but what is known: for any facts at all."""

from __future__ import annotations

import hashlib
import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.merge import Fact, Known, fact_of, gather, join, known_of, update_of
from vtex_tracking.model import Event, InvoiceKey, TrackingEvent, clean_text

KEY = InvoiceKey("1-01", "1")
TEXTS = (st.sampled_from(["Coletado", "Saiu", "São Paulo"]) | st.text(max_size=20)).map(
    lambda text: clean_text("".join(char for char in text if not "\ud800" <= char <= "\udfff"))
)
DATES = st.dates().map(str) | st.sampled_from(["2026-03-01", "2026-03-02 10:00:00"])


@st.composite
def records(draw: st.DrawFn) -> TrackingEvent:
    """Any record that a feed can give: an event, a delivery, or both."""
    date = draw(st.none() | DATES)
    is_delivered = date is None or draw(st.booleans())
    needs_date = date is None
    return TrackingEvent(
        order_id="1-01",
        invoice_number="1",
        date=date,
        description=None if date is None else draw(TEXTS.filter(bool)),
        city=draw(TEXTS),
        state=draw(TEXTS),
        is_delivered=is_delivered,
        delivered_date=draw(DATES if needs_date else st.none() | DATES) if is_delivered else None,
    )


FACTS = records().map(fact_of)
KNOWN = st.lists(FACTS, max_size=6).map(gather)


@given(KNOWN, KNOWN)
def test_joining_is_commutative(left: Known, right: Known) -> None:
    """It does not matter which of two feeds came first."""
    assert join(left, right) == join(right, left)


@given(KNOWN, KNOWN, KNOWN)
def test_joining_is_associative(first: Known, second: Known, third: Known) -> None:
    """It does not matter which feeds were read together."""
    assert join(join(first, second), third) == join(first, join(second, third))


@given(KNOWN)
def test_joining_is_idempotent(known: Known) -> None:
    """Hearing the same again is hearing nothing, and nothing adds nothing."""
    assert known == join(known, known)
    assert known == join(known, Known())


@given(KNOWN, KNOWN)
def test_nothing_is_ever_taken_back(before: Known, news: Known) -> None:
    """Events only add up, and delivered stays delivered."""
    after = join(before, news)
    assert before.events <= after.events
    assert before.is_delivered <= after.is_delivered


@given(st.lists(FACTS, min_size=1, max_size=8), st.data())
def test_order_and_repetition_do_not_matter(facts: list[Fact], data: st.DataObject) -> None:
    """Any permutation and duplication of a feed gives the same bytes."""
    shuffled = data.draw(st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=5))))
    assert update_of(KEY, gather(facts)) == update_of(KEY, gather(shuffled))


@given(KNOWN)
def test_the_body_reads_back_as_what_is_known(known: Known) -> None:
    """JSON without loss, in NFC, its events sorted, its fingerprint that of its bytes."""
    update = update_of(KEY, known)
    document = json.loads(update.body)
    assert ["isDelivered", "deliveredDate", "events"] == list(document)
    assert (known.is_delivered, known.delivered_date) == (document["isDelivered"], document["deliveredDate"])
    events = [Event(**event) for event in document["events"]]
    assert sorted(known.events) == events
    assert unicodedata.is_normalized("NFC", update.body.decode())
    assert hashlib.sha256(update.body).hexdigest() == update.fingerprint
    assert known.is_delivered == (known.delivered_date is not None)


@given(KNOWN, KNOWN)
def test_equal_fingerprints_are_equal_knowledge(left: Known, right: Known) -> None:
    """Different bodies have different fingerprints, the same have the same."""
    one, other = update_of(KEY, left), update_of(KEY, right)
    assert (one.body == other.body) == (one.fingerprint == other.fingerprint)


@given(KNOWN, KNOWN)
def test_what_vtex_has_and_what_it_gets_make_up_the_whole(confirmed: Known, news: Known) -> None:
    """With confirmed events left out, none is lost and none is sent twice."""
    known = join(confirmed, news)
    update = update_of(KEY, known, confirmed=confirmed.events)
    sent = {Event(**event) for event in json.loads(update.body)["events"]}
    assert known.events == sent | confirmed.events
    assert not sent & confirmed.events
    assert len(sent) == update.events
    assert update_of(KEY, known).fingerprint == update.fingerprint


@given(FACTS)
def test_a_fact_is_known_as_it_was_said(fact: Fact) -> None:
    """One record's knowledge is its event, if it has one, and whether it says delivered."""
    known = known_of(fact)
    assert len(known.events) == bool(fact.date)
    assert fact.is_delivered == known.is_delivered
