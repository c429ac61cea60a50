"""Taking feeds in: staged as they come, gathered invoice by invoice, compared with what is known.

Staging is a temporary table, so memory does not grow with a feed and its order does not matter. Nothing of the ledger
changes here; a plan ends with this, a push goes on to accept it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final

from attrs import asdict, define, field

from vtex_tracking.ledger.sqlite import schema
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.gathering import Gathered, Heard, compare
from vtex_tracking.ledger.sqlite.knowledge import FACT_COLUMNS, Kept, columns_of_volume, kept_of
from vtex_tracking.ledger.sqlite.usual import usual_of
from vtex_tracking.merge import NO_VOLUME, fact_of, volume_of
from vtex_tracking.model import Defect, FeedWarning, InvoiceKey, TrackingEvent
from vtex_tracking.sense import Crowds, Findings, doubts_of_run
from vtex_tracking.settings import Settings

_STAGED_MAX: Final = 5000  # records held in memory before they go to the staging table
_COMPARED_MAX: Final = 250  # invoices that are looked up at once
_HEARD_FACTS_MAX: Final = 5000  # of theirs; then fewer are
_FIRST_DEFECTS: Final = 5

_STAGE: Final = "INSERT INTO intake VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_STAGE_DEFECT: Final = "INSERT INTO intake_defects (code, document) VALUES (?, ?)"
_STAGED: Final = f"""
SELECT order_id, invoice_number, rowid, place, {FACT_COLUMNS}, volume FROM intake
ORDER BY order_id, invoice_number, {FACT_COLUMNS}, volume
"""  # noqa: S608 - our own words
_INVOICE: Final = itemgetter(0, 1)  # of such a row
_LEFT: Final = """
SELECT count(*) FROM invoices WHERE account = ? AND {which}
    AND (order_id, invoice_number) NOT IN (SELECT order_id, invoice_number FROM intake)
"""


@define
class Tally:
    """What was counted on the way in."""

    records: int = 0
    events: int = 0
    duplicates: int = 0
    defects: int = 0
    invoices: int = 0
    delivered: int = 0  # of them
    first_defects: list[Defect] = field(factory=list)


class Intake:
    """One reading of one or more feeds for one account."""

    def __init__(self, ledger: LedgerFile, *, settings: Settings, now_s: float) -> None:
        self._ledger = ledger
        self._settings = settings
        self.now_s = now_s
        self._staged: list[tuple[Any, ...]] = []
        self._defects: list[tuple[object, ...]] = []
        self.tally = Tally()
        self.found = Findings(settings.warnings_max)
        self._crowds = Crowds(invoices_max=settings.same_moment_invoices_max, moments_max=settings.same_moments_max)
        with ledger.reading() as sql:
            sql.executescript(schema.INTAKE)

    def add(self, values: Iterable[TrackingEvent | Defect]) -> None:
        """Stage what a feed says; nothing is kept in memory beyond a few thousand records."""
        tally = self.tally
        for value in values:
            tally.records += 1
            match value:
                case TrackingEvent():
                    self._staged.append(_row(value))
                case Defect():
                    tally.defects += 1
                    if len(tally.first_defects) < _FIRST_DEFECTS:
                        tally.first_defects.append(value)
                    self._defects.append((value.code, json.dumps(asdict(value))))
            if len(self._staged) + len(self._defects) >= _STAGED_MAX:
                self.stage()
        self.stage()

    def gathered(self) -> Generator[Gathered, None, None]:
        """Each invoice of the feeds once, in no order that means anything.

        Counts events and duplicates and finds what is doubtful as it goes, each time anew.
        """
        self._begin()
        with self._ledger.reading() as sql, closing(sql.execute(_STAGED)) as staged:
            invoices = map(self._hear, groupby(staged, key=_INVOICE))
            while some := _some(invoices):
                kept = kept_of(sql, account=self._settings.account, keys=[heard.key for heard in some])
                for heard, known in zip(some, kept, strict=True):
                    yield self._compare(heard, known)
        self.found.add(self._crowds.doubts())

    def count(self) -> None:
        """Tell events from duplicates, and find what is doubtful, without a change to the ledger."""
        for _ in self.gathered():
            pass

    def leave_uncounted(self) -> None:
        """Where nobody waits to tell them apart, every record that is no defect is an event, and none is doubtful."""
        self._begin()
        self.tally.events = self.tally.records - self.tally.defects

    def doubts_of_run(self, name: str) -> Iterator[FeedWarning]:
        """What is doubtful about all that was gathered, beside earlier runs; `name` is that of the feeds."""
        tally, usual = self.tally, usual_of(self._ledger, settings=self._settings)
        return doubts_of_run(
            name,
            records=tally.records,
            invoices=tally.invoices,
            delivered=tally.delivered,
            usual=usual,
            settings=self._settings,
        )

    def left(self) -> int:
        """How many invoices that the feeds do not name a push would send all the same."""
        with self._ledger.reading() as sql:
            return sum(
                sql.execute(_LEFT.format(which=which), (self._settings.account,)).fetchone()[0]
                for which in left_by(self._settings)
            )

    def stage(self) -> None:
        """Nothing that was added is in memory alone."""
        self._crowds.hear((row[2], row[3]) for row in self._staged)
        with self._ledger.reading() as sql:
            sql.execute("BEGIN")
            sql.executemany(_STAGE, self._staged)
            sql.executemany(_STAGE_DEFECT, self._defects)
            sql.execute("COMMIT")
        self._staged.clear()
        self._defects.clear()

    def _begin(self) -> None:
        self.tally.events = self.tally.duplicates = self.tally.invoices = self.tally.delivered = 0
        self.found = Findings(self._settings.warnings_max)
        self._crowds.begin()

    def _hear(self, group: tuple[Sequence[str], Iterable[Sequence[Any]]]) -> Heard:
        (order_id, invoice_number), rows = group
        heard = Heard(InvoiceKey(order_id, invoice_number), self._settings)
        heard.hear(rows)
        return heard

    def _compare(self, heard: Heard, kept: Kept | None) -> Gathered:
        invoice = compare(heard, kept, settings=self._settings, now_s=self.now_s)
        tally = self.tally
        tally.invoices += 1
        tally.events += heard.events
        tally.duplicates += heard.duplicates
        tally.delivered += invoice.is_delivered
        self.found.add(invoice.doubts)
        self._crowds.count(invoice.new_facts, seq=invoice.seq, place=invoice.first_place)
        return invoice


def _some(invoices: Iterator[Heard]) -> list[Heard]:
    """The next invoices to look up at once: few of them where they have many facts."""
    some: list[Heard] = []
    facts = 0
    for heard in islice(invoices, _COMPARED_MAX):
        some.append(heard)
        facts += len(heard.facts)
        if facts >= _HEARD_FACTS_MAX:
            break
    return some


def _row(event: TrackingEvent) -> tuple[object, ...]:
    """A record as it is staged; most say nothing of a volume."""
    fact, volume = fact_of(event), volume_of(event)
    said = "" if volume is NO_VOLUME else json.dumps(columns_of_volume(volume))
    return (event.order_id, event.invoice_number, *fact, said, event.place)


def left_by(settings: Settings) -> tuple[str, ...]:
    """Which invoices a push sends although no feed names them, as conditions in SQL that exclude each other."""
    rejected = "state = 'rejected' AND body IS NOT NULL"
    return (schema.UNSETTLED, rejected) if settings.is_retrying_rejected else (schema.UNSETTLED,)
