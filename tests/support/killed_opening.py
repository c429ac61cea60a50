"""Open a ledger again and again, each time killed a step later: `python killed_opening.py LEDGER FOLDER`.

The copy that was being opened when the process was killed before what would have been step N is left in FOLDER/N, until one is
opened to its end. A step is whatever SQLite does to a file.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from sqlite_disk import Operation, watch_disk

from vtex_tracking.ledger.sqlite.connection import LedgerFile


def main() -> None:
    """Every step is the last of one process."""
    ledger, folder = map(Path, sys.argv[1:])
    for number in count(1):
        place = folder / str(number)
        place.mkdir()
        shutil.copy(ledger, place)
        child = os.fork()
        if not child:
            _open(place / ledger.name, steps=number)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            sys.exit(os.waitstatus_to_exitcode(status))


def _open(ledger: Path, *, steps: int) -> None:
    done = 0

    def step(_operation: Operation, _path: Path) -> int:
        nonlocal done
        done += 1
        if done == steps:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    watch_disk(ledger, decide=step)
    LedgerFile(ledger)


if __name__ == "__main__":
    main()
