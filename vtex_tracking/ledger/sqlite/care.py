"""Looking after a ledger: is it whole, and forgetting what is old."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from vtex_tracking.facts import fact_from, facts_in
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.knowledge import volumes_of
from vtex_tracking.ledger.sqlite.outcomes import utc_text
from vtex_tracking.merge import gather, update_of
from vtex_tracking.model import InvoiceKey

# Rows may be fewer than were counted, for some may have been forgotten since; never more.
_FINISHED: Final = """
SELECT run_id, records <> events + duplicates + defects
    OR defects < (SELECT count(*) FROM defects WHERE defects.run_no = runs.run_no)
    OR json_extract(summary, '$.counts.invoices') < (SELECT count(*) FROM run_invoices WHERE run_no = runs.run_no)
FROM runs WHERE finished_at IS NOT NULL
"""
_LISTED_WITHOUT: Final = """
SELECT 1 FROM run_invoices WHERE NOT EXISTS (SELECT 1 FROM invoices WHERE invoice_id = run_invoices.invoice_id) LIMIT 10
"""
# Each question names invoices that break a rule; a whole ledger answers none of them.
_RULES: Final = {
    "is in flight although no run is on": "invoice_id IN (SELECT invoice_id FROM attempts "
    "JOIN run_invoices USING (run_no, seq) WHERE effect IS NULL)",
    "is sent without a receipt": "state = 'sent' AND receipt IS NULL",
    "is sent and still has a body to send": "state = 'sent' AND body IS NOT NULL",
    "waits to be sent and has no body": "state IN ('pending', 'unknown') AND body IS NULL",
    "is unknown, and no doubtful attempt is recorded": "state = 'unknown' AND NOT EXISTS (SELECT 1 FROM ambiguities "
    "WHERE ambiguities.invoice_id = invoices.invoice_id AND ambiguities.fingerprint = invoices.fingerprint)",
}
_INVOICES: Final = """
SELECT invoice_id, order_id, invoice_number, fingerprint, is_delivered, facts FROM invoices
WHERE fingerprint <> '' ORDER BY invoice_id
"""
_OF_OLD_RUNS: Final = "WHERE run_no IN (SELECT run_no FROM runs WHERE account = ? AND started_at < ?)"


def problems(ledger: LedgerFile) -> Iterator[str]:
    """Everything that is wrong with a ledger in which no run is on, a sentence each."""
    with ledger.reading() as sql:
        for (answer,) in sql.execute("PRAGMA integrity_check(10)").fetchall():
            if answer != "ok":
                yield f"the file is damaged: {answer}"
        for table, *_ in sql.execute("PRAGMA foreign_key_check").fetchall():
            yield f"a row of {table} belongs to nothing"
        for _ in sql.execute(_LISTED_WITHOUT).fetchall():
            yield "a row of run_invoices belongs to nothing"
        for problem, condition in _RULES.items():
            query = f"SELECT order_id, invoice_number FROM invoices WHERE {condition} ORDER BY invoice_id LIMIT 10"  # noqa: S608
            for order_id, invoice_number in sql.execute(query).fetchall():
                yield f"order {order_id}, invoice {invoice_number}: {problem}"
        for run_id, is_wrong in sql.execute(_FINISHED).fetchall():
            if is_wrong:
                yield f"run {run_id}: its accounts do not add up"
        yield from _unlike_facts(sql)


def forget(
    ledger: LedgerFile, *, account: str, order_id: str | None, invoice_number: str | None, before_s: float | None
) -> int:
    """Remove settled invoices, all that is known of them, and their lines in past runs. Returns how many.

    An invoice that is not settled is never removed: it may still have to be sent. Defects and warnings of runs that began
    before `before_s` go as well, unless one order is named.
    """
    with ledger.transaction() as sql:
        sql.execute("CREATE TEMP TABLE forgotten (invoice_id INTEGER PRIMARY KEY)")
        sql.execute(
            "INSERT INTO forgotten SELECT invoice_id FROM invoices WHERE account = :account "
            "AND state IN ('sent', 'rejected') AND (:order_id IS NULL OR order_id = :order_id) "
            "AND (:invoice_number IS NULL OR invoice_number = :invoice_number) "
            "AND (:before_s IS NULL OR settled_s < :before_s)",
            {"account": account, "order_id": order_id, "invoice_number": invoice_number, "before_s": before_s},
        )
        (count,) = sql.execute("SELECT count(*) FROM forgotten").fetchone()
        sql.execute(
            "DELETE FROM attempts WHERE (run_no, seq) IN (SELECT run_no, seq FROM run_invoices "
            "WHERE invoice_id IN (SELECT invoice_id FROM forgotten))"
        )
        for table in ("run_invoices", "volumes", "ambiguities", "invoices"):
            sql.execute(f"DELETE FROM {table} WHERE invoice_id IN (SELECT invoice_id FROM forgotten)")  # noqa: S608
        sql.execute("DROP TABLE forgotten")
        if before_s is not None and order_id is None:
            old = (account, utc_text(before_s))
            for table in ("defects", "warnings", "warning_counts"):
                sql.execute(f"DELETE FROM {table} {_OF_OLD_RUNS}", old)  # noqa: S608
    return int(count)


def _unlike_facts(sql: sqlite3.Connection) -> Iterator[str]:
    """Every fingerprint is that of the facts beside it."""
    for invoice_id, order_id, invoice_number, fingerprint, is_delivered, facts in sql.execute(_INVOICES):
        key, volumes = InvoiceKey(order_id, invoice_number), volumes_of(sql, invoice_id)
        try:
            known = gather(map(fact_from, facts_in(facts)), volumes=volumes, was_delivered=bool(is_delivered))
            is_like = update_of(key, known).fingerprint == fingerprint
        except ValueError:
            is_like = False
        if not is_like:
            yield f"order {order_id}, invoice {invoice_number}: its update is not what its facts say"
