"""Where a ledger may lie, and who holds it: a plain file of ours, in a folder that others cannot write to, one run at a time."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vtex_tracking.errors import LedgerBusyError, LedgerError
from vtex_tracking.ledger.mounts import filesystem_of, is_network

MOUNTS: Final = Path("/proc/self/mountinfo")
_HOLDER_BYTES_MAX: Final = 300
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OURS: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


def lock(path: Path) -> int:
    """Hold `PATH.lock` until the descriptor closes; whose it is stands in it. The file's mere existence means nothing."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.parent.stat().st_mode & stat.S_IWOTH:  # where anyone could put another file in its place
            raise LedgerError(f"{path.parent}: anyone can write to this folder; keep the ledger in one of your own")
        fd = os.open(f"{path}.lock", _OURS | os.O_CREAT, 0o600)
    except OSError as error:
        raise LedgerError(f"{path}: cannot be locked ({error.strerror}); name another with --ledger") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(fd, _HOLDER_BYTES_MAX, 0).decode(errors="replace").strip() or "unknown"
        os.close(fd)
        raise LedgerBusyError(f"{path}: another run holds this ledger ({holder}); wait for its end") from None
    except OSError as error:
        os.close(fd)
        raise LedgerError(f"{path}: cannot be locked ({error.strerror}); name another with --ledger") from error
    with suppress(OSError):  # the lock holds without a word in it, as on a full disk
        os.ftruncate(fd, 0)
        holder = f"pid {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
        os.pwrite(fd, holder.encode(), 0)
    return fd


def place_safely(path: Path) -> None:
    """A ledger is a plain file of ours, mode 0600, whoever made it and however; so is the journal beside it.

    To be called before SQLite opens it: closing any descriptor of a file gives up the locks that SQLite has on it.
    """
    try:
        _make_ours(path, flags=os.O_CREAT)
        with suppress(FileNotFoundError):
            _make_ours(journal_of(path), flags=0)
    except OSError as error:
        raise LedgerError(
            f"{path}: cannot be opened as a ledger ({error.strerror}); name another with --ledger"
        ) from error


def journal_of(path: Path) -> Path:
    """Where SQLite keeps what is not folded into the ledger yet."""
    return Path(f"{path}-wal")


def size_bytes(path: Path) -> int:
    """The size of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def network_filesystem_of(path: Path, *, mounts: Path = MOUNTS) -> str | None:
    """The kind of file system that a ledger reaches over a network; None on a disk of this machine, or where nobody knows."""
    try:
        text = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    filesystem = filesystem_of(str(path.resolve()), mountinfo=text)
    return filesystem if is_network(filesystem) else None


def _make_ours(path: Path, *, flags: int) -> None:
    fd = os.open(path, _OURS | flags, 0o600)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise LedgerError(f"{path}: is not a file of this user; name another with --ledger")
        if found.st_mode & _OTHERS:
            os.fchmod(fd, 0o600)
    finally:
        os.close(fd)
