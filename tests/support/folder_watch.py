"""Waiting for what another process does with files, without looking again and again. Linux, whose inotify this is."""

from __future__ import annotations

import asyncio
import ctypes
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_CREATE: Final = 0x100
_MODIFY: Final = 0x2
_HEADER_BYTES: Final = 16  # watch, mask, cookie, length: four numbers of four bytes; then the name
_READ_BYTES: Final = 64 << 10


class FolderWatch:
    """What is made in a folder, and grows there, from now on."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0 or libc.inotify_add_watch(self._fd, os.fsencode(folder), _CREATE | _MODIFY) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
        self._folder = folder
        self._names: list[str] = []
        self._changed = asyncio.Event()

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._fd, self._read)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)

    async def made(self, prefix: str) -> None:
        """Return when a file whose name begins so has been made."""
        while not any(name.startswith(prefix) for name in self._names):
            await self._change()

    async def grown(self, name: str, *, bytes_min: int) -> None:
        """Return when the file of this name has at least so many bytes."""
        path = self._folder / name
        while not path.exists() or path.stat().st_size < bytes_min:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _read(self) -> None:
        events = os.read(self._fd, _READ_BYTES)
        while events:
            name_end = _HEADER_BYTES + int.from_bytes(events[12:_HEADER_BYTES], "little")
            if int.from_bytes(events[4:8], "little") & _CREATE:
                self._names.append(os.fsdecode(events[_HEADER_BYTES:name_end].rstrip(b"\0")))
            events = events[name_end:]
        self._changed.set()
