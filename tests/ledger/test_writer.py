"""Group commit: few syncs, in order, and an error for everybody whom it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import pytest
from attrs import define, field
from virtual_time import in_virtual_time, now_s

from vtex_tracking.errors import LedgerError
from vtex_tracking.ledger.sqlite.dispatch import Entry, Intent, Withdrawal
from vtex_tracking.ledger.writer import Writer
from vtex_tracking.model import Due, InvoiceKey, Update

T = TypeVar("T")
DELAY_S = 0.005
SYNC_S = 0.02


def due(seq: int) -> Due:
    update = Update(
        key=InvoiceKey(f"{seq}-01", "1"), body=b"{}", fingerprint="f", events=1, is_delivered=False, delivered_date=None
    )
    return Due(seq=seq, invoice_id=seq, update=update, is_ambiguous=False, not_before_s=0)


def entry(seq: int) -> Entry:
    return Withdrawal(due=due(seq))


def seqs_of(entry: Entry) -> list[int]:
    match entry:
        case Withdrawal(due=due):
            return [due.seq]
        case Intent(dues=dues):
            return [due.seq for due in dues]
        case _:
            raise AssertionError("none here")


@define
class Disk:
    """Keeps what is written, group by group, and takes its time for each."""

    groups: list[list[int]] = field(factory=list)
    moments: list[float] = field(factory=list)
    error: Exception | None = None

    def write(self, entries: Sequence[Entry]) -> None:
        self.moments.append(now_s())
        if self.error is not None:
            raise self.error
        self.groups.append([seq for entry in entries for seq in seqs_of(entry)])

    def in_thread(self, function: Callable[[], T], /) -> Awaitable[T]:
        async def run() -> T:
            await asyncio.sleep(SYNC_S)
            return function()

        return run()


def writer_on(disk: Disk, *, group_max: int = 50) -> Writer:
    return Writer(disk.write, in_thread=disk.in_thread, delay_s=DELAY_S, group_max=group_max)


@in_virtual_time
async def test_entries_that_come_together_are_written_together() -> None:
    """In their order, within the delay, in one commit."""
    disk = Disk()
    writer = writer_on(disk)
    began_s = now_s()
    await asyncio.gather(*(writer.durable(entry(seq)) for seq in range(10)))
    assert [list(range(10))] == disk.groups
    assert [pytest.approx(DELAY_S + SYNC_S)] == [moment - began_s for moment in disk.moments]


@in_virtual_time
async def test_an_entry_is_durable_when_its_caller_goes_on() -> None:
    """Not a moment before."""
    disk = Disk()
    writer = writer_on(disk)
    waiting = asyncio.create_task(writer.durable(entry(1)))
    await asyncio.sleep(DELAY_S + SYNC_S - 0.001)
    assert (False, []) == (waiting.done(), disk.groups)
    await waiting
    assert [[1]] == disk.groups


@in_virtual_time
async def test_a_full_group_does_not_wait() -> None:
    """Ten are enough to be written at once; what comes after that waits for the delay again."""
    disk = Disk()
    writer = writer_on(disk, group_max=10)
    began_s = now_s()
    await asyncio.gather(*(writer.durable(entry(seq)) for seq in range(10)))
    await writer.durable(entry(10), entry(11))
    assert [list(range(10)), [10, 11]] == disk.groups
    waited = [moment - began_s for moment in disk.moments]
    assert [pytest.approx(SYNC_S), pytest.approx(2 * SYNC_S + DELAY_S)] == waited


@in_virtual_time
async def test_what_comes_while_the_disk_is_busy_is_the_next_group() -> None:
    """Order is kept between groups too."""
    disk = Disk()
    writer = writer_on(disk)
    first = asyncio.create_task(writer.durable(entry(1)))
    await asyncio.sleep(DELAY_S + 0.001)
    await asyncio.gather(first, *(writer.durable(entry(seq)) for seq in (2, 3)))
    await writer.durable(entry(4))
    assert [[1], [2, 3], [4]] == disk.groups


@in_virtual_time
async def test_after_an_error_nothing_is_written_any_more() -> None:
    """Nobody believes to be durable what is not, and a disk that failed is not asked a second time."""
    disk = Disk()
    writer = writer_on(disk, group_max=2)
    await writer.durable(entry(0))
    error = disk.error = LedgerError("disk full")
    results = await asyncio.gather(*(writer.durable(entry(seq)) for seq in range(3)), return_exceptions=True)
    disk.error = None
    results += await asyncio.gather(writer.durable(entry(9)), return_exceptions=True)
    assert [error] * 4 == results
    assert ([[0]], 2) == (disk.groups, len(disk.moments))


@in_virtual_time
async def test_an_entry_is_written_although_its_caller_was_cancelled() -> None:
    """What was said is said; those in its group are not disturbed."""
    disk = Disk()
    writer = writer_on(disk)
    cancelled = asyncio.create_task(writer.durable(entry(1)))
    kept = asyncio.create_task(writer.durable(entry(2)))
    await asyncio.sleep(0)
    cancelled.cancel()
    await kept
    assert cancelled.cancelled()
    assert [[1, 2]] == disk.groups


@pytest.mark.parametrize("after_s", [0.0, DELAY_S + 0.001])
@in_virtual_time
async def test_what_comes_after_all_tasks_were_cancelled_is_written_too(after_s: float) -> None:
    """As when a loop ends: who writes down what is left waits for nobody that is gone."""
    disk = Disk()
    writer = writer_on(disk)
    waiting = asyncio.create_task(writer.durable(entry(1)))
    await asyncio.sleep(after_s)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(60):
        await writer.durable(entry(2))
        await writer.close()
    assert 2 in disk.groups[-1]


@in_virtual_time
async def test_closing_waits_for_what_is_on_its_way() -> None:
    """And for nothing when there is nothing."""
    disk = Disk()
    writer = writer_on(disk)
    await writer.close()
    cancelled = asyncio.create_task(writer.durable(entry(1)))
    await asyncio.sleep(0)
    cancelled.cancel()
    await writer.close()
    assert [[1]] == disk.groups
    await writer.close()
