"""A disk under the real SQLite that does as a test says: it sees every write, cut and sync, and may refuse one or be the end.

It is a VFS of SQLite's (https://www.sqlite.org/vfs.html) that hands everything on to the usual one, put in place with ctypes. It
stays for the rest of the process, so it belongs into processes of its own.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final

EIO_OF_SYNC: Final = 10 | (4 << 8)  # SQLITE_IOERR_FSYNC
_OK: Final = 0

_POINTER: Final = ctypes.c_void_p
_OPEN: Final = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, _POINTER, ctypes.c_int, _POINTER)
_WRITE: Final = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, ctypes.c_int, ctypes.c_int64)
_CUT: Final = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_int64)
_SYNC: Final = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_int)


class Operation(Enum):
    """What SQLite does to a file so that it changes, or stays changed."""

    WRITE = "write"
    CUT = "cut"
    SYNC = "sync"


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`, version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("close", _POINTER),
        ("read", _POINTER),
        ("write", _WRITE),
        ("cut", _CUT),
        ("sync", _SYNC),
        ("others", _POINTER * 13),
    )


class _File(ctypes.Structure):
    """`sqlite3_file`, as far as it is public."""

    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("path_max", ctypes.c_int),
        ("next", _POINTER),
        ("name", ctypes.c_char_p),
        ("data", _POINTER),
        ("open", _OPEN),
        ("others", _POINTER * 15),
    )


def watch_disk(ledger: Path, *, decide: Callable[[Operation, Path], int]) -> None:
    """From now on `decide` is asked before each operation on a ledger and what lies beside it: SQLite's error code, or 0 to go on."""
    _IN_PLACE.append(_WatchedDisk(ledger, decide=decide))


class _WatchedDisk:
    def __init__(self, ledger: Path, *, decide: Callable[[Operation, Path], int]) -> None:
        self._ledger = os.fsencode(ledger)
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        usual = library.sqlite3_vfs_find(None)
        self._usual_vfs = usual
        self._usual_open = usual.contents.open
        self._watched: dict[int, _Methods] = {}  # by the place of the usual ones: there is a set for each kind of file
        self._paths: dict[int, Path] = {}
        self._decide = decide
        self._vfs = _Vfs()
        ctypes.pointer(self._vfs)[0] = usual.contents
        self._vfs.name = b"watched"
        self._vfs.open = _OPEN(self._open)
        library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)

    # the name stays a pointer: what SQLite reads behind its end is part of it
    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out_flags: int) -> int:
        code: int = self._usual_open(ctypes.cast(self._usual_vfs, _POINTER), name, file, flags, out_flags)
        if code == _OK and name is not None and ctypes.string_at(name).startswith(self._ledger):
            opened = ctypes.cast(file, ctypes.POINTER(_File)).contents
            opened.methods = ctypes.pointer(self._watching(opened.methods.contents))
            self._paths[file] = Path(os.fsdecode(ctypes.string_at(name)))
        return code

    def _watching(self, usual: _Methods) -> _Methods:
        watched = self._watched.get(ctypes.addressof(usual))
        if watched is None:
            watched = self._watched[ctypes.addressof(usual)] = _Methods()
            ctypes.pointer(watched)[0] = usual
            watched.write = _WRITE(lambda file, *more: self._ask(Operation.WRITE, file) or usual.write(file, *more))
            watched.cut = _CUT(lambda file, *more: self._ask(Operation.CUT, file) or usual.cut(file, *more))
            watched.sync = _SYNC(lambda file, *more: self._ask(Operation.SYNC, file) or usual.sync(file, *more))
        return watched

    def _ask(self, operation: Operation, file: int) -> int:
        return self._decide(operation, self._paths[file])


_IN_PLACE: Final[list[_WatchedDisk]] = []  # SQLite goes on calling them
