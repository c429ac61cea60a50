"""One at a time for each order: VTEX promises nothing about two updates of one order at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Orders:
    """Turns by order id, in the order of asking; an order that nobody asks for costs nothing."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Callable[[], None]] | None] = {}  # for each order that is held; None: nobody

    def take_now(self, order_id: str) -> bool:
        """Have the turn, unless somebody has it."""
        if order_id in self._waiting:
            return False
        self._waiting[order_id] = None
        return True

    def take(self, order_id: str, *, then: Callable[[], None]) -> bool:
        """Have the turn now; or False, and `then` is called as soon as you have it."""
        if self.take_now(order_id):
            return True
        waiting = self._waiting[order_id]
        if waiting is None:
            waiting = self._waiting[order_id] = deque()
        waiting.append(then)
        return False

    def give(self, order_id: str) -> None:
        """Give the turn to who asked first."""
        waiting = self._waiting[order_id]
        if waiting:
            waiting.popleft()()
        else:
            del self._waiting[order_id]
