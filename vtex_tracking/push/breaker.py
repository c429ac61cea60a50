"""When to stop asking: how long nothing has worked."""

from __future__ import annotations

from attrs import define


@define
class Breaker:
    """Knows since when every attempt has failed. Times are seconds of one clock, handed in."""

    outage_limit_s: float
    failing_since_s: float | None = None

    def note(self, *, has_worked: bool, now_s: float) -> None:
        """An attempt ended: VTEX spoke of the invoice, or it did not."""
        if has_worked:
            self.failing_since_s = None
        elif self.failing_since_s is None:
            self.failing_since_s = now_s

    def is_outage(self, now_s: float) -> bool:
        """Nothing has worked for longer than an outage may last."""
        return self.failing_since_s is not None and now_s - self.failing_since_s >= self.outage_limit_s
