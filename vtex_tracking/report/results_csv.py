"""`results.csv`: one row per invoice, for a spreadsheet."""

from __future__ import annotations

from typing import Final

from attrs import fields

from vtex_tracking.model import Outcome
from vtex_tracking.report.spreadsheet import csv_line, disarmed

RESULT_COLUMNS: Final = tuple(attribute.name for attribute in fields(Outcome))


def csv_row(outcome: Outcome) -> str:
    """A row has the fields of `Outcome`, in its order."""
    row = (
        disarmed(outcome.run_id),
        disarmed(outcome.account),
        disarmed(outcome.order_id),
        disarmed(outcome.invoice_number),
        outcome.outcome,
        outcome.reason,
        "" if outcome.http_status is None else str(outcome.http_status),
        str(outcome.attempts),
        disarmed(outcome.receipt or ""),
        disarmed(outcome.receipt_date or ""),
        disarmed(outcome.request_id or ""),
        "true" if outcome.is_delivered else "false",
        disarmed(outcome.delivered_date or ""),
        str(outcome.events),
        disarmed(outcome.first_place),
        disarmed(outcome.started_at or ""),
        disarmed(outcome.finished_at or ""),
        "" if outcome.duration_ms is None else str(outcome.duration_ms),
    )
    return csv_line(row)
