"""Taking feeds in: staged as they come, gathered invoice by invoice, compared with what is known.

Staging is a temporary table, so memory does not grow with a feed and its order does not matter. Nothing of the ledger
changes here; a plan ends with this, a push goes on to accept it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from typing import Any, Final

from attrs import asdict, define, field, frozen

from vtex_tracking.ledger.sqlite import schema
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.states import Disposition, State, disposition_of
from vtex_tracking.merge import Fact, Known, fact_of, gather, update_of
from vtex_tracking.model import Defect, Event, InvoiceKey, Reason, TrackingEvent, Update
from vtex_tracking.settings import Events, Settings

_STAGED_MAX: Final = 5000  # records held in memory before they go to the staging table
_FIRST_DEFECTS: Final = 5
_FACTS_PER_EVENT_MAX: Final = 4  # an event may come undelivered, delivered, and with a date that was corrected

_STAGED: Final = """
SELECT order_id, invoice_number, rowid, place, date, description, city, state, is_delivered, delivered_date FROM intake
ORDER BY order_id, invoice_number, date, description, city, state, is_delivered, delivered_date
"""
_INVOICE: Final = """
SELECT invoice_id, state, fingerprint, reason, settled_s, confirmed_run_no FROM invoices
WHERE account = ? AND order_id = ? AND invoice_number = ?
"""
_LEFT: Final = """
SELECT count(*) FROM invoices WHERE account = ? AND {which}
    AND (order_id, invoice_number) NOT IN (SELECT order_id, invoice_number FROM intake)
