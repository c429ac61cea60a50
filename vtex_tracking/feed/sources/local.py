"""Sources on this machine: files, pipes and standard input."""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import sys
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import escaped
from vtex_tracking.feed.sources.opened import CHUNK_BYTES, Opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

STDIN: Final = "-"
PATIENCE_MS: Final = 200  # with what is silent, before it is asked whether to go on

_PROBLEMS: Final = {
    errno.ENOENT: "does not exist; check the name",
    errno.EACCES: "may not be read; check its permissions",
    errno.ELOOP: "is a symbolic link that leads back to itself",
    errno.EISDIR: "is a folder; name the files in it, such as folder/*.csv",
}


@contextmanager
def open_local(name: str, *, go_on: Callable[[], None]) -> Iterator[Opened]:
    """A file, a FIFO or `-`, open. Raises FeedError where it is none of these or cannot be read.

    While a pipe has nothing to say, `go_on` is asked several times a second, and raises what should end the wait.
    """
    try:
        with _open(name) as file:
            yield _opened(file, name=name, go_on=go_on)
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from None


def identity_of(name: str) -> object:
    """The same for two names of one file; a file that cannot be read raises FeedError."""
    if name == STDIN:
        return STDIN
    try:
        status = Path(name).stat()
        _check_kind(name, status)
        if stat.S_ISREG(status.st_mode):
            with Path(name).open("rb"):
                pass
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from None
    return status.st_dev, status.st_ino


def version_of(name: str) -> object:
    """What changes when a file is written to, replaced or taken away."""
    try:
        status = Path(name).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def unreadable(name: str, error: OSError | ValueError) -> FeedError:
    """Why a file cannot be read, and what to do."""
    code = error.errno if isinstance(error, OSError) else None
    return FeedError(f"{escaped(name)} {_PROBLEMS.get(code or 0, f'cannot be read: {error}')}")


def _opened(file: BinaryIO, *, name: str, go_on: Callable[[], None]) -> Opened:
    try:
        status = os.fstat(file.fileno())
    except io.UnsupportedOperation:  # a standard input that someone put in place of the real one
        return Opened(read=partial(file.read, CHUNK_BYTES))
    if name != STDIN:
        _check_kind(name, status)
    if not stat.S_ISREG(status.st_mode):
        return Opened(read=partial(_read_pipe, file, go_on=go_on))
    read = partial(file.read, CHUNK_BYTES)
    if name == STDIN:
        return Opened(read=read, size_bytes=status.st_size)
    return Opened(read=read, size_bytes=status.st_size, version=partial(version_of, name))


def _read_pipe(file: BinaryIO, *, go_on: Callable[[], None]) -> bytes:
    waiting = select.poll()
    waiting.register(file, select.POLLIN)
    while not waiting.poll(PATIENCE_MS):
        go_on()
    return os.read(file.fileno(), CHUNK_BYTES)


def _check_kind(name: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise unreadable(name, OSError(errno.EISDIR, ""))
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        raise FeedError(f"{escaped(name)} is a device or a socket, not a file; use - for standard input")


def _open(name: str) -> AbstractContextManager[BinaryIO]:
    if name != STDIN:
        return open(name, "rb", opener=_open_at_once)
    if sys.stdin is None or sys.stdin.closed:
        raise FeedError("- is standard input, but it is closed; name a file instead")
    return nullcontext(sys.stdin.buffer)


def _open_at_once(name: str, flags: int) -> int:
    """Open a FIFO that nobody writes to yet without waiting for who will."""
    return os.open(name, flags | os.O_NONBLOCK)
