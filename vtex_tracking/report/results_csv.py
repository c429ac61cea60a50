"""`results.csv`: one row per invoice, for a spreadsheet."""

from __future__ import annotations

from typing import Final

from vtex_tracking.model import Outcome
from vtex_tracking.report.spreadsheet import csv_line, disarmed_row

RESULT_COLUMNS: Final = Outcome._fields


def csv_row(outcome: Outcome) -> str:
    """A row has the fields of `Outcome`, in its order."""
    cells = (
        outcome.run_id,
        outcome.account,
        outcome.order_id,
        outcome.invoice_number,
        outcome.outcome,
        outcome.reason,
        "" if outcome.http_status is None else str(outcome.http_status),
        str(outcome.attempts),
        outcome.receipt or "",
        outcome.receipt_date or "",
        outcome.request_id or "",
        "true" if outcome.is_delivered else "false",
        outcome.delivered_date or "",
        str(outcome.events),
        outcome.first_place,
        outcome.started_at or "",
        outcome.finished_at or "",
        "" if outcome.duration_ms is None else str(outcome.duration_ms),
    )
    return csv_line(disarmed_row(cells))
