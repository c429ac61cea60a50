"""Runs, past and present: what a report is written from."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

import cattrs
from attrs import asdict, frozen

from vtex_tracking.errors import LedgerError, SettingsError
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.endings import Ending, endings_of, first_of
from vtex_tracking.ledger.sqlite.outcomes import Roll, Which, outcomes, outcomes_of, utc_text
from vtex_tracking.ledger.sqlite.traffic import Traffic, traffic_of
from vtex_tracking.ledger.sqlite.warned import keep_warnings, warning_counts
from vtex_tracking.model import (
    Counts,
    Defect,
    FeedInfo,
    FeedWarning,
    Outcome,
    OutcomeKind,
    Reason,
    RunRecord,
    Summary,
    TopReason,
)

_PAGE: Final = 1000  # rows in memory at once
_TOP: Final = 5

_IN_ORDER: Final = ("sent", "unchanged")  # nobody asks why
# A copy of this ledger may be in use where it came from; NULL where the host is the same.
_HOST_BEFORE: Final = """
SELECT (SELECT nullif(before.host, this.host) FROM runs AS before WHERE before.run_no < this.run_no
    ORDER BY before.run_no DESC LIMIT 1)
FROM runs AS this WHERE this.run_no = :run_no
"""

T = TypeVar("T", Defect, FeedWarning)


@frozen(kw_only=True)
class Beginning:
    """What a run set out with."""

    run_id: str
    account: str
    version: str
    settings: dict[str, object]
    started_at: str
    feeds: tuple[FeedInfo, ...]


class History:
    """One run in the ledger, from its beginning to its summary."""

    def __init__(self, ledger: LedgerFile, *, run_no: int, run_id: str) -> None:
        self._ledger = ledger
        self.run_no = run_no
        self.run_id = run_id

    def beginning(self) -> Beginning:
        """What the run set out with."""
        query = "SELECT account, version, settings, started_at, feeds FROM runs WHERE run_no = ?"
        with self._ledger.reading() as sql:
            account, version, settings, started_at, feeds = sql.execute(query, (self.run_no,)).fetchone()
        return Beginning(
            run_id=self.run_id,
            account=account,
            version=version,
            settings=json.loads(settings),
            started_at=started_at,
            feeds=cattrs.structure(json.loads(feeds), tuple[FeedInfo, ...]),
        )

    def finish(self, summary: Summary) -> None:
        """Remember how the run ended."""
        with self._ledger.transaction() as sql:
            document = json.dumps(cattrs.unstructure(summary))
            values = (summary.finished_at, document, summary.exit_code, self.run_no)
            sql.execute("UPDATE runs SET finished_at = ?, summary = ?, exit_code = ? WHERE run_no = ?", values)

    def endings(self) -> list[Ending]:
        """Each way in which invoices of the run have ended, the most frequent first."""
        with self._ledger.reading() as sql:
            return endings_of(sql, run_no=self.run_no)

    def counts(self, endings: Sequence[Ending] | None = None) -> Counts:
        """The accounts, as the tables have them: every invoice counts, also one with an outcome that nobody knows.

        `endings` are asked for where they are not known yet.
        """
        with self._ledger.reading() as sql:
            read = sql.execute(
                "SELECT records, events, duplicates, (SELECT count(*) FROM defects WHERE defects.run_no = runs.run_no) "
                "FROM runs WHERE run_no = ?",
                (self.run_no,),
            ).fetchone()
        records, events, duplicates, defects = read
        ended: Counter[str] = Counter()
        for ending in self.endings() if endings is None else endings:
            ended[ending.outcome] += ending.invoices
        return Counts(
            records=records,
            events=events,
            duplicates=duplicates,
            defects=defects,
            invoices=ended.total(),
            **{kind.value: ended[kind.value] for kind in OutcomeKind},
        )

    def traffic(self) -> Traffic:
        """What was put on the wire."""
        return traffic_of(self._ledger, run_no=self.run_no)

    def top_reasons(self, endings: Sequence[Ending] | None = None) -> tuple[TopReason, ...]:
        """The most frequent reasons why something was not sent, each with its first invoice.

        `endings` are asked for where they are not known yet.
        """
        listed = self.endings() if endings is None else endings
        top = [ending for ending in listed if ending.outcome not in _IN_ORDER][:_TOP]
        with self._ledger.reading() as sql:
            firsts = [first_of(sql, run_no=self.run_no, seq=ending.first_seq) for ending in top]
        return tuple(
            TopReason(
                outcome=OutcomeKind(ending.outcome),
                reason=Reason(ending.reason),
                count=ending.invoices,
                order_id=order_id,
                invoice_number=invoice_number,
                first_place=first_place,
            )
            for ending, (order_id, invoice_number, first_place) in zip(top, firsts, strict=True)
        )

    def top_defects(self) -> dict[str, int]:
        """How often each code of defect came, the most frequent first."""
        query = "SELECT code, count(*) FROM defects WHERE run_no = ? GROUP BY code ORDER BY 2 DESC, 1 LIMIT ?"
        with self._ledger.reading() as sql:
            return dict(sql.execute(query, (self.run_no, _TOP)))

    def outcomes(self, which: Which = "all") -> Iterator[Outcome]:
        """Every invoice of the run, in the order of the feed, a page in memory at a time.

        `known at once` are those that needed no request, `left over` those that the run did not finish.
        """
        return outcomes(self._ledger, run_no=self.run_no, run_id=self.run_id, which=which)

    def roll(self) -> Roll:
        """The same invoices, to be had while the run is still going on."""
        return Roll(self._ledger, run_no=self.run_no, run_id=self.run_id)

    def outcomes_of(self, seqs: Sequence[int]) -> list[Outcome]:
        """These invoices of the run, in this order."""
        return outcomes_of(self._ledger, run_no=self.run_no, run_id=self.run_id, seqs=seqs)

    def defects(self) -> Iterator[Defect]:
        """Every defect of the run, in the order of the feed, a page in memory at a time."""
        return self._documents("defects", of=Defect)

    def keep_warnings(self, warnings: Iterable[FeedWarning]) -> None:
        """Remember these beside those that are kept already, in this order."""
        listed = list(warnings)
        counts = Counter(warning.code for warning in listed)
        with self._ledger.transaction() as sql:
            keep_warnings(sql, run_no=self.run_no, listed=listed, counts=counts)

    def warnings(self) -> Iterator[FeedWarning]:
        """What is doubtful about the feeds, in the order in which it was kept, as far as it is listed."""
        return self._documents("warnings", of=FeedWarning)

    def warning_counts(self) -> dict[str, int]:
        """How often each code of a warning came, the most frequent first."""
        with self._ledger.reading() as sql:
            return warning_counts(sql, run_no=self.run_no)

    def host_before(self) -> str | None:
        """The machine that the run before this one was made on, where it is not this run's own."""
        with self._ledger.reading() as sql:
            (found,) = sql.execute(_HOST_BEFORE, {"run_no": self.run_no}).fetchone()
        return None if found is None else str(found)

    def summary(self) -> Summary | None:
        """How the run ended; None for one that was cut short."""
        with self._ledger.reading() as sql:
            (document,) = sql.execute("SELECT summary FROM runs WHERE run_no = ?", (self.run_no,)).fetchone()
        return None if document is None else cattrs.structure(json.loads(document), Summary)

    def _documents(self, table: Literal["defects", "warnings"], *, of: type[T]) -> Iterator[T]:
        query = f"SELECT number, document FROM {table} WHERE run_no = ? AND number > ? ORDER BY number LIMIT ?"  # noqa: S608
        after = 0
        while rows := self._page(query, after=after):
            for _number, document in rows:
                yield cattrs.structure(json.loads(document), of)
            after = rows[-1][0]

    def _page(self, query: str, *, after: int) -> list[tuple[Any, ...]]:
        with self._ledger.reading() as sql:
            return sql.execute(query, (self.run_no, after, _PAGE)).fetchall()


