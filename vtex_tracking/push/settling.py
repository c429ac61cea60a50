"""A verdict in the ledger's words: what happened at VTEX, and whether this run is done with the update."""

from __future__ import annotations

from vtex_tracking.model import Effect, OutcomeKind, Reason, Receipt, Settlement
from vtex_tracking.push.verdict import Again, Doubted, GaveUp, Rejected, Sent, Stop, Verdict
from vtex_tracking.push.wire import Answer, Failure


def settlement_of(verdict: Verdict, *, result: Answer | Failure, started_s: float, latency_ms: int) -> Settlement:
    """What the ledger is told of an attempt. An update without an outcome stays with the run, or with the next one."""
    effect, outcome, reason, receipt = _meaning(verdict)
    answer = result if isinstance(result, Answer) else None
    return Settlement(
        started_s=started_s,
        effect=effect,
        outcome=outcome,
        reason=reason,
        http_status=None if answer is None else answer.status,
        request_id=None if answer is None else answer.request_id,
        receipt=receipt,
        latency_ms=None if answer is None else latency_ms,
    )


def _meaning(verdict: Verdict) -> tuple[Effect, OutcomeKind | None, Reason, Receipt | None]:
    match verdict:
        case Sent(receipt):
            return Effect.CONFIRMED, OutcomeKind.SENT, Reason.NONE, receipt
        case Rejected(reason):
            return Effect.REFUSED, OutcomeKind.REJECTED, reason, None
        case GaveUp(outcome=outcome, reason=reason, is_ambiguous=is_ambiguous):
            return _effect(is_ambiguous=is_ambiguous), outcome, reason, None
        case Again(reason=reason, is_ambiguous=is_ambiguous) | Stop(reason=reason, is_ambiguous=is_ambiguous):
            return _effect(is_ambiguous=is_ambiguous), None, reason, None
        case Doubted(reason=reason):
            return Effect.NOT_APPLIED, None, reason, None


def _effect(*, is_ambiguous: bool) -> Effect:
    return Effect.AMBIGUOUS if is_ambiguous else Effect.NOT_APPLIED
