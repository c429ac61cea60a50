"""What a ledger holds, looked at from outside: as another program, and without a change to it; and what VTEX was told."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from vtex_tracking.sandbox import LoggedRequest

Key = tuple[str, str]  # order id, invoice number
Told = tuple[Key, str]  # an invoice, and the hash of the bytes that it was told
Heard = tuple[Key, str, str]  # an invoice, and the date and the description of one of its events


# Where every invoice stands: of a run that did not come to its end, the last attempt says more than the invoice.
STANDING: Final = """
SELECT order_id, invoice_number, CASE WHEN last.number IS NULL THEN invoices.state
    WHEN last.effect IS NULL THEN 'in_flight' ELSE last.state END, fingerprint
FROM invoices LEFT JOIN (
    SELECT invoice_id, effect, attempts.state, max(number) AS number FROM attempts JOIN run_invoices USING (run_no, seq)
    WHERE run_no = (SELECT max(run_no) FROM runs) AND run_no IN (SELECT run_no FROM runs WHERE finished_at IS NULL)
    GROUP BY seq
) AS last USING (invoice_id)
"""


@frozen(kw_only=True)
class Left:
    """What the ledger holds for one invoice when its run was cut short."""

    state: str
    fingerprint: str


def left_in(ledger: Path) -> dict[Key, Left]:
    """Each invoice, in a ledger that nobody may have closed."""
    rows = _rows_left(ledger, STANDING)
    return {(order_id, number): Left(state=state, fingerprint=found) for order_id, number, state, found in rows}


def heard_in(ledger: Path) -> frozenset[Heard]:
    """Each event that was accepted, in a ledger that nobody may have closed."""
    query = "SELECT order_id, invoice_number, value ->> 'date', value ->> 'description' FROM invoices, json_each(facts)"
    rows = _rows_left(ledger, query)
    return frozenset(((order_id, number), date, description) for order_id, number, date, description in rows)


def ambiguities(ledger: Path) -> set[Told]:
    query = "SELECT order_id, invoice_number, doubts.fingerprint FROM ambiguities AS doubts JOIN invoices USING (invoice_id)"
    return {((order_id, number), fingerprint) for order_id, number, fingerprint in _rows(ledger, query)}


def intents(ledger: Path) -> Counter[Key]:
    query = (
        "SELECT order_id, invoice_number, count(*) FROM attempts JOIN run_invoices USING (run_no, seq) "
        "JOIN invoices USING (invoice_id) GROUP BY invoice_id"
    )
    return Counter({(order_id, number): times for order_id, number, times in _rows(ledger, query)})


def key_of(request: LoggedRequest) -> Key:
    return request.order_id or "", request.invoice_number or ""


def told(requests: Iterable[LoggedRequest]) -> Counter[Told]:
    """How often an invoice was told what; a 429 heard nothing."""
    return Counter((key_of(request), request.body_sha256) for request in requests if request.status != 429)


def _rows_left(ledger: Path, query: str) -> list[tuple[Any, ...]]:
    """Read a copy of a ledger that nobody may have closed: reading it where it lies would mend it."""
    if not ledger.exists():
        return []
    with tempfile.TemporaryDirectory(dir=ledger.parent) as folder:
        copy = Path(folder, ledger.name)
        for part in ("", "-wal"):
            if Path(f"{ledger}{part}").exists():
                shutil.copyfile(f"{ledger}{part}", f"{copy}{part}")
        if not _rows(copy, "SELECT 1 FROM sqlite_schema WHERE name = 'invoices'"):
            return []
        return _rows(copy, query)


def _rows(ledger: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(
        sqlite3.Connection(ledger)
    ) as sql:  # not `connect`, by which a simulation knows the one that is played
        return sql.execute(query).fetchall()
