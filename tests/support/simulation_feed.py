"""What feeds say in a simulation, and what VTEX holds when it was told all of it: worked out apart from the package."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

Key = tuple[str, str]  # order id, invoice number

_DELIVERED_DATE: Final = "2026-10-20 10:00"


@frozen(kw_only=True)
class Fact:
    """One event of an invoice; `step` tells it from the others."""

    step: int
    is_delivered: bool

    @property
    def date(self) -> str:
        return f"2026-10-{1 + self.step:02d} 08:15:00"

    @property
    def description(self) -> str:
        return f"Evento {self.step} ção"


@frozen(kw_only=True)
class Said:
    """What an invoice was told, in a form that two ways to say it share."""

    is_delivered: bool
    delivered_date: str | None
    events: tuple[tuple[str, str], ...]  # date and description, sorted

    @classmethod
    def by(cls, facts: Iterable[Fact]) -> Said:
        """Say all of these facts."""
        known = tuple(facts)
        is_delivered = any(fact.is_delivered for fact in known)
        return cls(
            is_delivered=is_delivered,
            delivered_date=_DELIVERED_DATE if is_delivered else None,
            events=tuple(sorted((fact.date, fact.description) for fact in known)),
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


def feed_of(facts: Mapping[Key, Iterable[Fact]], *, chance: random.Random, is_jsonl: bool) -> str:
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
                    **({"isDelivered": True, "deliveredDate": _DELIVERED_DATE} if fact.is_delivered else {}),
                }
            )
            for (order_id, number), fact in records
        ]
        return "".join(f"{line}\n" for line in (*lines, '{"orderId": 1.5}'))
    lines = [
        f"{order_id};{number};{fact.date};{fact.description};Curitiba;PR;"
        + (f"sim;{_DELIVERED_DATE}" if fact.is_delivered else "não;")
        for (order_id, number), fact in records
    ]
    header = "Pedido;Nota Fiscal;Data;Descrição;Cidade;UF;Entregue;Data de Entrega"
    return "".join(f"{line}\n" for line in (header, *lines))
