"""What to do about what came back: the rules of delivery, total over every answer, failure and history."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from vtex_tracking.model import OutcomeKind, Reason, Receipt
from vtex_tracking.push.body import Content
from vtex_tracking.push.meaning import Meaning, Sort, meaning_of
from vtex_tracking.push.stop import Stop, stop_of
from vtex_tracking.push.wire import Answer, Failure
from vtex_tracking.settings import Settings

__all__ = [
    "Again",
    "Doubted",
    "GaveUp",
    "History",
    "Rejected",
    "Sent",
    "Stop",
    "Streak",
    "Verdict",
    "judge",
]

PAUSE_SPREAD: Final = 0.1  # a pause is up to so much longer, so that not everybody comes back at once
DOUBLINGS_MAX: Final = 60  # of the backoff; far above what any limit of seconds leaves room for


@frozen(kw_only=True)
class History:
    """One update's attempts in this run, before the one that is judged.

    `is_ambiguous` begins True when the ledger holds an earlier attempt of the same bytes that VTEX may have applied.
    """

    attempts: int = 0
    throttles: int = 0
    server_errors: int = 0
    odd_answers: int = 0
    conflicts: int = 0
    is_ambiguous: bool = False

    def after(self, result: Answer | Failure) -> History:
        """Count one more attempt; one that was throttled counts apart."""
        meaning = meaning_of(result)
        return History(
            attempts=self.attempts + (meaning.sort is not Sort.THROTTLED),
            throttles=self.throttles + (meaning.sort is Sort.THROTTLED),
            server_errors=self.server_errors + (meaning.sort is Sort.SERVER_ERROR),
            odd_answers=self.odd_answers + (meaning.sort is Sort.ODD),
            conflicts=self.conflicts + (meaning.sort is Sort.CONFLICT),
            is_ambiguous=self.is_ambiguous or meaning.is_ambiguous,
        )


@frozen(kw_only=True)
class Streak:
    """What the account's answers in this run tell so far, before the one that is judged."""

    has_answer: bool = False
    has_success: bool = False
    not_found_in_a_row: int = 0

    def after(self, result: Answer | Failure) -> Streak:
        """Note one more answer; what says nothing about invoices, such as a 429 or a 500, leaves the row as it is."""
        if isinstance(result, Failure):
            return self
        meaning = meaning_of(result)
        if meaning.sort is Sort.TAKEN:
            return _GOING_WELL
        not_found_in_a_row = self.not_found_in_a_row
        if meaning.reason is Reason.NOT_FOUND:
            not_found_in_a_row += 1
        elif meaning.sort in (Sort.REFUSED, Sort.CONFLICT):
            not_found_in_a_row = 0
        return Streak(has_answer=True, has_success=self.has_success, not_found_in_a_row=not_found_in_a_row)


_GOING_WELL: Final = Streak(has_answer=True, has_success=True)


@frozen
class Sent:
    """VTEX took it: here is the receipt."""

    receipt: Receipt


@frozen(kw_only=True)
class Again:
    """Send the same bytes again after a while; with `pause_s` the whole account rests so long."""

    reason: Reason
    after_s: float
    is_ambiguous: bool
    is_counted: bool = True
    pause_s: float | None = None


@frozen
class Rejected:
    """VTEX refused it, and will until its facts change."""

    reason: Reason


@frozen(kw_only=True)
class GaveUp:
    """No attempt is left in this run; the next one takes it up. `is_ambiguous` is said of this attempt alone."""

    outcome: OutcomeKind
    reason: Reason
    is_ambiguous: bool
    pause_s: float | None = None


@frozen(kw_only=True)
class Doubted:
    """This update's own fault, or the keys': one other update decides."""

    reason: Reason
    message: str


Verdict = Sent | Again | Rejected | GaveUp | Doubted | Stop


def judge(  # noqa: PLR0911 - one return for each thing to do
    result: Answer | Failure, *, history: History, streak: Streak, settings: Settings, chance: float
) -> Verdict:
    """Give the one thing to do next. `chance` in [0, 1) spreads what waits; nothing else here is random."""
    meaning = meaning_of(result)
    if meaning.sort is Sort.TAKEN and isinstance(result, Answer) and result.receipt is not None:
        return Sent(result.receipt)
    stop = stop_of(result, history=history, streak=streak, settings=settings)
    if stop is not None:
        return stop
    counted = history.after(result)
    match result, meaning.sort:
        case Answer() as answer, Sort.DOUBTED:
            return Doubted(reason=meaning.reason, message=_doubt_of(answer))
        case _, Sort.REFUSED:
            return Rejected(meaning.reason)
        case _, Sort.CONFLICT if counted.conflicts >= settings.conflicts_max:
            return Rejected(meaning.reason)
        case _, Sort.SERVER_ERROR if counted.server_errors >= settings.server_errors_max:
            return GaveUp(outcome=OutcomeKind.FAILED, reason=Reason.SERVER_ERROR_PERSISTENT, is_ambiguous=True)
    wait_s = _wait_s(result, history=history, settings=settings, chance=chance)
    return _again_unless_used_up(meaning, counted=counted, settings=settings, wait_s=wait_s)


def _again_unless_used_up(meaning: Meaning, *, counted: History, settings: Settings, wait_s: float) -> Again | GaveUp:
    match meaning.sort:
        case Sort.THROTTLED:
            is_used_up = counted.throttles >= settings.throttles_max
        case Sort.ODD if counted.odd_answers >= settings.odd_answers_max:
            is_used_up = True
        case _:
            is_used_up = counted.attempts >= settings.attempts
    pause_s = wait_s if meaning.sort in (Sort.THROTTLED, Sort.UNAVAILABLE) else None
    if is_used_up:
        outcome = OutcomeKind.UNKNOWN if counted.is_ambiguous else OutcomeKind.FAILED
        return GaveUp(outcome=outcome, reason=meaning.reason, is_ambiguous=meaning.is_ambiguous, pause_s=pause_s)
    is_counted = meaning.sort is not Sort.THROTTLED
    return Again(
        reason=meaning.reason, after_s=wait_s, is_ambiguous=meaning.is_ambiguous, is_counted=is_counted, pause_s=pause_s
    )


def _wait_s(result: Answer | Failure, *, history: History, settings: Settings, chance: float) -> float:
    """Full jitter under a doubling bound; or what VTEX asks for, if that is longer, and up to 10 % more."""
    failed, asked_s = history.attempts, None
    match result:
        case Answer(status=429, retry_after_s=after_s):
            failed, asked_s = history.throttles, settings.throttle_pause_s if after_s is None else after_s
        case Answer(retry_after_s=after_s):
            asked_s = after_s
    bound_s = min(settings.backoff_max_s, settings.backoff_base_s * 2.0 ** min(failed, DOUBLINGS_MAX))
    if asked_s is None:
        return chance * bound_s
    return max(min(asked_s, settings.throttle_pause_max_s), chance * bound_s) * (1 + PAUSE_SPREAD * chance)


def _doubt_of(answer: Answer) -> str:
    if answer.content is Content.HTML:
        return (
            f"VTEX's edge answered {answer.status} with a web page: a firewall, or a blocked address? {answer.message}"
        )
    return f"VTEX answered {answer.status}: {answer.message or 'without a word'}"
