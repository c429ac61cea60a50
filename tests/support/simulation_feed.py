"""What feeds say in a simulation, and what VTEX holds when it was told all of it: worked out apart from the package."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import define, field, frozen

Key = tuple[str, str]  # order id, invoice number

_HEADER: Final = "Pedido;Nota Fiscal;Data;Descrição;Cidade;UF;Entregue;Data de Entrega;Número do Volume;Qtd Volumes"


@frozen(kw_only=True)
class Fact:
    """One event of an invoice, or of one of its volumes; `step` tells it from those that were news at another time."""

    step: int
    is_delivered: bool
    is_dated: bool = True  # a delivery has a date of its own, and not its event's
    volume: str = ""
    volumes: int | None = None  # how many the invoice is said to have

    @property
    def date(self) -> str:
        return f"2026-10-{1 + self.step:02d} 08:15:00"

    @property
    def stated_date(self) -> str:
        """When it was delivered, if the record says so: the later it is heard of, the earlier it was."""
        return f"2026-10-{28 - self.step:02d} 10:00" if self.is_delivered and self.is_dated else ""

    @property
    def description(self) -> str:
        return f"Evento {self.step} ção"


Facts = Mapping[Key, tuple[Fact, ...]]


@frozen(kw_only=True)
class Said:
    """What an invoice was told, in a form that two ways to say it share."""

    is_delivered: bool
    delivered_date: str | None
    events: tuple[tuple[str, str], ...]  # date and description, sorted

    @classmethod
    def by(cls, batches: Iterable[Iterable[Fact]]) -> Said:
        """Say all of these facts, which were accepted batch by batch."""
        known: list[Fact] = []
        is_delivered = False
        for batch in batches:
            known += batch
            is_delivered = is_delivered or _are_delivered(known)  # which one more volume does not take back
        return cls(
            is_delivered=is_delivered,
            delivered_date=_delivered_date(known) if is_delivered else None,
            events=tuple(sorted({(fact.date, fact.description) for fact in known})),
        )

    @classmethod
    def in_body(cls, body: bytes) -> Said:
        """Read what a request says."""
        document = json.loads(body)
        return cls(
            is_delivered=document["isDelivered"],
            delivered_date=document["deliveredDate"],
            events=tuple(sorted((event["date"], event["description"]) for event in document["events"])),
        )

    def is_older_than(self, other: Said) -> bool:
        """Facts only ever add up, so one of two different updates says less."""
        return self != other and set(self.events) <= set(other.events) and self.is_delivered <= other.is_delivered


@define
class Carrier:
    """Writes the feeds, and keeps in mind what of them was accepted."""

    news: Facts = field(factory=dict)  # that no run has accepted
    _accepted: list[Facts] = field(factory=list)  # by one run after the other

    def hear(self, news: Facts) -> None:
        """Learn more, to be told by the next feed, and by those after it until one is accepted."""
        self.news = _together((self.news, news))

    def facts(self, *, is_whole: bool) -> Facts:
        """Everything for the next feed to say, or the news alone."""
        return _together((*self._accepted, self.news)) if is_whole else self.news

    def settle(self) -> None:
        """All the news was accepted."""
        self._accepted.append(self.news)
        self.news = {}

    def expected(self) -> dict[Key, Said]:
        """What VTEX should hold of all that was accepted."""
        keys = _together(self._accepted)
        return {key: Said.by(facts.get(key, ()) for facts in self._accepted) for key in keys}


def _together(several: Iterable[Facts]) -> Facts:
    all_of: dict[Key, tuple[Fact, ...]] = {}
    for facts in several:
        for key, said in facts.items():
            all_of[key] = (*all_of.get(key, ()), *said)
    return all_of


def _are_delivered(known: Iterable[Fact]) -> bool:
    """Somebody says it of the whole invoice, or of each of as many volumes as anybody has spoken of."""
    volumes, delivered, said = {""}, {""}, 0
    for fact in known:
        volumes.add(fact.volume)
        said = max(said, fact.volumes or 0)
        if fact.is_delivered:
            if not fact.volume:
                return True
            delivered.add(fact.volume)
    return volumes == delivered and len(volumes) - 1 >= max(said, 1)


def _delivered_date(known: Iterable[Fact]) -> str:
    """That of the whole invoice, or else that of the volume which came last."""
    dates = {}
    for volume in {fact.volume for fact in known if fact.is_delivered}:
        deliveries = [fact for fact in known if fact.is_delivered and fact.volume == volume]
        stated = [fact.stated_date for fact in deliveries if fact.is_dated]
        dates[volume] = min(stated) if stated else max(fact.date for fact in deliveries).removesuffix(":00")
    return dates[""] if "" in dates else max(dates.values())


def feed_of(facts: Facts, *, chance: random.Random, is_jsonl: bool) -> str:
    """Write the facts as a feed, shuffled, with some of them twice and now and then a record that is none."""
    records = [(key, fact) for key, several in facts.items() for fact in several]
    records += [record for record in records if chance.random() < 0.2]
    chance.shuffle(records)
    if is_jsonl:
        lines = [
            json.dumps(
                {
                    "orderId": order_id,
                    "invoiceNumber": number,
                    "date": fact.date,
                    "description": fact.description,
                    "city": "Curitiba",
                    "state": "PR",
                    "volumeNumber": fact.volume,
                    "volumeCount": fact.volumes,
                    "isDelivered": fact.is_delivered or None,
                    "deliveredDate": fact.stated_date or None,
                }
            )
            for (order_id, number), fact in records
        ]
        return "".join(f"{line}\n" for line in (*lines, '{"orderId": 1.5}'))
    lines = [
        f"{order_id};{number};{fact.date};{fact.description};Curitiba;PR;{'sim' if fact.is_delivered else 'não'};"
        f"{fact.stated_date};{fact.volume};{fact.volumes or ''}"
        for (order_id, number), fact in records
    ]
    return "".join(f"{line}\n" for line in (_HEADER, *lines))