"""
_FACTS: Final = """
SELECT date, description, city, state, is_delivered, delivered_date, run_no FROM facts WHERE invoice_id = ?
"""


@frozen(kw_only=True)
class Gathered:
    """One invoice of the feeds, compared with what is known of it. `update` is None where it is too much to send."""

    key: InvoiceKey
    seq: int
    first_place: str
    disposition: Disposition
    reason: Reason
    update: Update | None
    invoice_id: int | None
    new_facts: tuple[Fact, ...]


@define
class Tally:
    """What was counted on the way in."""

    records: int = 0
    events: int = 0
    duplicates: int = 0
    defects: int = 0
    invoices: int = 0
    first_defects: list[Defect] = field(factory=list)


class Intake:
    """One reading of one or more feeds for one account."""

    def __init__(self, ledger: LedgerFile, *, settings: Settings, now_s: float) -> None:
        self._ledger = ledger
        self._settings = settings
        self._facts_max = _FACTS_PER_EVENT_MAX * settings.events_max
        self.now_s = now_s
        self._staged: list[tuple[object, ...]] = []
        self._defects: list[tuple[object, ...]] = []
        self.tally = Tally()
        with ledger.reading() as sql:
            sql.executescript(
                f"DROP TABLE IF EXISTS temp.intake; DROP TABLE IF EXISTS temp.intake_defects; {schema.INTAKE}"
            )

    def add(self, values: Iterable[TrackingEvent | Defect]) -> None:
        """Stage what a feed says; nothing is kept in memory beyond a few thousand records."""
        tally = self.tally
        for value in values:
            tally.records += 1
            match value:
                case TrackingEvent():
                    fact = fact_of(value)
                    self._staged.append(
                        (
                            value.order_id,
                            value.invoice_number,
                            fact.date,
                            fact.description,
                            fact.city,
                            fact.state,
                            fact.is_delivered,
                            fact.delivered_date,
                            value.place,
                        )
                    )
                case Defect():
                    tally.defects += 1
                    if len(tally.first_defects) < _FIRST_DEFECTS:
                        tally.first_defects.append(value)
                    self._defects.append((value.code, json.dumps(asdict(value))))
            if len(self._staged) + len(self._defects) >= _STAGED_MAX:
                self._stage()
        self._stage()

    def gathered(self) -> Generator[Gathered, None, None]:
        """Each invoice of the feeds once, in no order that means anything. Counts events and duplicates as it goes."""
        with self._ledger.reading() as sql, closing(sql.execute(_STAGED)) as staged:
            for (order_id, invoice_number), rows in groupby(staged, key=lambda row: row[:2]):
                yield self._gather(sql, key=InvoiceKey(order_id, invoice_number), rows=rows)

    def left(self) -> int:
        """How many invoices that the feeds do not name a push would send all the same."""
        with self._ledger.reading() as sql:
            return sum(
                sql.execute(_LEFT.format(which=which), (self._settings.account,)).fetchone()[0]
                for which in left_by(self._settings)
            )

    def _stage(self) -> None:
        with self._ledger.reading() as sql:
            sql.execute("BEGIN")
            sql.executemany("INSERT INTO intake VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._staged)
            sql.executemany("INSERT INTO intake_defects (code, document) VALUES (?, ?)", self._defects)
            sql.execute("COMMIT")
        self._staged.clear()
        self._defects.clear()

    def _gather(self, sql: sqlite3.Connection, *, key: InvoiceKey, rows: Iterator[tuple[Any, ...]]) -> Gathered:
        """Equal records stand next to each other, so one pass tells facts from duplicates however many there are."""
        facts: list[Fact] = []
        count = duplicates = 0
        seq, first_place, last = 0, "", None
        for _order_id, _invoice_number, rowid, place, *said in rows:
            if not seq or rowid < seq:
                seq, first_place = rowid, place
            if said == last:
                duplicates += 1
                continue
            last = said
            count += 1
            if count <= self._facts_max:
                facts.append(_fact(said))
        self.tally.invoices += 1
        self.tally.events += count
        self.tally.duplicates += duplicates
        return self._compare(
            sql, key=key, seq=seq, first_place=first_place, facts=facts, is_too_many=count > self._facts_max
        )

    def _compare(
        self,
        sql: sqlite3.Connection,
        *,
        key: InvoiceKey,
        seq: int,
        first_place: str,
        facts: list[Fact],
        is_too_many: bool,
    ) -> Gathered:
        settings = self._settings
        row = sql.execute(_INVOICE, (settings.account, key.order_id, key.invoice_number)).fetchone()
        invoice_id, state, fingerprint, reason, settled_s, confirmed_run_no = row or (None, None, "", "", 0.0, 0)
        stored = [] if row is None else sql.execute(_FACTS, (invoice_id,)).fetchall()
        known_facts = {_fact(said): run_no for *said, run_no in stored}
        new_facts = tuple(fact for fact in facts if fact not in known_facts)
        everything = (*known_facts, *new_facts)
        confirmed: frozenset[Event] = frozenset()
        if settings.events is Events.NEW:
            confirmed = gather(fact for fact, run_no in known_facts.items() if run_no <= confirmed_run_no).events
        known: Known = gather(everything)
        update = update_of(key, known, confirmed=confirmed)
        refused = Reason.NONE
        if is_too_many or len(everything) > self._facts_max or len(known.events) > settings.events_max:
            refused = Reason.TOO_MANY_EVENTS
        elif len(update.body) > settings.body_bytes_max:
            refused = Reason.BODY_TOO_LARGE
        disposition = disposition_of(
            None if state is None else State(state),
            has_new_facts=update.fingerprint != fingerprint,
            is_retrying_rejected=settings.is_retrying_rejected,
            reason=Reason(reason),
            settled_ago_s=self.now_s - settled_s,
            not_found_again_after_s=settings.not_found_again_after_s,
        )
        return Gathered(
            key=key,
            seq=seq,
            first_place=first_place,
            disposition=Disposition.REFUSED if refused else disposition,
            reason=refused,
            update=None if refused else update,
            invoice_id=invoice_id,
            new_facts=() if refused else new_facts,
        )


def left_by(settings: Settings) -> tuple[str, ...]:
    """Which invoices a push sends although no feed names them, as conditions in SQL that exclude each other."""
    rejected = "state = 'rejected' AND body IS NOT NULL"
    return (schema.UNSETTLED, rejected) if settings.is_retrying_rejected else (schema.UNSETTLED,)


def _fact(said: Sequence[Any]) -> Fact:
    """Six columns of SQLite, which has no booleans, as a fact."""
    date, description, city, state, is_delivered, delivered_date = said
    return Fact(date, description, city, state, bool(is_delivered), delivered_date)
