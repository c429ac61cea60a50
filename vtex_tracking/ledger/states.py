"""The states of an invoice, and what moves it from one to the next.

               new facts change the fingerprint
(new) ──► PENDING ◄───────────────────────────────────────────┐
            ▼ intent, durable before the first byte           │ not applied, and never was ambiguous
        an attempt in flight ─────────────────────────────────┘
 confirmed │      │ refused            │ ambiguous, or the process died
           ▼      ▼                    ▼
         SENT   REJECTED            UNKNOWN ── the same bytes again ──► an attempt in flight

In flight is an attempt, from its intent until its effect is known. Its invoice stays where it was meanwhile, and where each
attempt left it is known of the attempt first, and posted to the invoice when nothing is sent any more.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from vtex_tracking.model import Effect, Reason


class State(StrEnum):
    """Where an invoice stands between what is known of it and what VTEX confirmed."""

    PENDING = "pending"
    SENT = "sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


UNSETTLED: Final = (State.PENDING, State.UNKNOWN)


class Disposition(StrEnum):
    """What a feed's records mean for their invoice, before anything is sent."""

    NEW = "new"  # never heard of: send
    CHANGED = "changed"  # it says more than what was known: send
    RESUMED = "resumed"  # nothing new, but an earlier run did not settle it: send
    UNCHANGED = "unchanged"  # VTEX confirmed exactly this
    HELD = "held"  # VTEX refused exactly this
    REFUSED = "refused"  # refused here: too much for one update


SENDING: Final = (Disposition.NEW, Disposition.CHANGED, Disposition.RESUMED)


def disposition_of(
    state: State | None,
    *,
    has_new_facts: bool,
    is_retrying_rejected: bool,
    reason: Reason,
    settled_ago_s: float,
    not_found_again_after_s: float,
) -> Disposition:
    """What to do with an invoice that a feed speaks of; `state` is None for one never heard of."""
    match state:
        case None:
            return Disposition.NEW
        case _ if has_new_facts:
            return Disposition.CHANGED
        case State.SENT:
            return Disposition.UNCHANGED
        case State.REJECTED:
            may_exist_now = reason is Reason.NOT_FOUND and settled_ago_s >= not_found_again_after_s
            return Disposition.RESUMED if is_retrying_rejected or may_exist_now else Disposition.HELD
        case State.PENDING | State.UNKNOWN:
            return Disposition.RESUMED


def after_attempt(effect: Effect, *, was_ambiguous: bool) -> State:
    """Where an attempt leaves an invoice; `was_ambiguous` when an earlier attempt of the same bytes may have arrived."""
    match effect:
        case Effect.CONFIRMED:
            return State.SENT
        case Effect.REFUSED:
            return State.REJECTED
        case Effect.AMBIGUOUS:
            return State.UNKNOWN
        case Effect.NOT_APPLIED:
            return State.UNKNOWN if was_ambiguous else State.PENDING


def not_before_s(*, others_ambiguous_at_s: float | None, now_s: float, quiet_period_s: float) -> float:
    """When an update may go out, given when an attempt of other bytes was last left in doubt; 0 when at once.

    A doubt that seems to lie in the future, for the clock was set back, is as fresh as one of now.
    """
    if others_ambiguous_at_s is None:
        return 0.0
    until_s = min(others_ambiguous_at_s, now_s) + quiet_period_s
    return until_s if until_s > now_s else 0.0
