"""Rules taken away, one at a time: what the package would be without it. A simulation that still passes proves nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final
from unittest import mock

from attrs import evolve

from vtex_tracking.credentials import Secret
from vtex_tracking.ledger.book import Book
from vtex_tracking.ledger.sqlite.acceptance import Entries, refuse
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.dispatch import Dispatch, Settled
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight
from vtex_tracking.merge import Fact, Known, Volume, gather
from vtex_tracking.model import Due, Effect
from vtex_tracking.push.account import Account
from vtex_tracking.push.orders import Orders
from vtex_tracking.push.pacer import Pacer
from vtex_tracking.push.pacing import Pace
from vtex_tracking.push.transport import HttpTransport
from vtex_tracking.push.wire import Answer, Failure, FailureKind, Request

Broken = Callable[[], AbstractContextManager[object]]


class _LaxConnection(sqlite3.Connection):
    """Asks for less durability than it was told to."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        return super().execute(sql.replace("synchronous = FULL", "synchronous = NORMAL"), *args)


def _without_durability() -> AbstractContextManager[object]:
    """A commit is on the disk only when SQLite next folds its journal in."""
    return mock.patch("sqlite3.connect", partial(sqlite3.connect, factory=_LaxConnection))


def _without_quiet_period() -> AbstractContextManager[object]:
    """New bytes go out at once, whatever may still be under way."""
    return mock.patch("vtex_tracking.ledger.sqlite.dispatch.not_before_s", return_value=0.0)


def _without_intent() -> AbstractContextManager[object]:
    """The intent is written, but the request does not wait for it."""
    intend = Book.intend
    writing: set[asyncio.Task[None]] = set()

    async def write(book: Book, dues: Sequence[Due]) -> None:
        await asyncio.sleep(0.05)
        await intend(book, dues)

    async def intend_later(book: Book, dues: Sequence[Due]) -> None:
        task = asyncio.create_task(write(book, dues))
        writing.add(task)
        task.add_done_callback(writing.discard)

    return mock.patch.object(Book, "intend", intend_later)


def _without_send_once() -> AbstractContextManager[object]:
    """A PUT is sent again at once when a kept-alive connection breaks, as aiohttp's session does by itself."""
    put = HttpTransport.put

    async def put_again(transport: HttpTransport, request: Request) -> Answer | Failure:
        result = await put(transport, request)
        if isinstance(result, Failure) and result.kind is FailureKind.DISCONNECTED:
            result = await put(transport, request)
        return result

    return mock.patch.object(HttpTransport, "put", put_again)


def _without_kept_doubts() -> AbstractContextManager[object]:
    """A success makes the ledger forget since when an earlier attempt is in doubt."""
    settle = Dispatch._settle

    def settle_and_forget(dispatch: Dispatch, sql: sqlite3.Connection, entries: Sequence[Settled]) -> None:
        settle(dispatch, sql, entries)
        for entry in entries:
            for one in entry.attempts:
                if one.settlement.effect is Effect.CONFIRMED:
                    sql.execute("UPDATE ambiguities SET at_s = 0 WHERE invoice_id = ?", (one.due.invoice_id,))

    return mock.patch.object(Dispatch, "_settle", settle_and_forget)


def _without_doubt_at_start() -> AbstractContextManager[object]:
    """What was in flight when a run died counts as never sent."""

    def forget(ledger: LedgerFile, *, now_s: float) -> int:
        with ledger.transaction() as sql:
            sql.execute("DELETE FROM attempts WHERE effect IS NULL")
        return doubt_in_flight(ledger, now_s=now_s)

    return mock.patch("vtex_tracking.pipeline.doubt_in_flight", forget)


def _without_latch() -> AbstractContextManager[object]:
    """The last record says whether an invoice is delivered."""

    def gather_without(facts: Iterable[Fact], *, volumes: Iterable[Volume] = (), was_delivered: bool = False) -> Known:
        said = tuple(facts)
        known = gather(said, volumes=volumes, was_delivered=was_delivered)
        return evolve(known, says_delivered=said[-1].is_delivered if said else was_delivered)

    return mock.patch("vtex_tracking.ledger.sqlite.gathering.gather", gather_without)


def _without_all_volumes() -> AbstractContextManager[object]:
    """The first volume that is delivered speaks for all of them."""
    return mock.patch("vtex_tracking.merge._are_delivered", lambda volumes: any(one.is_delivered for one in volumes))


def _without_memory_of_delivery() -> AbstractContextManager[object]:
    """One more volume takes back that the invoice is delivered."""

    def gather_anew(facts: Iterable[Fact], *, volumes: Iterable[Volume] = (), was_delivered: bool = False) -> Known:
        assert was_delivered is not None
        return gather(facts, volumes=volumes)

    return mock.patch("vtex_tracking.ledger.sqlite.gathering.gather", gather_anew)


def _without_refusal() -> AbstractContextManager[object]:
    """A run that is stopped while it reads accepts what it has read, and says that it did not."""

    def accept_and_refuse(ledger: LedgerFile, intake: Intake, *, run_no: int, account: str) -> None:
        with ledger.transaction() as sql:
            entries = Entries(sql, run_no=run_no, account=account, now_s=intake.now_s)
            for invoice in intake.gathered():
                entries.enter(invoice)
            entries.finish()
        refuse(ledger, intake, run_no=run_no, account=account)

    return mock.patch("vtex_tracking.accepting.refuse", accept_and_refuse)


class _FreePace(Pace):
    """Lets everybody start at once."""

    def take(self, now_s: float) -> float:
        assert now_s
        return 0.0


def _without_paid_retries() -> AbstractContextManager[object]:
    """Only first attempts wait for the pace."""
    start = Account.start
    begun: set[tuple[Account, int]] = set()

    async def start_free(account: Account, due: Due) -> object:
        if (account, due.seq) not in begun:
            begun.add((account, due.seq))
            return await start(account, due)
        paced, account._pacer = account._pacer, Pacer(account._settings.rate)
        account._pacer._pace = _FreePace(account._settings.rate)
        try:
            return await start(account, due)
        finally:
            account._pacer = paced

    return mock.patch.object(Account, "start", start_free)


def _without_turns() -> AbstractContextManager[object]:
    """Two requests for one order may be under way at once."""
    return mock.patch.multiple(Orders, take=lambda *_, **__: True, give=lambda *_: None)


def _without_doubt_of_failures() -> AbstractContextManager[object]:
    """A broken connection counts as a request that never left."""
    return mock.patch("vtex_tracking.push.failures.Failure", lambda **said: Failure(**said | {"has_left": False}))


def _without_own_answers() -> AbstractContextManager[object]:
    """Whatever answer stands in a connection is taken for the next request's."""
    return mock.patch("vtex_tracking.push.connections._is_older", return_value=False)


def _without_blotting() -> AbstractContextManager[object]:
    """What a server says is kept, whatever stands in it."""
    return mock.patch.object(Secret, "blot_out", lambda _secret, body: body)


ABLATIONS: Final[dict[str, Broken]] = {
    "durability": _without_durability,
    "quiet_period": _without_quiet_period,
    "intent": _without_intent,
    "send_once": _without_send_once,
    "kept_doubts": _without_kept_doubts,
    "doubt_at_start": _without_doubt_at_start,
    "doubt_of_failures": _without_doubt_of_failures,
    "latch": _without_latch,
    "all_volumes": _without_all_volumes,
    "memory_of_delivery": _without_memory_of_delivery,
    "refusal": _without_refusal,
    "paid_retries": _without_paid_retries,
    "turns": _without_turns,
    "own_answers": _without_own_answers,
    "blotting": _without_blotting,
}
