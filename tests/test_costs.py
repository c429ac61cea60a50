"""What a run costs, in numbers that no machine and no moment changes: commits, statements, tasks, objects held."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, field
from pipeline_support import feed_in, push, settings_in
from push_support import SENT
from virtual_time import in_virtual_time

from vtex_tracking.model import Summary
from vtex_tracking.push.wire import Answer, Request
from vtex_tracking.settings import Rate

CONCURRENCY: Final = 64
FEW: Final = 200  # invoices; ten times as many are a larger run

# What was counted in November 2026 stands in brackets: who goes over one of these has made every run dearer.
COMMITS_PER_THOUSAND_MAX: Final = 24  # (22) an fsync each; as many outcomes at once as requests in flight
FOLDINGS_PER_THOUSAND_MAX: Final = 4  # (2.8) of the journal into the ledger: two fsyncs each
STATEMENTS_PER_INVOICE_MAX: Final = 2  # (0.6)
STATEMENTS_PER_UNCHANGED_MAX: Final = 0.1  # (0.03)
TASKS_BESIDE_MAX: Final = 10  # (8) one for each update in flight
BLOCKS_PER_INVOICE_MAX: Final = (
    0.25  # (0.0, but for more or fewer that wait in line) of memory; an object is at least one
)


@define(eq=False)
class PromptWire:
    """A VTEX that answers at once. `look` is called at every `every`-th request."""

    look: Callable[[], None] = lambda: None
    every: int = 1
    requests: int = field(default=0, init=False)

    async def put(self, _request: Request) -> Answer:
        self.requests += 1
        if self.requests % self.every == 0:
            self.look()
        await asyncio.sleep(0)
        return SENT


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that SQLite carries out from now on, once for each row of many."""
    asked: list[str] = []
    connect = sqlite3.connect

    def listened(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        sql: sqlite3.Connection = connect(*args, **kwargs)
        sql.set_trace_callback(asked.append)
        return sql

    monkeypatch.setattr(sqlite3, "connect", listened)
    return asked


def feed_of(folder: Path, *, invoices: int) -> Path:
    return feed_in(folder, invoices=range(invoices), name=f"{invoices}.csv")


async def pushed(feed: Path, *, wire: PromptWire) -> Summary:
    """A run with the ledger and the report of this feed."""
    settings = settings_in(feed.with_suffix(""), rate=Rate(1_000_000), concurrency=CONCURRENCY)
    async with push([feed], wire=wire, settings=settings) as run:
        return await run.finish()


@in_virtual_time
async def test_each_more_invoice_costs_the_ledger_little(tmp_path: Path, asked: list[str]) -> None:
    """Intents and outcomes are written in groups, so a run of ten times as many invoices needs few more commits."""
    counts = []
    for invoices in (FEW, 10 * FEW):
        asked.clear()
        summary = await pushed(feed_of(tmp_path, invoices=invoices), wire=PromptWire())
        assert invoices == summary.counts.sent
        foldings = sum("wal_checkpoint" in statement for statement in asked)
        counts.append((asked.count("COMMIT"), foldings, len(asked)))
    commits, foldings, statements = (after - before for before, after in zip(*counts, strict=True))
    assert commits <= COMMITS_PER_THOUSAND_MAX * 9 * FEW / 1000
    assert foldings <= FOLDINGS_PER_THOUSAND_MAX * 9 * FEW / 1000
    assert statements <= STATEMENTS_PER_INVOICE_MAX * 9 * FEW


@in_virtual_time
async def test_an_invoice_without_news_costs_the_ledger_less(tmp_path: Path, asked: list[str]) -> None:
    """That nothing changed is found in one transaction for all, with few statements for each."""
    counts = []
    for invoices in (FEW, 10 * FEW):
        feed = feed_of(tmp_path, invoices=invoices)
        await pushed(feed, wire=PromptWire())
        asked.clear()
        summary = await pushed(feed, wire=PromptWire())
        assert invoices == summary.counts.unchanged
        counts.append((asked.count("COMMIT"), len(asked)))
    commits, statements = (after - before for before, after in zip(*counts, strict=True))
    assert 0 == commits
    assert statements <= STATEMENTS_PER_UNCHANGED_MAX * 9 * FEW


@pytest.mark.unmeasured
@in_virtual_time
async def test_what_a_run_holds_does_not_grow_with_it(tmp_path: Path) -> None:
    """Of what is settled nothing is kept: once a run is under way as many objects and tasks live as at its end."""
    blocks: list[int] = []
    tasks: list[int] = []

    def look() -> None:
        gc.collect()
        blocks.append(sys.getallocatedblocks())
        tasks.append(len(asyncio.all_tasks()))

    invoices, every = 10_000, 2000
    await pushed(feed_of(tmp_path, invoices=invoices), wire=PromptWire(look, every=every))
    _, *under_way = blocks
    assert max(tasks) <= CONCURRENCY + TASKS_BESIDE_MAX
    assert max(under_way) - under_way[0] <= BLOCKS_PER_INVOICE_MAX * every * (len(under_way) - 1)
