"""Merging is a join, and a body is nothing but what is known: for any facts at all."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.facts import FactTexts, fact_from, in_order, update_of_facts
from vtex_tracking.merge import Fact, Known, fact_of, gather, join, join_volumes, known_of, update_of, volume_of
from vtex_tracking.model import Event, InvoiceKey, TrackingEvent, clean_text

pytestmark = pytest.mark.unmeasured

KEY = InvoiceKey("1-01", "1")
TEXTS = (st.sampled_from(["Coletado", "Saiu", "São Paulo"]) | st.text(max_size=20)).map(
    lambda text: clean_text("".join(char for char in text if not "\ud800" <= char <= "\udfff"))
)
VOLUMES = st.sampled_from(["", "1", "2", "1/3"])
DATES = st.dates().map(str) | st.sampled_from(["2026-03-01", "2026-03-02 10:00:00"])


@st.composite
def records(draw: st.DrawFn) -> TrackingEvent:
    """Any record that a feed can give: an event, a delivery, or both; of the whole invoice, or of one of its volumes."""
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
        volume=draw(VOLUMES),
        volumes=draw(st.none() | st.integers(1, 3)),
        is_returned=draw(st.booleans()),
    )


def known_from(records: list[TrackingEvent], *, was_delivered: bool = False) -> Known:
    volumes = join_volumes(map(volume_of, records), ())
    return gather(map(fact_of, records), volumes=volumes, was_delivered=was_delivered)


FACTS = records().map(fact_of)
KNOWN = st.lists(records(), max_size=6).map(known_from)


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
    """Events only add up, and what was accepted as delivered stays delivered, at a date that is known."""
    after = join(join(before, news), Known(says_delivered=before.is_delivered))
    assert before.events <= after.events
    assert before.is_delivered <= after.is_delivered
    assert after.is_delivered == (after.delivered_date is not None)
    assert before.is_returned <= after.is_returned


@given(said=st.lists(records(), min_size=1, max_size=8), was_delivered=st.booleans(), data=st.data())
def test_order_and_repetition_do_not_matter(
    *, said: list[TrackingEvent], was_delivered: bool, data: st.DataObject
) -> None:
    """Any permutation and duplication of a feed gives the same bytes."""
    shuffled = data.draw(st.permutations(said + data.draw(st.lists(st.sampled_from(said), max_size=5))))
    once = known_from(said, was_delivered=was_delivered)
    assert once == known_from(shuffled, was_delivered=was_delivered)
    assert update_of(KEY, once) == update_of(KEY, known_from(shuffled, was_delivered=was_delivered))


@given(st.lists(records(), max_size=8), st.integers(0, 8))
def test_what_is_read_in_two_parts_is_what_is_read_at_once(said: list[TrackingEvent], cut: int) -> None:
    """As long as the first part was not accepted as delivered."""
    assert known_from(said) == join(known_from(said[:cut]), known_from(said[cut:]))


@given(st.lists(FACTS, max_size=6), st.booleans())
def test_gathering_is_joining_fact_by_fact(facts: list[Fact], was_delivered: bool) -> None:  # noqa: FBT001 - hypothesis
    """What is gathered at once is what one fact after the other comes to."""
    one_by_one = reduce(join, map(known_of, facts), Known(says_delivered=was_delivered))
    assert one_by_one == gather(facts, was_delivered=was_delivered)


@given(KNOWN)
def test_each_volume_is_known_once(known: Known) -> None:
    """Where nothing is said of the whole invoice, it is delivered when each of them is, and there are enough."""
    numbers = [volume.number for volume in known.volumes]
    assert len(set(numbers)) == len(numbers)
    named = [volume for volume in known.volumes if volume.number]
    expected = max((volume.volumes for volume in known.volumes), default=0)
    are_delivered = bool(named) and len(named) >= expected and all(volume.delivered_date for volume in named)
    assert (known.says_delivered or are_delivered) == known.is_delivered


@given(KNOWN)
def test_the_body_reads_back_as_what_is_known(known: Known) -> None:
    """JSON without loss, in NFC, its events sorted, its fingerprint that of its bytes."""
    update = update_of(KEY, known)
    document = json.loads(update.body)
    assert ["isDelivered", "deliveredDate", "events"] == list(document)
    assert (known.is_delivered, known.delivered_date) == (document["isDelivered"], document["deliveredDate"])
    events = [Event(**event) for event in document["events"]]
    assert sorted(known.events) == events
    assert update.body.decode() == json.dumps(document, ensure_ascii=False, separators=(",", ":"))
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


@given(st.lists(FACTS, max_size=8))
def test_a_body_of_texts_is_that_of_what_is_known(facts: list[Fact]) -> None:
    """Byte for byte, where facts are all that is known."""
    texts = FactTexts()
    said = in_order({texts.of(fact) for fact in facts if fact.date or fact.is_delivered})
    assert update_of(KEY, gather(facts)) == update_of_facts(KEY, said)
    assert {fact for fact in facts if fact.date or fact.is_delivered} == set(map(fact_from, said))


@given(FACTS)
def test_a_fact_is_known_as_it_was_said(fact: Fact) -> None:
    """One record's knowledge is its event, if it has one, and whether it says delivered."""
    known = known_of(fact)
    assert len(known.events) == bool(fact.date)
    assert fact.is_delivered == known.is_delivered
