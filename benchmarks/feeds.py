"""Feeds to measure with: ten different events for three invoices, in order or in none, or one event for each.

`python feeds.py shuffled|sorted|single RECORDS FEED` writes one; its suffix says which format.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

COLUMNS: Final = ("order_id", "invoice_number", "date", "city", "state", "description")
INVOICES_PER_TEN: Final = 3
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def invoices_of(records: int) -> int:
    """How many invoices a feed of so many records tells of."""
    return max(1, records * INVOICES_PER_TEN // 10)


def write_feed(path: Path, *, records: int, is_shuffled: bool = True) -> int:
    """Write a feed of so many different events, as the path's suffix says; return how many invoices they tell of.

    In order, the events of an invoice stand together, the earliest first.
    """
    invoices = invoices_of(records)
    numbers: Iterable[int]
    if is_shuffled:
        numbers = array("L", range(records))
        random.Random(records).shuffle(numbers)
    else:
        numbers = (number for first in range(invoices) for number in range(first, records, invoices))
    _write(path, (_record(number, invoices=invoices) for number in numbers))
    return invoices


def write_single_events(path: Path, *, invoices: int) -> None:
    """Write a feed with one event for each of so many invoices, in no order."""
    numbers = array("L", range(invoices))
    random.Random(invoices).shuffle(numbers)
    _write(path, (_record(number, invoices=invoices) for number in numbers))


def _record(number: int, *, invoices: int) -> tuple[str, ...]:
    step, invoice = divmod(number, invoices)
    moment = _START + timedelta(hours=6 * step, seconds=invoice % 3600)
    ids = f"{1_000_000_000_000 + invoice}-01", f"{invoice:09d}"
    return (*ids, moment.isoformat(" ")[:19], "Curitiba", "PR", f"Objeto em trânsito, etapa {step + 1}")


def _write(path: Path, records: Iterator[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(records)
        else:
            _write_objects(file, records)


def _write_objects(file: TextIO, records: Iterator[Sequence[str]]) -> None:
    text_of = json.JSONEncoder(ensure_ascii=False).encode
    file.writelines(f"{text_of(dict(zip(COLUMNS, record, strict=True)))}\n" for record in records)


def main(kind: str, records: int, path: Path) -> None:
    """Write one."""
    if kind == "single":
        write_single_events(path, invoices=records)
    else:
        write_feed(path, records=records, is_shuffled=kind == "shuffled")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
