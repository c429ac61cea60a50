"""The disk under the ledger: what of it is still there after a kill, and after a power cut."""

from __future__ import annotations

import random
import sqlite3
from enum import Enum, auto
from pathlib import Path
from typing import Final

_SYNCED_AT_COMMIT: Final = 2  # PRAGMA synchronous = FULL, and what is above it
_SECTOR_BYTES: Final = 512


class Loss(Enum):
    """What a power cut does to bytes that were written and not synced."""

    ALL = auto()
    NONE = auto()
    TORN = auto()  # up to some byte they are there
    HOLED = auto()  # all but a sector of them


class Disk:
    """One ledger's files. In WAL mode only the journal is ever unsynced: SQLite syncs it before it touches the database.

    Which of it is synced is not asked of the code under test but of SQLite, and of what it does with that setting.
    """

    def __init__(self, folder: Path, *, chance: random.Random) -> None:
        self._folder = folder
        self._chance = chance
        self._place = 0
        self.ledger, self._journal = self._files()
        self._synced_bytes = 0
        self._sql: sqlite3.Connection | None = None

    def connected(self, sql: sqlite3.Connection) -> None:
        """The ledger is open, by this connection."""
        self._sql = sql

    def committed(self) -> None:
        """What was written is known to be on the disk, if whoever wrote it has asked for that."""
        try:
            journal_bytes = self._journal.stat().st_size
        except FileNotFoundError:
            journal_bytes = 0
        if self._is_synced_at_commit():
            self._synced_bytes = journal_bytes
        self._synced_bytes = min(self._synced_bytes, journal_bytes)

    def kill(self) -> None:
        """The process is gone; what it wrote is there. Its files stay where they are, and a copy goes on."""
        self._move(journal=self._read(self._journal))

    def cut_power(self) -> None:
        """The machine is gone, and with it what was not synced, or some of it."""
        journal = self._read(self._journal)
        self._synced_bytes = min(self._synced_bytes, len(journal))  # SQLite may have folded it in meanwhile
        unsynced = len(journal) - self._synced_bytes
        match self._chance.choice(list(Loss)):
            case Loss.ALL:
                journal = journal[: self._synced_bytes]
            case Loss.TORN if unsynced:
                journal = journal[: self._synced_bytes + self._chance.randrange(unsynced)]
            case Loss.HOLED if unsynced:
                start = self._synced_bytes + self._chance.randrange(unsynced)
                hole = journal[start : start + _SECTOR_BYTES]
                journal = journal[:start] + bytes(len(hole)) + journal[start + len(hole) :]
            case _:
                pass
        self._move(journal=journal)
        self._synced_bytes = len(journal)

    def _move(self, *, journal: bytes) -> None:
        database = self._read(self.ledger)
        self._sql = None
        self._place += 1
        self.ledger, self._journal = self._files()
        self.ledger.parent.mkdir(mode=0o700)
        if database:
            self.ledger.write_bytes(database)
        if journal:
            self._journal.write_bytes(journal)

    def _files(self) -> tuple[Path, Path]:
        ledger = self._folder / f"disk-{self._place}" / "ledger.db"
        return ledger, Path(f"{ledger}-wal")

    @staticmethod
    def _read(path: Path) -> bytes:
        return path.read_bytes() if path.exists() else b""

    def _is_synced_at_commit(self) -> bool:
        if self._sql is None:
            return False
        try:
            (level,) = self._sql.execute("PRAGMA synchronous").fetchone()
        except sqlite3.ProgrammingError:  # it is closed, its journal folded in
            return True
        return int(level) >= _SYNCED_AT_COMMIT
