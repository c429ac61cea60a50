"""Facts as texts: what a record says of its invoice as a whole, as it will stand in the body.

A fact that is an event and no more is that event's JSON, byte for byte as a body has it; one that says "delivered" begins with
that. So most bodies are nothing but texts side by side, and what the ledger keeps is what it sends.

    {"city":"Curitiba","state":"PR","description":"Saiu","date":"2026-03-01"}
    {"isDelivered":true,"deliveredDate":"2026-03-02 10:00","city":"","state":"","description":"","date":""}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final

from vtex_tracking.merge import Fact, delivery_date
from vtex_tracking.model import InvoiceKey, PlainEvents, Update

_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode
_DELIVERED: Final = '{"isDelivered":true,'
_STATED: Final = '"deliveredDate":"'
_EVENT: Final = '"city":'
_DATE: Final = ',"date":"'  # no text can hold it, for a quotation mark in a text has a backslash before it
_END: Final = '"}'
_BETWEEN: Final = ",\n"  # nor this: a line break in a text is escaped
_DAY_AT_END: Final = len(f"{_DATE}yyyy-mm-dd{_END}")  # so many characters of an event tell no more than its date
_HEADS_MAX: Final = 10_000
_HEAD_CHARACTERS_MAX: Final = 500  # of one that is remembered
_PARSED_MAX: Final = 2000


class FactTexts(dict[tuple[str, str, str], str]):
    """Makes facts of a feed; how each begins, for a city, a state and a description, is remembered, as they come again and again."""

    def __missing__(self, said: tuple[str, str, str]) -> str:
        city, state, description = map(_quoted, said)
        head = f'{{"city":{city},"state":{state},"description":{description}{_DATE}'
        if len(head) <= _HEAD_CHARACTERS_MAX:
            if len(self) >= _HEADS_MAX:
                self.clear()
            self[said] = head
        return head

    def of(self, fact: Fact) -> str:
        """What one record says; empty where it says nothing."""
        if not (fact.date or fact.is_delivered):
            return ""
        text = f"{self[fact.city, fact.state, fact.description]}{fact.date}{_END}"
        return _as_delivered(text, stated_date=fact.delivered_date) if fact.is_delivered else text

    def of_many(self, events: PlainEvents) -> list[str]:
        """What each of these records says."""
        said = zip(events.cities, events.states, events.descriptions, strict=True)
        facts = [f"{self[texts]}{date}{_END}" for texts, date in zip(said, events.dates, strict=True)]
        for index, stated_date in events.deliveries.items():
            facts[index] = _as_delivered(facts[index], stated_date=stated_date)
        return facts


def _as_delivered(text: str, *, stated_date: str) -> str:
    stated = f'{_STATED}{stated_date}",' if stated_date else ""
    return f"{_DELIVERED}{stated}{text[1:]}"


def fact_from(text: str) -> Fact:
    """The fact that this text was made of. Raises ValueError for a text that was not."""
    head, _, date = text.rpartition(_DATE)
    claim, _, said = head.partition(_EVENT)
    city, state, description = _parsed(said)
    is_delivered = claim.startswith(_DELIVERED)
    return Fact(date[: -len(_END)], description, city, state, is_delivered, _stated_in(claim))


@lru_cache(_PARSED_MAX)
def _parsed(said: str) -> tuple[str, str, str]:
    match json.loads(f"{{{_EVENT}{said}}}"):
        case {"city": str(city), "state": str(state), "description": str(description)}:
            return city, state, description
    raise ValueError(f"{said[:80]!r} is not a fact")


def date_of(fact: str) -> str:
    """The date of the event that a fact tells of; empty where it tells of none."""
    return fact.rpartition(_DATE)[2][: -len(_END)]


def in_order(facts: Iterable[str]) -> list[str]:
    """Facts are kept in the order of their dates, and of their texts within one."""
    return sorted(facts, key=lambda fact: (date_of(fact), fact))


def are_plain(facts: str) -> bool:
    """Whether none of these facts, as the ledger keeps them, says "delivered"; nor can a text hold what is looked for."""
    return _DELIVERED not in facts


def kept_text(facts: Iterable[str]) -> str:
    """Facts as the ledger keeps them: a JSON array, one a line, so that they can be told apart without parsing them."""
    return f"[{_BETWEEN.join(facts)}]"


def facts_in(kept: str) -> list[str]:
    """The facts of such an array."""
    return kept[1:-1].split(_BETWEEN) if len(kept) > len("[]") else []


def update_of_facts(key: InvoiceKey, facts: Sequence[str]) -> Update:
    """What `merge.update_of` makes of these facts, byte for byte; here of their texts, where nothing else is known of an invoice.

    They come each once, in their order; the body has events of one date in an order of its own.
    """
    events, stated, implied = _said(facts)
    moment = delivery_date(min(stated, default=""), max(implied)) if implied else ""
    claim = f'true,"deliveredDate":"{moment}"' if implied else 'false,"deliveredDate":null'
    body = f'{{"isDelivered":{claim},"events":[{",".join(_as_sent(events))}]}}'.encode()
    return Update(key, body, hashlib.sha256(body).hexdigest(), len(events), bool(implied), moment or None)


def _said(facts: Sequence[str]) -> tuple[Collection[str], list[str], list[str]]:
    """The events, each once; the delivered dates that are stated; and the dates of all that say "delivered"."""
    stated: list[str] = []
    implied: list[str] = []
    events: dict[str, None] = {}
    for fact in facts:
        if not fact.startswith(_DELIVERED):
            events[fact] = None
            continue
        claim, _, said = fact.partition(_EVENT)
        date = date_of(fact)
        implied.append(date)
        if claim != _DELIVERED:
            stated.append(_stated_in(claim))
        if date:
            events[f"{{{_EVENT}{said}"] = None
    return events, stated, implied


def _stated_in(claim: str) -> str:
    return claim[len(_DELIVERED) + len(_STATED) : -len('",')]


def _as_sent(events: Collection[str]) -> Collection[str]:
    if len(events) == 1:
        return events
    ends = {event[-_DAY_AT_END:] for event in events}
    return events if len(ends) == len(events) else sorted(events, key=fact_from)
