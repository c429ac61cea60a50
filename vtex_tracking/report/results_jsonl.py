"""`results.jsonl`: one object per invoice, for programs."""

from __future__ import annotations

from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vtex_tracking.model import Outcome


def json_line(outcome: Outcome) -> str:
    """A line has the fields of `Outcome`, in its order, every one of them.

    Most of a run's report are these lines: spelled out, one takes half the time that a JSON encoder needs.
    """
    http_status, duration_ms = outcome.http_status, outcome.duration_ms
    return (
        f'{{"run_id":{quoted(outcome.run_id)}'
        f',"account":{quoted(outcome.account)}'
        f',"order_id":{quoted(outcome.order_id)}'
        f',"invoice_number":{quoted(outcome.invoice_number)}'
        f',"outcome":"{outcome.outcome}"'
        f',"reason":"{outcome.reason}"'
        f',"http_status":{"null" if http_status is None else http_status}'
        f',"attempts":{outcome.attempts}'
        f',"receipt":{_or_null(outcome.receipt)}'
        f',"receipt_date":{_or_null(outcome.receipt_date)}'
        f',"request_id":{_or_null(outcome.request_id)}'
        f',"is_delivered":{"true" if outcome.is_delivered else "false"}'
        f',"delivered_date":{_or_null(outcome.delivered_date)}'
        f',"events":{outcome.events}'
        f',"first_place":{quoted(outcome.first_place)}'
        f',"started_at":{_or_null(outcome.started_at)}'
        f',"finished_at":{_or_null(outcome.finished_at)}'
        f',"duration_ms":{"null" if duration_ms is None else duration_ms}}}\n'
    )


def _or_null(text: str | None) -> str:
    return "null" if text is None else quoted(text)
