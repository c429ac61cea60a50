"""When to stop asking for a while: VTEX is let alone when hardly anything works, and tried again with one request."""

from __future__ import annotations

import math
from collections import Counter, deque
from enum import Enum, auto
from typing import Final, NamedTuple

from attrs import define, field

IN_A_ROW_MAX: Final = 10  # updates that failed with no success between them
RECENT_S: Final = 30.0
RECENT_MIN: Final = 20  # of fewer attempts half says nothing
RECENT_MAX: Final = 1000  # attempts that are remembered; at a high rate less than 30 s
OPEN_S: Final = 30.0
OPEN_MAX_S: Final = 300.0
TRIAL_ENDS: Final = 3  # successes close it; as many updates that fail open it again
TRIAL_SHARE: Final = 0.25  # of the rate


class _State(Enum):
    """Whether requests may go."""

    CLOSED = auto()  # all of them
    OPEN = auto()  # none until a moment, then one
    PROBING = auto()  # that one is on its way
    TRIAL = auto()  # some: it succeeded


class _Attempt(NamedTuple):
    at_s: float
    seq: int
    has_failed: bool


@define
class _Recent:
    """The attempts of the last 30 s. However often one update fails, it counts once."""

    attempts: deque[_Attempt] = field(factory=deque)
    failures: Counter[int] = field(factory=Counter)

    def add(self, attempt: _Attempt) -> None:
        self.attempts.append(attempt)
        if attempt.has_failed:
            self.failures[attempt.seq] += 1
        while len(self.attempts) > RECENT_MAX or self.attempts[0].at_s <= attempt.at_s - RECENT_S:
            self._forget(self.attempts.popleft())

    def is_half_failed(self) -> bool:
        return len(self.attempts) >= RECENT_MIN and 2 * len(self.failures) >= len(self.attempts)

    def _forget(self, attempt: _Attempt) -> None:
        if attempt.has_failed:
            self.failures[attempt.seq] -= 1
            if self.failures[attempt.seq] == 0:
                del self.failures[attempt.seq]


class Circuit:
    """Closed while things work. Opens when 10 updates in a row fail, or half of at least 20 attempts within 30 s.

    Then nothing goes for 30 s, and after that one probe; each probe that fails doubles the time, up to 300 s. One that
    succeeds begins a trial at a quarter of the rate, which 3 successes end well and 3 updates that fail end badly. A 429
    counts as neither, but is as good as a probe can get: VTEX is there, only busy. Moments are seconds of one clock.
    """

    def __init__(self, *, outage_limit_s: float) -> None:
        self._outage_limit_s = outage_limit_s
        self._state = _State.CLOSED
        self._changed_s = -math.inf  # since when it is in this state
        self._opened_s = math.inf  # since when nothing works
        self._until_s = 0.0  # when the next probe may go
        self._step_s = OPEN_S
        self._probe: int | None = None
        self._failing: set[int] = set()  # updates that failed with no success between them; of a trial, all that failed
        self._successes = 0  # of a trial
        self._recent = _Recent()

    @property
    def share(self) -> float:
        """How much of the rate may be used."""
        return TRIAL_SHARE if self._state is _State.TRIAL else 1.0

    def take(self, seq: int, *, now_s: float) -> float:
        """Give 0.0 when this update may be sent now; or else how long to wait before asking again, at most.

        The first to ask when the time is over is the probe, until its attempt ends or it leaves.
        """
        match self._state:
            case _State.CLOSED:  # first, as nearly always
                return 0.0
            case _State.OPEN if now_s < self._until_s:
                return self._until_s - now_s
            case _State.OPEN:
                self._probe = seq
                self._enter(_State.PROBING, now_s=now_s)
            case _State.PROBING if self._probe != seq:
                return math.inf
        return 0.0

    def left(self, seq: int, *, now_s: float) -> None:
        """An update makes no attempt, or one that says nothing; if it was the probe, another may try."""
        if self._state is _State.PROBING and self._probe == seq:
            self._enter(_State.OPEN, now_s=now_s)

    def throttled(self, seq: int, *, now_s: float) -> None:
        """Note a 429."""
        if self._state is _State.PROBING and self._probe == seq:
            self._begin_trial(now_s)

    def ended(self, seq: int, *, has_failed: bool, started_s: float, now_s: float) -> None:
        """Note the end of an attempt that was not throttled. One from before the last change comes too late to count."""
        match self._state:
            case _State.CLOSED if started_s >= self._changed_s:
                self._note(seq, has_failed=has_failed, now_s=now_s)
                if len(self._failing) >= IN_A_ROW_MAX or self._recent.is_half_failed():
                    self._open(now_s, step_s=OPEN_S)
            case _State.PROBING if self._probe == seq and has_failed:
                self._open(now_s, step_s=min(OPEN_MAX_S, 2 * self._step_s))
            case _State.PROBING if self._probe == seq:
                self._begin_trial(now_s)
            case _State.TRIAL if started_s >= self._changed_s:
                self._try(seq, has_failed=has_failed, now_s=now_s)

    def is_outage(self, now_s: float) -> bool:
        """Since it opened nothing has worked for as long as an outage may last."""
        return now_s - self._opened_s >= self._outage_limit_s

    def _note(self, seq: int, *, has_failed: bool, now_s: float) -> None:
        self._recent.add(_Attempt(now_s, seq, has_failed))
        if has_failed:
            self._failing.add(seq)
        else:
            self._failing.clear()

    def _try(self, seq: int, *, has_failed: bool, now_s: float) -> None:
        if has_failed:
            self._failing.add(seq)
        else:
            self._successes += 1
        if len(self._failing) >= TRIAL_ENDS:
            self._open(now_s, step_s=OPEN_S)
        elif self._successes >= TRIAL_ENDS:
            self._enter(_State.CLOSED, now_s=now_s)

    def _begin_trial(self, now_s: float) -> None:
        self._opened_s = math.inf
        self._enter(_State.TRIAL, now_s=now_s)

    def _open(self, now_s: float, *, step_s: float) -> None:
        self._opened_s = min(self._opened_s, now_s)
        self._step_s = step_s
        self._until_s = min(now_s + step_s, self._opened_s + self._outage_limit_s)
        self._enter(_State.OPEN, now_s=now_s)

    def _enter(self, state: _State, *, now_s: float) -> None:
        self._state, self._changed_s = state, now_s
        self._failing, self._successes, self._recent = set(), 0, _Recent()
