"""Records beside the ledger, to be had again in order: sorted in memory a few thousand at a time, and merged at the end.

A record is one text, its parts in the order by which it is sorted. SQLite could sort rows, but it takes thrice as long to come to
it and back; so what it keeps is pages of texts, in a file that is nameless and never synced.
"""

from __future__ import annotations

import marshal
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import define

from vtex_tracking.ledger.sqlite.connection import LedgerFile

PART: Final = "\x1f"  # between the parts of a record: less than every character that they hold

_PAGE_MAX: Final = 250  # records
_PAGE_CHARACTERS_MAX: Final = 50_000
_RUNS_MAX: Final = 50  # that are merged at once: of each, a page is in memory

_TABLE: Final = """
DROP TABLE IF EXISTS temp.intake;
CREATE TEMP TABLE intake (page INTEGER PRIMARY KEY, records BLOB NOT NULL) STRICT;
"""
_WRITE: Final = "INSERT OR REPLACE INTO temp.intake VALUES (?, ?)"
_READ: Final = "SELECT records FROM temp.intake WHERE page = ?"


@define
class _Reading:
    """A run that is being read: the pages still to come, and what was not yet taken of the last one."""

    pages: Iterator[list[str]]
    records: list[str]

    def take(self, last: str) -> list[str]:
        """The records that come no later than this one."""
        cut = bisect_right(self.records, last)
        taken = self.records[:cut]
        del self.records[:cut]
        return taken

    def is_at_end(self) -> bool:
        """Whether nothing is left, of any page."""
        self.records = self.records or next(self.pages, [])
        return not self.records


class Staging:
    """Any number of records, few of them in memory."""

    def __init__(self, ledger: LedgerFile) -> None:
        self._ledger = ledger
        self._runs: list[range] = []  # the pages of each
        with ledger.reading() as sql:
            sql.executescript(_TABLE)

    def add(self, records: list[str]) -> None:
        """Keep these; the list is the caller's no more."""
        if records:
            records.sort()
            self._runs.append(self._write([records], first_page=self._end_page()))

    def in_order(self) -> Iterator[list[str]]:
        """All records, some hundreds at a time; as often as it is asked for.

        What is merged for that stands behind the runs, and is written over by what comes next.
        """
        end_page, runs = self._end_page(), self._runs
        while len(runs) > _RUNS_MAX:
            run = self._write(self._merged(runs[:_RUNS_MAX]), first_page=end_page)
            runs, end_page = [*runs[_RUNS_MAX:], run], run.stop
        yield from self._merged(runs)

    def _end_page(self) -> int:
        return self._runs[-1].stop if self._runs else 1

    def _write(self, blocks: Iterable[list[str]], *, first_page: int) -> range:
        """A run of these blocks, which are in order."""
        page = first_page
        with self._ledger.reading() as sql:
            for block in blocks:
                count = _page_of(block)
                pages = [marshal.dumps(block[first : first + count]) for first in range(0, len(block), count)]
                sql.executemany(_WRITE, enumerate(pages, page))
                page += len(pages)
        return range(first_page, page)

    def _merged(self, runs: Sequence[range]) -> Iterator[list[str]]:
        """What comes first of each run is taken, and sorted, which finds that most of it is in order already."""
        readings = [_Reading(self._read(run), []) for run in runs]
        while readings := [reading for reading in readings if not reading.is_at_end()]:
            last = min(reading.records[-1] for reading in readings)
            block: list[str] = []
            for reading in readings:
                block += reading.take(last)
            block.sort()
            self._ledger.go_on()
            yield block

    def _read(self, run: range) -> Iterator[list[str]]:
        for page in run:
            with self._ledger.reading() as sql:
                (records,) = sql.execute(_READ, (page,)).fetchone()
            yield marshal.loads(records)  # noqa: S302 - our own bytes of a moment ago


def _page_of(records: Sequence[str]) -> int:
    """How many of such records make a page: fewer, where they are long."""
    characters = sum(map(len, records))
    return min(_PAGE_MAX, _PAGE_CHARACTERS_MAX * len(records) // characters + 1)
