"""What concerns the whole account while a push lasts: its pace, its pauses, its keys, and when to stop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from vtex_tracking.model import Due, Reason
from vtex_tracking.push.adapting import Start
from vtex_tracking.push.budget import Budget
from vtex_tracking.push.circuit import Circuit
from vtex_tracking.push.clock import running_clock
from vtex_tracking.push.concurrency import Flight
from vtex_tracking.push.gate import Finding, Gate
from vtex_tracking.push.meaning import Sort, meaning_of
from vtex_tracking.push.pacer import Pacer
from vtex_tracking.push.places import Places
from vtex_tracking.push.retry_after import RateLimit
from vtex_tracking.push.stop import EXIT_STOPPED
from vtex_tracking.push.verdict import Again, Doubted, GaveUp, History, Rejected, Sent, Stop, Streak, Verdict, judge
from vtex_tracking.push.wire import Answer, Failure, FailureKind
from vtex_tracking.settings import Settings

_FAILED: Final = frozenset({Sort.NOT_APPLIED, Sort.UNAVAILABLE, Sort.PERHAPS, Sort.SERVER_ERROR, Sort.ODD})


class Attempt(NamedTuple):
    """One request that may go: when, how fast requests were starting then, and how many were in flight."""

    started_s: float
    start: Start
    flight: Flight


class Account:
    """Every attempt asks here before it starts, and is judged here when it ends."""

    def __init__(self, settings: Settings, *, found_rate_per_s: float | None = None) -> None:
        self._settings = settings
        self._now_s = running_clock()
        self._pacer = Pacer(settings.rate, found_per_s=found_rate_per_s)
        self._gate = Gate()
        self._circuit = Circuit(outage_limit_s=settings.outage_limit_s)
        self._circuit_changed = asyncio.Event()
        self._budget = Budget()
        self._progressed_s = self._now_s()
        self._streak = Streak()
        self.places = Places(settings.concurrency)
        self.stopping = asyncio.Event()
        self.stopped: Stop | None = None

    @property
    def paused_s(self) -> float:
        """How long the account still rests."""
        return self._pacer.paused_s

    @property
    def found_rate_per_s(self) -> float | None:
        """What the account was found to bear; None where that is all that was asked."""
        return self._pacer.found_per_s

    def stop(self, stop: Stop | None = None) -> None:
        """Nothing starts any more. What was first stands, also a stop from outside; only refused keys outrank it."""
        if not self.stopping.is_set() or (stop is not None and stop.reason is Reason.CREDENTIALS_REFUSED):
            self.stopped = stop
        self.stopping.set()
        self._pacer.stop()
        self._gate.wake()
        self._circuit_changed.set()

    async def admit(self, due: Due) -> bool:
        """Return True when nothing but the pace stands between this update and its attempt; False when all is over."""
        while not self.stopping.is_set() and not self._admits(due):
            self._circuit.left(due.seq, now_s=self._now_s())  # who waits at the gate keeps nobody from trying
            self._circuit_changed.set()
            await self._gate.enter(due, stopping=self.stopping)
            await self._pass_circuit(due)
        return not self.stopping.is_set()

    def start_now(self, due: Due) -> Attempt | None:
        """Give an attempt, having paid for it, when nothing stands between this update and the wire, as nearly always."""
        if self.stopping.is_set() or not self._admits(due):
            return None
        start = self._pacer.start_now()
        return None if start is None else self._started(start)

    async def start(self, due: Due) -> Attempt | None:
        """Give an attempt when the request may start this moment, having paid for it; None when all is over.

        The pace comes last, so that nothing delays a start which it has granted. What it waited for may have changed since.
        """
        while not self.stopping.is_set():
            start = await self._pacer.start(is_wanted=partial(self._admits, due))
            if start is not None:
                return self._started(start)
            await self.admit(due)
        return None

    def judge(self, result: Answer | Failure, *, history: History, chance: float) -> Verdict:
        """Say what to do about the end of an attempt; the account's own streak is part of the evidence."""
        verdict = judge(result, history=history, streak=self._streak, settings=self._settings, chance=chance)
        self._streak = self._streak.after(result)
        return verdict

    def ended(self, due: Due, *, attempt: Attempt, result: Answer | Failure, verdict: Verdict) -> None:
        """Draw what the end of an attempt means for all others: slower, fewer, a pause, an open or a closed gate, the end."""
        now_s = self._now_s()
        match verdict:
            case Sent() | Rejected():
                self._progressed_s = now_s
            case Again(reason=Reason.THROTTLED, pause_s=float(pause_s)):
                self._pacer.refused(attempt.start, pause_s=pause_s)
            case GaveUp(reason=Reason.THROTTLED, pause_s=float(pause_s)):
                self._pacer.refused(attempt.start, pause_s=pause_s)
            case Again(pause_s=float(pause_s)) | GaveUp(pause_s=float(pause_s)):
                self._pacer.pause(pause_s)
            case Stop():
                self.stop(verdict)
            case _:
                pass
        if isinstance(result, Answer) and result.rate_limit is not None:
            self._heed_limit(result.rate_limit, attempt=attempt)
        sort = Sort.TAKEN if isinstance(verdict, Sent) else meaning_of(result).sort
        self._note_health(due, attempt=attempt, result=result, sort=sort, now_s=now_s)
        if isinstance(verdict, Doubted):
            self._gate.refused(due)
        else:
            self._gate.answered(due, has_spoken=isinstance(verdict, Sent | Rejected))

    def pays_retry(self, again: Again) -> bool:
        """Whether a retry can be paid for now, and pay for it. Once they cannot be, there must be progress all the same."""
        is_paid = self._budget.pays_retry(is_throttle=not again.is_counted)
        if not is_paid and self._now_s() - self._progressed_s >= self._settings.stall_limit_s:
            minutes = round(self._settings.stall_limit_s / 60)
            message = f"hardly anything worked for {minutes} minutes; run again when VTEX answers"
            self.stop(Stop(exit_code=EXIT_STOPPED, reason=Reason.OUTAGE, message=message))
        return is_paid

    async def is_cleared(self, due: Due, *, doubted: Doubted) -> bool:
        """Wait until another update has shown whose fault a refusal is: True when it is this update's own."""
        finding = await self._gate.finding(due, stopping=self.stopping)
        if finding is Finding.KEYS_REFUSED:
            message = (
                f"VTEX refuses these credentials: {doubted.message}; check key, token, and the role's Notify invoice"
            )
            self.stop(Stop(exit_code=7, reason=Reason.CREDENTIALS_REFUSED, message=message))
        return finding is Finding.UPDATE_REFUSED

    def nobody_else(self) -> None:
        """One update is left; if that is in doubt, nobody can clear it."""
        self._gate.give_up()

    def _started(self, start: Start) -> Attempt:
        return Attempt(self._now_s(), start, self.places.started(has_waited=start.has_waited))

    def _admits(self, due: Due) -> bool:
        return self._gate.admits(due) and self._circuit.take(due.seq, now_s=self._now_s()) == 0

    async def _pass_circuit(self, due: Due) -> None:
        """Wait while VTEX is let alone; for too long, and the run is over."""
        while not self.stopping.is_set():
            now_s = self._now_s()
            wait_s = self._circuit.take(due.seq, now_s=now_s)
            if self._circuit.is_outage(now_s):
                minutes = round(self._settings.outage_limit_s / 60)
                message = f"nothing has worked for {minutes} minutes; run again when VTEX answers"
                self.stop(Stop(exit_code=EXIT_STOPPED, reason=Reason.OUTAGE, message=message))
            elif wait_s == 0:
                return
            else:
                self._circuit_changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._circuit_changed.wait()

    def _heed_limit(self, limit: RateLimit, *, attempt: Attempt) -> None:
        """Where VTEX says that nothing is left of its limit, wait until it counts anew, and go slower: nobody was refused yet."""
        if limit.remaining == 0 and limit.reset_s is not None:
            self._pacer.refused(attempt.start, pause_s=min(limit.reset_s, self._settings.throttle_pause_max_s))

    def _note_health(self, due: Due, *, attempt: Attempt, result: Answer | Failure, sort: Sort, now_s: float) -> None:
        has_failed = sort in _FAILED
        self.places.ended(attempt.flight, latency_s=now_s - attempt.started_s, has_failed=has_failed)
        if sort is Sort.TAKEN:
            self._budget.succeeded()
        if sort is Sort.THROTTLED:
            self._circuit.throttled(due.seq, now_s=now_s)
        elif sort is Sort.NOT_APPLIED and self._is_wrong_name(result):
            self._circuit.left(due.seq, now_s=now_s)
        else:
            self._circuit.ended(due.seq, has_failed=has_failed, started_s=attempt.started_s, now_s=now_s)
        self._pacer.share = self._circuit.share
        self._circuit_changed.set()

    def _is_wrong_name(self, result: Answer | Failure) -> bool:
        """No answer ever, for want of an address: a second try ends the run, and letting VTEX alone would only delay that."""
        kind = result.kind if isinstance(result, Failure) else None
        return not self._streak.has_answer and kind in (FailureKind.NAME_NOT_RESOLVED, FailureKind.NAME_LOOKUP_FAILED)
