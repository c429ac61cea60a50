"""What earlier runs had, for a run to be compared with."""

from __future__ import annotations

from typing import Final

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.sense import Usual
from vtex_tracking.settings import Settings

# Runs whose feeds were not accepted have no gathering; one without feeds sent what was left, and has nothing to compare.
_RECORDS: Final = """
SELECT records FROM gatherings JOIN runs USING (run_no)
WHERE account = :account AND finished_at IS NOT NULL AND feeds <> '[]'
ORDER BY run_no DESC LIMIT :usual_runs_max
"""
_SHARES: Final = """
SELECT CAST(delivered AS REAL) / invoices FROM gatherings JOIN runs USING (run_no)
WHERE account = :account AND finished_at IS NOT NULL AND invoices >= :usual_invoices_min
ORDER BY run_no DESC LIMIT :usual_runs_max
"""


def usual_of(ledger: LedgerFile, *, settings: Settings) -> Usual:
    """The numbers of the last finished runs of this account."""
    asked = {
        "account": settings.account,
        "usual_runs_max": settings.usual_runs_max,
        "usual_invoices_min": settings.usual_invoices_min,
    }
    with ledger.reading() as sql:
        return Usual(
            records=tuple(records for (records,) in sql.execute(_RECORDS, asked)),
            delivered_shares=tuple(share for (share,) in sql.execute(_SHARES, asked)),
        )
