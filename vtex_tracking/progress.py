"""How far a run is, for whoever looks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from attrs import frozen

from vtex_tracking.feed import FeedReader
from vtex_tracking.push.pusher import Pusher

_HORIZON_S: Final = 10.0  # the rate shown is that of so long
_SAMPLES_MAX: Final = 200


@frozen
class _Sample:
    at_s: float
    requests: int


class Phase(StrEnum):
    """What a run is doing."""

    READING = "reading"
    GATHERING = "gathering"
    SENDING = "sending"
    REPORTING = "reporting"
    ENDED = "ended"


class Progress:
    """Live numbers of one run; reading them costs it nothing. `clock_s` is any clock that only goes forward."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._samples: deque[_Sample] = deque([_Sample(clock_s(), 0)], maxlen=_SAMPLES_MAX)
        self.phase = Phase.READING
        self.reading: FeedReader | None = None
        self.pusher: Pusher | None = None
        self.records = 0
        self.invoices = 0  # to send in this run

    @property
    def bytes_read(self) -> int:
        """Of the feed that is read now, before gunzip."""
        return 0 if self.reading is None else self.reading.bytes_read

    @property
    def bytes_total(self) -> int | None:
        """Size of the feed that is read now; None where nobody can know it."""
        return None if self.reading is None else self.reading.size_bytes

    @property
    def requests(self) -> int:
        """Requests so far."""
        return 0 if self.pusher is None else self.pusher.traffic.requests

    @property
    def retries(self) -> int:
        """Requests that were not an update's first."""
        return 0 if self.pusher is None else self.pusher.traffic.retries

    @property
    def in_flight(self) -> int:
        """Requests that wait for their answer."""
        return 0 if self.pusher is None else self.pusher.traffic.in_flight

    @property
    def waiting(self) -> int:
        """Updates in backoff, or in a quiet period."""
        return 0 if self.pusher is None else self.pusher.traffic.waiting

    @property
    def done(self) -> int:
        """Updates that this run is done with."""
        return 0 if self.pusher is None else self.pusher.traffic.settled

    @property
    def paused_s(self) -> float:
        """How long the account still rests."""
        return 0.0 if self.pusher is None else self.pusher.paused_s

    @property
    def rate_per_s(self) -> float:
        """Requests a second of late, measured between looks."""
        now_s = self._clock_s()
        self._samples.append(_Sample(now_s, self.requests))
        while now_s - self._samples[0].at_s > _HORIZON_S and self._samples[1].at_s < now_s:
            self._samples.popleft()
        first = self._samples[0]
        return (self.requests - first.requests) / (now_s - first.at_s) if now_s > first.at_s else 0.0

    @property
    def remaining_s(self) -> float | None:
        """How long it will take at this rate; None while nobody can know."""
        rate_per_s = self.rate_per_s
        if self.phase is not Phase.SENDING or rate_per_s <= 0:
            return None
        return (self.invoices - self.done) / rate_per_s + self.paused_s
