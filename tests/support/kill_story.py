"""What happens when a process is killed: a seed tells when, what VTEX does meanwhile, and what the next feed says more."""

from __future__ import annotations

import random
from enum import Enum, auto
from typing import Final

from attrs import frozen
from ledger_support import Key

from vtex_tracking.sandbox import Ending, FaultRule

INVOICES: Final = 60
GROWN: Final = 30  # of these, where the second feed says more

DELIVERED: Final = "Entregue"

Facts = dict[Key, tuple[str, ...]]  # what a feed says of an invoice: its events, in order


class Moment(Enum):
    """What the kill comes after, by a random part of a second."""

    STARTED = auto()
    FEED_READ = auto()
    REQUESTED = auto()
    ALL_REQUESTED = auto()


_DELAY_S_MAX: Final = {
    Moment.STARTED: 0.5,
    Moment.FEED_READ: 0.06,
    Moment.REQUESTED: 0.02,
    Moment.ALL_REQUESTED: 0.1,
}
_WEIGHT: Final = {Moment.STARTED: 1, Moment.FEED_READ: 2, Moment.REQUESTED: 5, Moment.ALL_REQUESTED: 2}
_FAULTS: Final[tuple[tuple[FaultRule, ...], ...]] = (
    (),
    (),
    (),
    (FaultRule(share=0.3, delay_s=0.1),),
    (FaultRule(attempts=(1, 2), share=0.2, status=502, is_applied=True),),
    (FaultRule(attempts=(1, 2), share=0.2, status=502),),
    (FaultRule(attempts=(1, 2), share=0.2, ending=Ending.RESET, is_applied=True),),
    (FaultRule(attempts=(1, 2), share=0.2, ending=Ending.CUT_BODY),),
    (FaultRule(attempts=(1,), share=0.1, status=429),),
)


@frozen(kw_only=True)
class Story:
    """One kill, and the run after it."""

    seed: int
    moment: Moment
    requests: int  # how many have come when REQUESTED holds
    delay_s: float
    latency_s: float
    faults: tuple[FaultRule, ...]
    first: Facts
    second: Facts
    volumes: tuple[str, ...]  # of each invoice; one without a name is the whole of it

    @classmethod
    def of(cls, seed: int) -> Story:
        """Tell the story of this seed; it depends on nothing else."""
        chance = random.Random(seed)  # noqa: S311 - a test's story, not a secret
        moment = chance.choices(list(_WEIGHT), weights=list(_WEIGHT.values()))[0]
        first = {
            (f"{1000 + number * 2 // 3}-01", f"{number:06d}"): tuple(f"Evento {step}" for step in range(1 + number % 3))
            for number in range(INVOICES)
        }
        grown = chance.sample(list(first), chance.choice((0, 0, GROWN)))
        return cls(
            seed=seed,
            moment=moment,
            requests=chance.randint(1, INVOICES),
            delay_s=chance.uniform(0, _DELAY_S_MAX[moment]),
            latency_s=chance.choice((0.0, 0.005, 0.02)),
            faults=chance.choice(_FAULTS),
            first=first,
            second={key: (*events, DELIVERED) if key in grown else events for key, events in first.items()},
            volumes=chance.choice((("",), ("",), ("1", "2"))),
        )

    def feed_of(self, facts: Facts) -> str:
        """The facts as a shuffled feed. Of two volumes the first is always delivered, and so the other one decides."""
        records = [
            f"{order_id},{number},2026-10-{1 + step:02d},Curitiba,PR,{event},{volume},{_yes_or_no(event, volume)}\n"
            for (order_id, number), events in facts.items()
            for step, event in enumerate(events)
            for volume in self.volumes
        ]
        random.Random(self.seed).shuffle(records)  # noqa: S311 - likewise
        return "order_id,invoice_number,date,city,state,description,volume_number,delivered\n" + "".join(records)


def _yes_or_no(event: str, volume: str) -> str:
    return "yes" if event == DELIVERED or volume == "1" else "no"
