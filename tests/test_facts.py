"""Facts as texts: what is kept is what is sent, and nothing of a fact is lost on the way there and back."""

from __future__ import annotations

import json
import tracemalloc
from typing import Final

import pytest

from vtex_tracking.facts import FactTexts, are_plain, date_of, fact_from, facts_in, in_order, kept_text, update_of_facts
from vtex_tracking.merge import NO_FACT, Fact, gather, update_of
from vtex_tracking.model import InvoiceKey, PlainEvents

KEY: Final = InvoiceKey("1-01", "1")
PLAIN: Final = Fact("2026-03-01", "Saiu", "São Paulo", "SP")
EVENT: Final = '"city":"São Paulo","state":"SP","description":"Saiu","date":"2026-03-01"'
FACTS: Final = {
    f"{{{EVENT}}}": PLAIN,
    f'{{"isDelivered":true,{EVENT}}}': PLAIN._replace(is_delivered=True),
    f'{{"isDelivered":true,"deliveredDate":"2026-03-02 10:00",{EVENT}}}': PLAIN._replace(
        is_delivered=True, delivered_date="2026-03-02 10:00"
    ),
    '{"isDelivered":true,"deliveredDate":"2026-03-02 10:00","city":"x","state":"","description":"","date":""}': Fact(
        city="x", is_delivered=True, delivered_date="2026-03-02 10:00"
    ),
}
# Whatever a text holds, it is not taken for what stands around it.
HOSTILE: Final = [
    "},\n{",
    ',"date":"2026-01-01"}',
    '{"isDelivered":true,"city":',
    ',{"city":"',
    '"',
    "\\",
    ',"date":',
    "\u2028 ,",
]


def texts_of(*facts: Fact) -> list[str]:
    texts = FactTexts()
    return in_order({texts.of(fact): None for fact in facts})


def many(*facts: Fact) -> PlainEvents:
    return PlainEvents(
        order_ids=["1-01"] * len(facts),
        invoice_numbers=["1"] * len(facts),
        dates=[fact.date for fact in facts],
        descriptions=[fact.description for fact in facts],
        cities=[fact.city for fact in facts],
        states=[fact.state for fact in facts],
        deliveries={index: fact.delivered_date for index, fact in enumerate(facts) if fact.is_delivered},
        places=[""] * len(facts),
    )


@pytest.mark.parametrize("text", FACTS)
def test_a_fact_is_the_json_of_its_event_behind_what_it_says_of_the_delivery(text: str) -> None:
    """There and back, one by one and many at once; the date can be had of the text."""
    fact = FACTS[text]
    assert (text, fact, fact.date) == (FactTexts().of(fact), fact_from(text), date_of(text))
    assert [text, text] == FactTexts().of_many(many(fact, fact))
    assert fact.is_delivered != are_plain(text)


def test_a_record_that_says_nothing_of_the_whole_is_no_fact() -> None:
    """Such as that of a delivered volume."""
    assert "" == FactTexts().of(NO_FACT)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_never_taken_for_what_stands_around_it(text: str) -> None:
    """Neither in a fact nor among those that are kept; what is kept is JSON."""
    facts = [PLAIN._replace(description=text), PLAIN._replace(city=text), PLAIN._replace(state=text)]
    facts.append(PLAIN._replace(city=text, description=text, is_delivered=True))
    texts = texts_of(*facts)
    kept = kept_text(texts)
    assert sorted(facts) == sorted(map(fact_from, facts_in(kept)))
    assert (
        texts
        == facts_in(kept)
        == [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in json.loads(kept)]
    )
    assert are_plain(kept_text(texts_of(*facts[:3])))
    assert not are_plain(kept)
    assert update_of(KEY, gather(facts)) == update_of_facts(KEY, texts)


@pytest.mark.parametrize("text", ["", "{}", '{"city":1,"state":"","description":"","date":""}', '{"city":""}', "x"])
def test_what_is_no_fact_is_refused(text: str) -> None:
    """A ledger may be damaged."""
    with pytest.raises(ValueError, match=r"."):
        fact_from(text)


def test_facts_are_in_the_order_of_their_dates() -> None:
    """A day comes before its times, an event before its delivery; none is no fact."""
    dates = ["2026-03-01", "2026-03-01 08:00:00", "2026-03-02", "2026-03-02 08:00:00-03:00"]
    facts = [Fact(date, "Saiu", is_delivered=claim) for date in dates for claim in (False, True)]
    assert facts == [fact_from(text) for text in texts_of(*reversed(facts))]
    assert ("[]", []) == (kept_text([]), facts_in("[]"))


def test_events_of_one_date_stand_in_the_body_by_what_they_say() -> None:
    """By description before city; in the ledger by city."""
    facts = [Fact("2026-03-01", "b", "a"), Fact("2026-03-01", "a", "b"), Fact("2026-02-01", "c", "c")]
    texts = texts_of(*facts)
    assert ["c", "b", "a"] == [fact_from(text).description for text in texts]
    update = update_of_facts(KEY, texts)
    assert ["c", "a", "b"] == [event["description"] for event in json.loads(update.body)["events"]]
    assert update_of(KEY, gather(facts)) == update


def test_an_event_is_sent_once_however_often_it_is_said_to_be_delivered() -> None:
    """The earliest date that is stated wins; a delivery without an event adds none."""
    dates = ["", "2026-03-05 10:00", "2026-03-04 10:00"]
    facts = [PLAIN, *(PLAIN._replace(is_delivered=True, delivered_date=date) for date in dates)]
    facts.append(Fact(is_delivered=True, delivered_date="2026-03-06 10:00"))
    update = update_of_facts(KEY, texts_of(*facts))
    assert (1, True, "2026-03-04 10:00") == (update.events, update.is_delivered, update.delivered_date)
    assert update_of(KEY, gather(facts)) == update
    implied = update_of_facts(KEY, texts_of(*facts[:2]))
    assert "2026-03-01 00:00" == implied.delivered_date
    newest = update_of_facts(KEY, texts_of(*facts[:2], Fact("2026-03-03", "Entregue", is_delivered=True)))
    assert (2, "2026-03-03 00:00") == (newest.events, newest.delivered_date)


def test_what_is_remembered_of_a_feed_does_not_grow_with_it() -> None:
    """Neither with its places nor with its texts."""
    texts = FactTexts()
    tracemalloc.start()
    for number in range(30_000):
        texts.of(PLAIN._replace(city=str(number)))
    for number in range(3000):
        texts.of(PLAIN._replace(description="x" * 5000, city=str(number)))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 8_000_000
    assert len(texts) <= 10_000
