"""Taking feeds in: staged as they come, gathered invoice by invoice, compared with what is known.

Staging is a temporary table, so memory does not grow with a feed and its order does not matter. Nothing of the ledger
changes here; a plan ends with this, a push goes on to accept it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import Final

from attrs import asdict, define, field

from vtex_tracking.ledger.sqlite import schema
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.gathering import Gathered, compare
from vtex_tracking.ledger.sqlite.hearing import Heard, Writing, heard_in
from vtex_tracking.ledger.sqlite.knowledge import Kept, Knowledge
from vtex_tracking.ledger.sqlite.staging import Staging
from vtex_tracking.ledger.sqlite.usual import usual_of
from vtex_tracking.model import Defect, FeedWarning, PlainEvents, TrackingEvent
from vtex_tracking.sense import Crowds, Findings, doubts_of_run
from vtex_tracking.settings import Settings

_STAGED_MAX: Final = 5000  # records held in memory before they are staged
_COMPARED_MAX: Final = 250  # invoices that are looked up at once
_HEARD_FACTS_MAX: Final = 5000  # of theirs; then fewer are
_FIRST_DEFECTS: Final = 5

_STAGE_DEFECT: Final = "INSERT INTO intake_defects (code, document) VALUES (?, ?)"
_LEFT: Final = "SELECT count(*) FROM invoices WHERE account = ? AND {which}"


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
        self._records: list[str] = []
        self._moments: list[tuple[str, str]] = []
        self._defects: list[tuple[object, ...]] = []
        self._writing = Writing()
        self._staging = Staging(ledger)
        self._named = 0  # of the invoices that a push would send in any case
        self.tally = Tally()
        self.found = Findings(settings.warnings_max)
        self._crowds = Crowds(invoices_max=settings.same_moment_invoices_max, moments_max=settings.same_moments_max)
        with ledger.reading() as sql:
            sql.executescript(schema.INTAKE)

    def add(self, values: Iterable[TrackingEvent | Defect | PlainEvents]) -> None:
        """Stage what a feed says; nothing is kept in memory beyond a few thousand records."""
        for value in values:
            match value:
                case PlainEvents():
                    self.tally.records += len(value.places)
                    self._crowds.hear(zip(value.dates, value.descriptions, strict=True))
                    self._records += self._writing.records(value)
                case TrackingEvent():
                    self.tally.records += 1
                    self._moments.append((value.date or "", value.description or ""))
                    self._records.append(self._writing.record(value))
                case Defect():
                    self.tally.records += 1
                    self._add_defect(value)
            if len(self._records) + len(self._defects) >= _STAGED_MAX:
                self.stage()
        self.stage()

    def gathered(self) -> Generator[Gathered, None, None]:
        """Each invoice of the feeds once, in no order that means anything.

        Counts events and duplicates and finds what is doubtful as it goes, each time anew.
        """
        self._begin()
        with self._ledger.reading() as sql:
            knowledge = Knowledge(sql, account=self._settings.account)
            invoices = heard_in(self._staging.in_order(), settings=self._settings)
            while some := _some(invoices):
                self._count(some)
                kept = knowledge.of([(heard.order_id, heard.invoice_number) for heard in some])
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
        """How many invoices that the feeds do not name a push would send all the same; known once they are gathered."""
        with self._ledger.reading() as sql:
            unsent = sum(
                sql.execute(_LEFT.format(which=which), (self._settings.account,)).fetchone()[0]
                for which in left_by(self._settings)
            )
        return int(unsent) - self._named

    def stage(self) -> None:
        """Nothing that was added is in memory alone."""
        records, self._records = self._records, []
        self._staging.add(records)
        self._crowds.hear(self._moments)
        self._moments.clear()
        with self._ledger.reading() as sql:
            sql.execute("BEGIN")
            sql.executemany(_STAGE_DEFECT, self._defects)
            sql.execute("COMMIT")
        self._defects.clear()

    def _add_defect(self, defect: Defect) -> None:
        self.tally.defects += 1
        if len(self.tally.first_defects) < _FIRST_DEFECTS:
            self.tally.first_defects.append(defect)
        self._defects.append((defect.code, json.dumps(asdict(defect))))

    def _begin(self) -> None:
        self.tally.events = self.tally.duplicates = self.tally.invoices = self.tally.delivered = self._named = 0
        self.found = Findings(self._settings.warnings_max)
        self._crowds.begin()

    def _count(self, some: list[Heard]) -> None:
        tally = self.tally
        tally.invoices += len(some)
        tally.events += sum([heard.events for heard in some])
        tally.duplicates += sum([heard.duplicates for heard in some])

    def _compare(self, heard: Heard, kept: Kept | None) -> Gathered:
        invoice = compare(heard, kept, settings=self._settings, now_s=self.now_s)
        self.tally.delivered += invoice.is_delivered
        if kept is not None:
            self._named += kept.is_left(is_retrying_rejected=self._settings.is_retrying_rejected)
        if invoice.doubts:
            self.found.add(invoice.doubts)
        if invoice.new_facts and self._crowds.are_any:
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


def left_by(settings: Settings) -> tuple[str, ...]:
    """Which invoices a push sends although no feed names them, as conditions in SQL that exclude each other."""
    rejected = "state = 'rejected' AND body IS NOT NULL"
    return (schema.UNSETTLED, rejected) if settings.is_retrying_rejected else (schema.UNSETTLED,)
