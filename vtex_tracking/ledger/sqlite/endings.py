"""How the invoices of a run have ended, counted."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from vtex_tracking.ledger.sqlite.outcomes import LAST_ATTEMPT, OUTCOME, REASON

# The run is done with an update once: of its attempts at most one has an outcome, and that is its last.
_DONE_WITH: Final = """
SELECT outcome, reason, count(*), min(seq) FROM attempts WHERE run_no = ? AND outcome IS NOT NULL GROUP BY 1, 2
"""
_REST: Final = f"""
SELECT {OUTCOME}, {REASON}, count(*), min(listed.seq) FROM run_invoices AS listed {LAST_ATTEMPT}
WHERE listed.run_no = ? AND NOT EXISTS (SELECT 1 FROM attempts AS done
    WHERE done.run_no = listed.run_no AND done.seq = listed.seq AND done.outcome IS NOT NULL) GROUP BY 1, 2
"""  # noqa: S608 - our own words
_FIRST: Final = """
SELECT order_id, invoice_number, listed.first_place FROM run_invoices AS listed JOIN invoices USING (invoice_id)
WHERE listed.run_no = ? AND listed.seq = ?
"""


class Ending(NamedTuple):
    """So many invoices of a run ended in one way; `first_seq` is the first of them in the feeds."""

    outcome: str
    reason: str
    invoices: int
    first_seq: int


def endings_of(sql: sqlite3.Connection, *, run_no: int) -> list[Ending]:
    """Each way in which invoices of a run have ended, the most frequent first: together they are all of its invoices.

    What was attempted is looked for, invoice by invoice, only where there is more in the run than what it is done with.
    """
    (invoices,) = sql.execute("SELECT count(*) FROM run_invoices WHERE run_no = ?", (run_no,)).fetchone()
    rows = sql.execute(_DONE_WITH, (run_no,)).fetchall()
    if invoices != sum(count for _outcome, _reason, count, _seq in rows):
        rows += sql.execute(_REST, (run_no,))
    found: dict[tuple[str, str], Ending] = {}
    for outcome, reason, count, seq in rows:
        same = found.get((outcome, reason), Ending(outcome, reason, 0, seq))
        found[outcome, reason] = Ending(outcome, reason, same.invoices + count, min(same.first_seq, seq))
    return sorted(found.values(), key=lambda ending: (-ending.invoices, ending.first_seq))


def first_of(sql: sqlite3.Connection, *, run_no: int, seq: int) -> tuple[str, str, str]:
    """The order, the invoice and the place of one invoice of a run."""
    order_id, invoice_number, first_place = sql.execute(_FIRST, (run_no, seq)).fetchone()
    return order_id, invoice_number, first_place
