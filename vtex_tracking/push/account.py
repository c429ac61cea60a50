"""What concerns the whole account while a push lasts: its pace, its pauses, its keys, and when to stop."""

from __future__ import annotations

import asyncio

from vtex_tracking.model import Due, Reason
from vtex_tracking.push.breaker import Breaker
from vtex_tracking.push.gate import Finding, Gate
from vtex_tracking.push.pacer import Pacer
from vtex_tracking.push.pacing import Pace
from vtex_tracking.push.verdict import Again, Doubted, GaveUp, History, Rejected, Sent, Stop, Streak, Verdict, judge
from vtex_tracking.push.wire import Answer, Failure
from vtex_tracking.settings import Settings


class Account:
    """Every attempt asks here before it starts, and is judged here when it ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._pacer = Pacer(Pace(settings.rate))
        self._gate = Gate()
        self._breaker = Breaker(outage_limit_s=settings.outage_limit_s)
        self._streak = Streak()
        self.stopping = self._pacer.stopping
        self.stopped: Stop | None = None

    @property
    def paused_s(self) -> float:
        """How long the account still rests."""
        return self._pacer.paused_s

    def stop(self, stop: Stop | None = None) -> None:
        """Nothing starts any more. The first reason given stands; only refused keys outrank it."""
        if self.stopped is None or (stop is not None and stop.reason is Reason.CREDENTIALS_REFUSED):
            self.stopped = stop
        self.stopping.set()
        self._gate.wake()

    async def admit(self, due: Due) -> bool:
        """Return True when nothing but the pace stands between this update and its attempt; False when all is over."""
        await self._gate.enter(due, stopping=self.stopping)
        return not self.stopping.is_set()

    async def start(self, due: Due) -> bool:
        """Return True when the request may start this moment, having paid for it; False when all is over.

        The pace comes last, so that nothing delays a start which it has granted. The gate may have closed meanwhile.
        """
        while not self.stopping.is_set():
            if await self._pacer.start(is_wanted=lambda: self._gate.admits(due)):
                return True
            await self._gate.enter(due, stopping=self.stopping)
        return False

    def judge(self, result: Answer | Failure, *, history: History, chance: float) -> Verdict:
        """Say what to do about the end of an attempt; the account's own streak is part of the evidence."""
        verdict = judge(result, history=history, streak=self._streak, settings=self._settings, chance=chance)
        self._streak = self._streak.after(result)
        return verdict

    def react(self, due: Due, *, verdict: Verdict) -> None:
        """Draw what a verdict means for all others: a pause, an open or a closed gate, the end."""
        match verdict:
            case Again(pause_s=float(pause_s)) | GaveUp(pause_s=float(pause_s)):
                self._pacer.pause(pause_s)
            case Stop():
                self.stop(verdict)
            case _:
                pass
        if isinstance(verdict, Doubted):
            self._gate.refused(due)
        else:
            self._gate.answered(due, has_spoken=isinstance(verdict, Sent | Rejected))
        self._watch_outage(verdict)

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

    def _watch_outage(self, verdict: Verdict) -> None:
        is_throttled = isinstance(verdict, Again | GaveUp) and verdict.reason is Reason.THROTTLED  # there, only busy
        now_s = self._loop.time()
        self._breaker.note(has_worked=is_throttled or isinstance(verdict, Sent | Rejected | Doubted), now_s=now_s)
        if self._breaker.is_outage(now_s):
            minutes = round(self._settings.outage_limit_s / 60)
            message = f"nothing has worked for {minutes} minutes; run again when VTEX answers"
            self.stop(Stop(exit_code=6, reason=Reason.OUTAGE, message=message))