def begin_run(
    ledger: LedgerFile,
    *,
    run_id: str,
    account: str,
    version: str,
    settings: Mapping[str, object],
    feeds: Sequence[FeedInfo],
    started_s: float,
) -> History:
    """Enter a run into the ledger. Raises SettingsError where it has one of that name."""
    who = (run_id, account, socket.gethostname(), os.getpid(), version)
    how = (json.dumps(settings), utc_text(started_s), json.dumps([asdict(feed) for feed in feeds]))
    try:
        with ledger.transaction() as sql:
            (run_no,) = sql.execute(
                "INSERT INTO runs (run_id, account, host, pid, version, settings, started_at, feeds) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING run_no",
                (*who, *how),
            ).fetchone()
    except sqlite3.IntegrityError as error:
        raise SettingsError(f"{ledger.name}: has a run {run_id} already; give each run an id of its own") from error
    return History(ledger, run_no=run_no, run_id=run_id)


def find_run(ledger: LedgerFile, *, run_id: str | None) -> History:
    """A past run by its id, or the latest. Raises LedgerError when there is none."""
    with ledger.reading() as sql:
        row = sql.execute(
            "SELECT run_no, run_id FROM runs WHERE run_id = ? OR ? IS NULL ORDER BY run_no DESC LIMIT 1",
            (run_id, run_id),
        ).fetchone()
    if row is None:
        raise LedgerError(f"{ledger.name}: has no run {run_id or 'yet'}; `vtex-tracking runs` lists those it has")
    return History(ledger, run_no=row[0], run_id=row[1])


def past_runs(ledger: LedgerFile, *, account: str | None) -> tuple[RunRecord, ...]:
    """Every run that the ledger remembers, the latest first."""
    with ledger.reading() as sql:
        rows = sql.execute(
            "SELECT run_id, account, started_at, finished_at, feeds, summary, exit_code FROM runs "
            "WHERE account = ? OR ? IS NULL ORDER BY run_no DESC",
            (account, account),
        ).fetchall()
    return tuple(
        RunRecord(
            run_id=run_id,
            account=owner,
            started_at=started_at,
            finished_at=finished_at,
            feeds=tuple(feed["name"] for feed in json.loads(feeds)),
            counts=None if summary is None else cattrs.structure(json.loads(summary)["counts"], Counts),
            exit_code=exit_code,
        )
        for run_id, owner, started_at, finished_at, feeds, summary, exit_code in rows
    )
