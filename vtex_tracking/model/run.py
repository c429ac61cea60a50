"""How a run went: the outcome of each update, and the sums over all of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from attrs import Factory, frozen

from vtex_tracking.model.sending import OutcomeKind, Reason
from vtex_tracking.model.tracking import FeedInfo


class Outcome(NamedTuple):
    """How one update ended in one run: one line of `results.jsonl`, field for field. Moments are UTC, ISO 8601.

    A report has one for each invoice: a tuple is made at a tenth of the cost of another frozen object.
    """

    run_id: str
    account: str
    order_id: str
    invoice_number: str
    outcome: OutcomeKind
    reason: Reason
    http_status: int | None
    attempts: int
    receipt: str | None
    receipt_date: str | None
    request_id: str | None
    is_delivered: bool
    delivered_date: str | None
    events: int
    first_place: str
    started_at: str | None
    finished_at: str | None
    duration_ms: int | None


@frozen(kw_only=True)
class Counts:
    """The accounts of a run. They add up, or the run fails with 1."""

    records: int = 0
    events: int = 0
    duplicates: int = 0
    defects: int = 0
    invoices: int = 0
    sent: int = 0
    unchanged: int = 0
    rejected: int = 0
    failed: int = 0
    unknown: int = 0
    pending: int = 0

    def faults(self) -> tuple[str, ...]:
        """Every sum that does not hold, in words; empty when the accounts add up."""
        read = self.events + self.duplicates + self.defects
        ended = self.sent + self.unchanged + self.rejected + self.failed + self.unknown + self.pending
        faults = []
        if self.records != read:
            faults.append(f"{self.records} records, but {read} events, duplicates and defects")
        if self.invoices != ended:
            faults.append(f"{self.invoices} invoices, but {ended} outcomes")
        return tuple(faults)


@frozen(kw_only=True)
class Percentiles:
    """Latency of the attempts that were answered, in milliseconds."""

    p50: int
    p90: int
    p99: int
    max: int


@frozen(kw_only=True)
class TopReason:
    """One reason of the run with how often it came, and one invoice to look at."""

    outcome: OutcomeKind
    reason: Reason
    count: int
    order_id: str
    invoice_number: str
    first_place: str


@frozen(kw_only=True)
class Notice:
    """Something a person should know about the run that stopped nothing."""

    code: str
    message: str


@frozen(kw_only=True)
class Summary:
    """A run in one page: what `summary.json` holds. Moments are UTC, ISO 8601; rates are per second."""

    run_id: str
    version: str
    account: str
    feeds: tuple[FeedInfo, ...]
    settings: dict[str, Any]
    started_at: str
    finished_at: str
    counts: Counts
    requests: int
    attempts_by_status: dict[str, int]
    rate_asked: float
    rate_reached: float
    latency_ms: Percentiles | None
    top_reasons: tuple[TopReason, ...]
    top_defects: dict[str, int]
    warnings: dict[str, int] = Factory(dict)
    notices: tuple[Notice, ...]
    stop_reason: Reason
    exit_code: int


@frozen(kw_only=True)
class RunRecord:
    """One past run as the ledger remembers it. `finished_at`, `exit_code` and `counts` are None when it was cut short."""

    run_id: str
    account: str
    started_at: str
    finished_at: str | None
    feeds: tuple[str, ...]
    counts: Counts | None
    exit_code: int | None
