"""One at a time for each order: VTEX promises nothing about two updates of one order at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define, field


@define
class _Turn:
    lock: asyncio.Lock = field(factory=asyncio.Lock)
    holders: int = 0  # who has it and who waits for it


class Orders:
    """Turns by order id; an order that nobody asks for costs nothing."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    @asynccontextmanager
    async def turn(self, order_id: str) -> AsyncIterator[None]:
        """Hold this order's turn, in the order of asking."""
        turn = self._turns.setdefault(order_id, _Turn())
        turn.holders += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.holders -= 1
            if turn.holders == 0:
                del self._turns[order_id]
