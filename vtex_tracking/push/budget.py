"""What retries may cost: they are paid from successes, so that a sick VTEX is asked less often, not more."""

from __future__ import annotations

from typing import Final

from attrs import define

TOKENS_MAX: Final = 500
RETRY_COST: Final = 14  # about as much as many successes; 35 retries in a row without one
THROTTLE_COST: Final = 5


@define
class Budget:
    """Full at first; every retry costs, every success gives one back. Who cannot pay has its turn after all others."""

    tokens: int = TOKENS_MAX

    def pays_retry(self, *, is_throttle: bool) -> bool:
        """Pay for one retry, after a 429 or after any other trouble; False, and nothing is paid, when it cannot be."""
        cost = THROTTLE_COST if is_throttle else RETRY_COST
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True

    def succeeded(self) -> None:
        """An update was sent."""
        self.tokens = min(TOKENS_MAX, self.tokens + 1)
