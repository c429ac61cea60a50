"""A feed that a test holds in its hand: the command reads it from a FIFO, as far as the test has written it."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path


class Fifo:
    """A FIFO at this path, in a folder that is made for it. Writing waits, in a thread, until the command has opened it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        os.mkfifo(path)
        self.path = path
        self._writing: asyncio.Task[None] | None = None

    def offer(self, text: str) -> None:
        """Begin to write a whole feed and its end."""
        self._writing = asyncio.create_task(asyncio.to_thread(self._write, text))

    async def taken(self) -> None:
        """Return when the command has opened the FIFO, and all that was offered is in it."""
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def open(self) -> int:
        """Return a descriptor to write to, when the command has opened the FIFO."""
        return await asyncio.to_thread(os.open, self.path, os.O_WRONLY)

    async def let_go(self) -> None:
        """Release a thread whose reader never came, or is gone."""
        if self._writing is not None:
            reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            await self._writing
            os.close(reader)
            self._writing = None

    def _write(self, text: str) -> None:
        with suppress(BrokenPipeError):
            self.path.write_text(text, encoding="utf-8")
