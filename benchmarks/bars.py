"""What must hold: each bar is one number, a ratio or not, with the least or the most that it may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen
from figures import OURS, Figure, ratio

LOSS_MAX: Final = 0.2  # of a ratio, against the baseline


@frozen(kw_only=True)
class Of:
    """Which figure. The case is a pattern, for a quick look has smaller ones; of several that match, the last is meant."""

    suite: str
    case: str
    quantity: str
    subject: str = OURS

    def find(self, figures: Sequence[Figure]) -> Figure | None:
        """None where it was not measured."""
        found = [
            figure
            for figure in figures
            if (self.suite, self.quantity, self.subject) == (figure.suite, figure.quantity, figure.subject)
            and re.fullmatch(self.case, figure.case)
        ]
        return found[-1] if found else None


@frozen(kw_only=True)
class Bar:
    """A figure, or its ratio to another one, and how far it may go.

    What `is_open` was not reached yet, or only just: it is told, and fails nobody, unless it is lost against the baseline.
    """

    says: str
    of: Of
    beside: Of | None = None
    least: float | None = None
    most: float | None = None
    is_open: bool = False

    def value(self, figures: Sequence[Figure]) -> float | None:
        """What was measured; None where it was not."""
        figure = self.of.find(figures)
        if figure is None:
            return None
        if self.beside is None:
            return figure.median
        beside = self.beside.find(figures)
        return None if beside is None else ratio(figure, beside)

    @property
    def asked(self) -> str:
        """As the tables have it."""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"

    def is_met(self, value: float) -> bool:
        """Whether this is far enough, and not too far."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def is_lost(self, value: float, *, baseline: float | None) -> bool:
        """Whether a ratio is much worse than it was. What is no ratio says more of the machine than of the program."""
        if self.beside is None or baseline is None:
            return False
        if self.least is not None:
            return value < baseline * (1 - LOSS_MAX)
        return value > baseline / (1 - LOSS_MAX)


@frozen(kw_only=True)
class Judged:
    """A bar, and what was found."""

    bar: Bar
    value: float | None
    baseline: float | None

    @property
    def word(self) -> str:
        """What there is to say about it."""
        if self.value is None:
            return "not measured"
        if self.bar.is_lost(self.value, baseline=self.baseline):
            return "LOST"
        if self.bar.is_met(self.value):
            return "met"
        return "not met yet" if self.bar.is_open else "NOT MET"

    @property
    def is_failed(self) -> bool:
        """Whether somebody has to do something."""
        return self.word.isupper()


def judge(figures: Sequence[Figure], *, baseline: Mapping[str, float]) -> list[Judged]:
    """Every bar; the baseline is by what a bar says."""
    return [Judged(bar=bar, value=bar.value(figures), baseline=baseline.get(bar.says)) for bar in BARS]


def _pushed(case: str, *, subject: str = OURS) -> Of:
    return Of(suite="push", case=case, quantity="requests/s", subject=subject)


def _read(records: str, *, quantity: str, subject: str = OURS) -> Of:
    return Of(suite="reading", case=f"({records}) records, CSV, shuffled", quantity=quantity, subject=subject)


_BUSY: Final = "0 ms, 64 in flight"
_FAR: Final = "100 ms, 256 in flight"
_UNCHANGED: Final = "unchanged, .*"

BARS: Final = (
    Bar(
        says="whole run, 0 ms, 64 in flight, times bare aiohttp",
        of=_pushed(_BUSY),
        beside=_pushed(_BUSY, subject="bare aiohttp, tuned"),
        least=0.6,
        is_open=True,  # two measurements of five rounds each gave 0.60 and 0.64
    ),
    Bar(
        says="whole run, 0 ms, 64 in flight, times httpx",
        of=_pushed(_BUSY),
        beside=_pushed(_BUSY, subject="httpx, pool of workers"),
        least=5,
    ),
    Bar(
        says="whole run, 0 ms, 64 in flight, times requests in threads",
        of=_pushed(_BUSY),
        beside=_pushed(_BUSY, subject="requests, threads"),
        least=3,
    ),
    Bar(
        says="whole run, 100 ms, 256 in flight, times bare aiohttp",
        of=_pushed(_FAR),
        beside=_pushed(_FAR, subject="bare aiohttp, tuned"),
        least=0.9,
        is_open=True,
    ),
    *(
        bar
        for rate in ("100", "1,000", "3,000")
        for bar in (
            Bar(
                says=f"pace of {rate}/s: % reached on average",
                of=Of(suite="pace", case=f"{rate}/s asked", quantity="% of asked, on average"),
                least=99,
            ),
            Bar(
                says=f"pace of {rate}/s: % in the fullest second",
                of=Of(suite="pace", case=f"{rate}/s asked", quantity="% of asked, in the fullest second"),
                most=101,
            ),
        )
    ),
    Bar(
        says="reading CSV into the ledger, times csv.DictReader",
        of=_read("100,000|1,000,000", quantity="records/CPU s"),
        beside=_read("100,000|1,000,000", quantity="records/CPU s", subject="csv.DictReader"),
        least=0.15,
        is_open=True,  # 0.153 once
    ),
    Bar(
        says="reading CSV, peak memory: 5 million records, times 100 thousand",
        of=_read("5,000,000", quantity="peak MB"),
        beside=_read("100,000", quantity="peak MB"),
        most=1.2,
    ),
    Bar(says="reading CSV, 5 million records: peak MB", of=_read("5,000,000", quantity="peak MB"), most=150),
    Bar(
        says="unchanged invoices a second, from staged to accepted",
        of=Of(suite="ledger", case=f"{_UNCHANGED} from staged to accepted", quantity="records/CPU s"),
        least=30_000,
    ),
    Bar(
        says="unchanged invoices a second, whole run",
        of=Of(suite="ledger", case=f"{_UNCHANGED} whole run", quantity="records/s"),
        least=30_000,
        is_open=True,
    ),
    Bar(
        says="opening a ledger of 1 million invoices: ms",
        of=Of(suite="ledger", case="opening, 1,000,000 .*", quantity="ms"),
        most=1000,
    ),
    Bar(says="`vtex-tracking --help`: ms", of=Of(suite="start", case="--help", quantity="ms"), most=200),
    Bar(
        says="`vtex-tracking --help`: ms to import aiohttp",
        of=Of(suite="start", case="imports of --help", quantity="ms", subject="aiohttp"),
        most=0,
    ),
    Bar(
        says="`vtex-tracking plan`: ms to import aiohttp",
        of=Of(suite="start", case="imports of plan .*", quantity="ms", subject="aiohttp"),
        most=0,
    ),
)
