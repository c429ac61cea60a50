"""The command on a disk that stops to keep what is written: `python failing_disk.py LEDGER ENDING ORDERS LOG ARGUMENT…`.

As soon as the file ORDERS is there, syncs of LEDGER, or with an ENDING of what lies beside it, are refused with EIO. LOG has a line
for each write, cut and sync from the first refusal on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlite_disk import EIO_OF_SYNC, Operation, watch_disk

from vtex_tracking.cli.main import cli


def main() -> None:
    """Put the disk in place, and be the command."""
    _, ledger, ending, orders, log, *arguments = sys.argv
    refused = False

    def decide(operation: Operation, path: Path) -> int:
        nonlocal refused
        is_refused = operation is Operation.SYNC and str(path) == f"{ledger}{ending}" and Path(orders).exists()
        refused = refused or is_refused
        if refused:
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(f"{operation.value} {path.name}\n")
        return EIO_OF_SYNC if is_refused else 0

    watch_disk(Path(ledger), decide=decide)
    cli(arguments, prog_name="vtex-tracking")


if __name__ == "__main__":
    main()
