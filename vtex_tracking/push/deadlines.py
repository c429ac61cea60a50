"""Time limits for many tasks at once, which one timer keeps."""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Self


class Deadlines:
    """Cuts off who takes too long, as `asyncio.timeout` does, which for each request makes a timer and throws it away."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings_s = math.inf

    def until(self, at_s: float) -> Deadline:
        """What is done inside raises TimeoutError when it is not done by that moment of the loop's time."""
        return Deadline(self, at_s)

    def now_s(self) -> float:
        """The loop's time."""
        return self._loop.time()

    def begin(self, deadline: Deadline) -> None:
        """Watch it from now on."""
        self._running[deadline] = None
        self.heed(deadline.at_s)

    def end(self, deadline: Deadline) -> None:
        """Watch it no more. The timer stays as it is set: at worst it rings for nobody."""
        del self._running[deadline]

    def heed(self, at_s: float) -> None:
        """Look at all of them at this moment at the latest."""
        if at_s < self._rings_s:
            self.close()
            self._rings_s = at_s
            self._timer = self._loop.call_at(at_s, self._ring)

    def close(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings_s = None, math.inf

    def _ring(self) -> None:
        self._timer, self._rings_s = None, math.inf
        now_s = self.now_s()
        next_s = math.inf
        for deadline in self._running:
            if deadline.at_s > now_s:
                next_s = min(next_s, deadline.at_s)
            else:
                deadline.expire()
        if next_s < math.inf:
            self.heed(next_s)


class Deadline:
    """Until when the task that is inside may be there."""

    __slots__ = ("_cancelling", "_deadlines", "_is_expired", "_task", "at_s")

    def __init__(self, deadlines: Deadlines, at_s: float) -> None:
        self._deadlines = deadlines
        self._is_expired = False
        self.at_s = at_s

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - what awaits is in a task
        self._task, self._cancelling = task, task.cancelling()
        self._deadlines.begin(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._deadlines.end(self)
        # Who was cancelled by somebody else as well stays cancelled.
        if self._is_expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def come_nearer(self, limit_s: float) -> None:
        """It is so many seconds from now, if that is earlier than it was."""
        self.at_s = min(self.at_s, self._deadlines.now_s() + limit_s)
        self._deadlines.heed(self.at_s)

    def expire(self) -> None:
        """Cut the task off; once is enough."""
        if not self._is_expired:
            self._is_expired = True
            self._task.cancel()
