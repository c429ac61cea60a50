"""A transport without a wire: what a run costs beside its requests."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from vtex_tracking.model import Receipt
from vtex_tracking.push.body import Content
from vtex_tracking.push.wire import Answer, Request

_TAKEN: Final = Answer(
    status=200, content=Content.JSON, receipt=Receipt(receipt="f67d33a8", date="2026-03-10T12:00:00Z")
)


class PromptTransport:
    """Answers every request at once, with a receipt, and remembers when the first one came."""

    def __init__(self) -> None:
        self.first_s: float | None = None

    async def put(self, _request: Request) -> Answer:
        """Take anything."""
        if self.first_s is None:
            self.first_s = time.perf_counter()
        await asyncio.sleep(0)
        return _TAKEN
