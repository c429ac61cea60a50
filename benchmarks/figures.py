"""What a benchmark finds: figures, each measured several times, and how ours compare with a peer's.

A suite is a module `suites/NAME.py` with `def measure(options: Options) -> Iterator[Figure]`. Each value comes from a process of its
own, which prints one line of JSON; the subjects of a case are measured in turn in one round, then the next round begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final, Protocol, TypeVar

from attrs import frozen

OURS: Final = "vtex_tracking"


class Case(Protocol):
    """What is measured of a suite, one after the other."""

    @property
    def name(self) -> str:
        """As the tables have it."""
        ...


_Case = TypeVar("_Case", bound=Case)


@frozen(kw_only=True)
class Options:
    """How much is measured, and how often each figure.

    `is_quick` takes all suites in under two minutes. `is_check` wants the cases that a bar is about, at a size that tells
    the truth; a suite whose quick cases do so needs to look at `is_quick` only, which is then true as well.
    """

    is_quick: bool = False
    is_check: bool = False
    times: int = 5
    of_case: str = ""  # only cases whose name begins so

    def choose(self, *, all_of: Sequence[_Case], keys: Sequence[_Case], quick: Sequence[_Case]) -> Sequence[_Case]:
        """The cases that are wanted."""
        cases = keys if self.is_check else quick if self.is_quick else all_of
        return [case for case in cases if case.name.startswith(self.of_case)]


@frozen(kw_only=True)
class Figure:
    """One quantity of one program in one case, a value a round, in the order of the rounds.

    `command` is what gives such a value alone, from the project's folder.
    """

    suite: str  # push, pace, limit, reading, ledger, start
    case: str  # such as "0 ms, 64 in flight"
    subject: str  # OURS, or a peer
    quantity: str  # such as "invoices/s", "CPU µs/invoice", "peak MB"
    values: tuple[float, ...]
    command: str

    @property
    def median(self) -> float:
        """The value that half of the rounds are under."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """The distance between the least and the greatest value, as a share of the median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0


def ratio(ours: Figure, peer: Figure) -> float:
    """Ours in terms of the peer's: the median of the rounds, each of which measured both, one after the other.

    Where they had not as many rounds, they were not measured in turn: then it is the ratio of their medians. The peer's must not
    be nothing in every round.
    """
    if len(ours.values) != len(peer.values):
        return ours.median / peer.median
    return median(mine / other for mine, other in zip(ours.values, peer.values, strict=True) if other)
