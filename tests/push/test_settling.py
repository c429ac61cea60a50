"""What the ledger is told of each verdict."""

from __future__ import annotations

import pytest
from push_support import SENT, TIMED_OUT

from vtex_tracking.model import Effect, OutcomeKind, Reason, Receipt, Settlement
from vtex_tracking.push.settling import settlement_of
from vtex_tracking.push.verdict import Again, Doubted, GaveUp, Rejected, Sent, Stop, Verdict
from vtex_tracking.push.wire import Answer

RECEIPT = Receipt(receipt="f67d")


@pytest.mark.parametrize(
    ("verdict", "effect", "outcome", "reason"),
    [
        (Sent(RECEIPT), Effect.CONFIRMED, OutcomeKind.SENT, Reason.NONE),
        (Rejected(Reason.NOT_FOUND), Effect.REFUSED, OutcomeKind.REJECTED, Reason.NOT_FOUND),
        (
            GaveUp(outcome=OutcomeKind.UNKNOWN, reason=Reason.TIMEOUT, is_ambiguous=True),
            Effect.AMBIGUOUS,
            OutcomeKind.UNKNOWN,
            Reason.TIMEOUT,
        ),
        (
            GaveUp(outcome=OutcomeKind.UNKNOWN, reason=Reason.THROTTLED, is_ambiguous=False),
            Effect.NOT_APPLIED,
            OutcomeKind.UNKNOWN,
            Reason.THROTTLED,
        ),
        (Again(reason=Reason.TIMEOUT, after_s=1, is_ambiguous=True), Effect.AMBIGUOUS, None, Reason.TIMEOUT),
        (Again(reason=Reason.THROTTLED, after_s=1, is_ambiguous=False), Effect.NOT_APPLIED, None, Reason.THROTTLED),
        (
            Stop(exit_code=6, reason=Reason.LONG_THROTTLE, message="", is_ambiguous=True),
            Effect.AMBIGUOUS,
            None,
            Reason.LONG_THROTTLE,
        ),
        (Stop(exit_code=2, reason=Reason.TLS, message=""), Effect.NOT_APPLIED, None, Reason.TLS),
        (Doubted(reason=Reason.FORBIDDEN, message=""), Effect.NOT_APPLIED, None, Reason.FORBIDDEN),
    ],
)
def test_every_verdict_has_its_words(
    verdict: Verdict, effect: Effect, outcome: OutcomeKind | None, reason: Reason
) -> None:
    """Effect, outcome and reason; only what was confirmed has a receipt."""
    told = settlement_of(verdict, result=TIMED_OUT, started_s=1.0, latency_ms=5)
    assert (
        Settlement(
            started_s=1.0,
            effect=effect,
            outcome=outcome,
            reason=reason,
            http_status=None,
            request_id=None,
            receipt=RECEIPT if effect is Effect.CONFIRMED else None,
            latency_ms=None,
        )
        == told
    )


def test_an_answer_leaves_its_status_its_id_and_its_latency() -> None:
    """What came back over HTTP is told as it was; of what did not there is nothing to tell."""
    answer = Answer(status=200, receipt=RECEIPT, request_id="r-1")
    told = settlement_of(Sent(RECEIPT), result=answer, started_s=1.0, latency_ms=5)
    assert (200, "r-1", 5, RECEIPT) == (told.http_status, told.request_id, told.latency_ms, told.receipt)
    assert SENT.receipt != told.receipt
