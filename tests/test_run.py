"""A run from its caller's side: taking outcomes, not taking them, leaving, stopping; nothing of it may hang."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pipeline_support import feed_in, names_in, push, results_in, settings_in
from push_support import SENT, Put, Wire, answer
from virtual_time import in_virtual_time, now_s

from vtex_tracking.errors import FeedError, InterruptedRunError
from vtex_tracking.model import OutcomeKind, Reason, TrackingEvent
from vtex_tracking.progress import Phase
from vtex_tracking.push.wire import Answer
from vtex_tracking.run import Run


async def take_slowly(run: Run) -> None:
    async with run:
        async for _ in run:
            await asyncio.sleep(60)


@pytest.mark.parametrize("pause_s", [0.0, 5.0])
@pytest.mark.parametrize("outcomes_max", [1, 7, 1000])
@in_virtual_time
async def test_each_outcome_comes_once_however_slow_its_taker(
    tmp_path: Path, pause_s: float, outcomes_max: int
) -> None:
    """Unchanged, refused, sent, rejected: all are told, also when the push was over long before."""
    first = feed_in(tmp_path, invoices=range(1, 21), name="first.csv")
    async with push([first], wire=Wire(), settings=settings_in(tmp_path, report_dir=None)) as run:
        await run.finish()
    wire = Wire(lambda put: answer(404) if put.order_id == "o30" else SENT)
    settings = settings_in(tmp_path, outcomes_buffered_max=outcomes_max)
    told = []
    async with push([feed_in(tmp_path, invoices=range(11, 41))], wire=wire, settings=settings) as run:
        async for outcome in run:
            told.append(outcome)
            await asyncio.sleep(pause_s)
    assert [f"n{number}" for number in range(11, 41)] == sorted(outcome.invoice_number for outcome in told)
    assert {(row["invoice_number"], row["outcome"]) for row in results_in(tmp_path)} == {
        (outcome.invoice_number, outcome.outcome) for outcome in told
    }
    assert 10 == sum(outcome.outcome is OutcomeKind.UNCHANGED for outcome in told)
    assert run.summary is not None
    assert 3 == run.summary.exit_code


@in_virtual_time
async def test_what_is_left_over_is_told_too(tmp_path: Path) -> None:
    """A run that stops early tells every invoice that it did not come to, each once."""
    wire = Wire(lambda put: answer(429, retry_after_s=3600) if put.number == 9 else SENT)
    async with push([feed_in(tmp_path, invoices=range(1, 51))], wire=wire, settings=settings_in(tmp_path)) as run:
        told = [outcome async for outcome in run]
    assert [row["invoice_number"] for row in results_in(tmp_path)] == sorted(
        (outcome.invoice_number for outcome in told), key=lambda name: int(name[1:])
    )
    assert {OutcomeKind.SENT, OutcomeKind.PENDING} == {outcome.outcome for outcome in told}


@in_virtual_time
async def test_who_wants_only_the_summary_finishes(tmp_path: Path) -> None:
    """Outcomes that nobody takes hold nothing up, however few have room; finishing twice is finishing once."""
    settings = settings_in(tmp_path, outcomes_buffered_max=2)
    async with push([feed_in(tmp_path, invoices=range(1, 101))], wire=Wire(), settings=settings) as run:
        summary = await run.finish()
        assert summary is await run.finish()
    assert (100, summary) == (summary.counts.sent, run.summary)


@in_virtual_time
async def test_who_stops_taking_may_still_finish(tmp_path: Path) -> None:
    """A few outcomes taken, then only the summary: the rest of the run goes on to its end."""
    settings = settings_in(tmp_path, outcomes_buffered_max=2)
    async with push([feed_in(tmp_path, invoices=range(1, 101))], wire=Wire(), settings=settings) as run:
        async for _ in run:
            break
        await asyncio.sleep(1000)
        assert None is run.summary
        summary = await run.finish()
    assert (0, 100) == (summary.exit_code, summary.counts.sent)


@in_virtual_time
async def test_who_iterates_a_run_that_has_ended_comes_to_its_end(tmp_path: Path) -> None:
    """After the end, iterating ends at once; nobody waits for what will not come."""
    async with push([feed_in(tmp_path, invoices=[1])], wire=Wire(), settings=settings_in(tmp_path)) as run:
        assert 1 == len([outcome async for outcome in run])
        assert [] == [outcome async for outcome in run]
        await run.finish()
    assert [] == [outcome async for outcome in run]


@in_virtual_time
async def test_who_iterates_while_another_finishes_is_not_left_behind(tmp_path: Path) -> None:
    """One task shows outcomes, another waits for the summary: both come to the end."""

    async def take() -> int:
        return len([outcome async for outcome in run])

    async with push([feed_in(tmp_path, invoices=range(1, 101))], wire=Wire(), settings=settings_in(tmp_path)) as run:
        takers = [asyncio.create_task(take()) for _ in range(3)]
        await asyncio.sleep(0.5)
        summary = await run.finish()
    assert 100 == summary.counts.sent
    assert sum(await asyncio.gather(*takers)) <= 100


@in_virtual_time
async def test_a_caller_that_gives_up_waiting_does_not_stop_the_run(tmp_path: Path) -> None:
    """A summary that takes too long can be asked for again, and who iterates then comes to the end."""
    async with push([feed_in(tmp_path, invoices=[1])], wire=Wire(latency_s=50), settings=settings_in(tmp_path)) as run:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await run.finish()
        assert [] == [outcome async for outcome in run]
        assert 1 == (await run.finish()).counts.sent


@in_virtual_time
async def test_a_run_is_entered_first(tmp_path: Path) -> None:
    """Forgetting the `async with` is an error that says so."""
    run = push([], wire=Wire(), settings=settings_in(tmp_path))
    with pytest.raises(RuntimeError, match="async with"):
        await run.finish()
    with pytest.raises(RuntimeError, match="async with"):
        async for _ in run:
            pass
    await run.__aexit__(None, None, None)


# ---------------------------------------------------------------- leaving


@in_virtual_time
async def test_who_leaves_early_stops_the_run(tmp_path: Path) -> None:
    """What is in flight is drained, the report is written, and the next run sends the rest: each invoice once."""
    feed, wire = feed_in(tmp_path, invoices=range(1, 101)), Wire(latency_s=1)
    async with push([feed], wire=wire, settings=settings_in(tmp_path)) as run:
        async for _ in run:
            break
    assert run.summary is not None
    assert (130, Reason.INTERRUPTED) == (run.summary.exit_code, run.summary.stop_reason)
    assert 8 >= run.summary.counts.sent == len(wire.puts)
    assert 100 == len(results_in(tmp_path))
    async with push([feed], wire=wire, settings=settings_in(tmp_path)) as run:
        summary = await run.finish()
    assert (0, 100) == (summary.exit_code, summary.counts.sent + summary.counts.unchanged)
    assert 100 == len(wire.puts)


@in_virtual_time
async def test_an_error_in_the_block_is_the_one_that_is_raised(tmp_path: Path) -> None:
    """The run is drained first; its own trouble does not hide what went wrong with the caller."""
    wire = Wire(latency_s=1)
    run = push([feed_in(tmp_path, invoices=range(1, 101))], wire=wire, settings=settings_in(tmp_path))

    async def fail() -> None:
        async with run:
            async for _ in run:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert run.summary is not None
    assert (130, 0) == (run.summary.exit_code, wire.cut)


@in_virtual_time
async def test_a_cancelled_caller_is_not_kept_waiting(tmp_path: Path) -> None:
    """What is in flight is cut off and unknown; what had not started is pending; the report is there."""
    wire = Wire(latency_s=1000)

    async def call() -> None:
        async with push([feed_in(tmp_path, invoices=range(1, 101))], wire=wire, settings=settings_in(tmp_path)) as run:
            async for _ in run:
                pass

    calling = asyncio.create_task(call())
    await asyncio.sleep(50)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert 1050 == pytest.approx(now_s(), abs=1)
    rows = results_in(tmp_path)
    assert (4, 96) == tuple(sum(row["outcome"] == kind for row in rows) for kind in ("unknown", "pending"))
    assert 4 == wire.cut


@in_virtual_time
async def test_a_cancelled_caller_with_a_full_buffer_is_not_kept_waiting(tmp_path: Path) -> None:
    """Outcomes that wait for a taker who is gone hold nothing up, and what was confirmed stays confirmed."""
    settings = settings_in(tmp_path, outcomes_buffered_max=1)
    run = push([feed_in(tmp_path, invoices=range(1, 21))], wire=Wire(), settings=settings)

    async def call() -> None:
        async with run:
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            await call()
    assert 1010 == pytest.approx(now_s(), abs=0.1)
    assert run.summary is not None
    assert 20 == run.summary.counts.sent


@in_virtual_time
async def test_a_caller_cancelled_while_it_leaves_is_not_kept_waiting(tmp_path: Path) -> None:
    """The drain is cut off, and nothing of the run is left behind."""
    wire = Wire(latency_s=1000)
    run = push([feed_in(tmp_path, invoices=range(1, 101))], wire=wire, settings=settings_in(tmp_path))

    async def call() -> None:
        async with run:
            await asyncio.sleep(10)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(20):
            await call()
    assert 1020 == pytest.approx(now_s(), abs=1)
    assert run.summary is not None
    assert (4, 4) == (run.summary.counts.unknown, wire.cut)
    assert 100 == len(results_in(tmp_path))


# ---------------------------------------------------------------- stopping


@in_virtual_time
async def test_a_stop_drains_and_says_by_whom(tmp_path: Path) -> None:
    """The first exit code stands; the stream ends with every invoice told."""
    wire = Wire(latency_s=5)
    async with push([feed_in(tmp_path, invoices=range(1, 101))], wire=wire, settings=settings_in(tmp_path)) as run:
        asyncio.get_running_loop().call_later(7, lambda: run.stop(exit_code=143))
        asyncio.get_running_loop().call_later(8, run.stop)
        told = [outcome async for outcome in run]
        summary = await run.finish()
    assert (143, 8, 92) == (summary.exit_code, summary.counts.sent, summary.counts.pending)
    assert 100 == len({outcome.invoice_number for outcome in told}) == len(told)
    assert (8, 0) == (len(wire.puts), wire.cut)


@in_virtual_time
async def test_an_abort_ends_at_once_and_tells_everything(tmp_path: Path) -> None:
    """Slow takers included: what is durable is told, what was cut off is unknown, the rest pending."""
    wire = Wire(latency_s=lambda put: 0.1 if put.number <= 10 else 1000)
    told = []
    async with push(
        [feed_in(tmp_path, invoices=range(1, 51))], wire=wire, settings=settings_in(tmp_path, outcomes_buffered_max=2)
    ) as run:
        asyncio.get_running_loop().call_later(20, run.abort)
        async for outcome in run:
            told.append(outcome)
            await asyncio.sleep(5)
    assert 50 == len(told) == len({outcome.invoice_number for outcome in told})
    assert {(row["invoice_number"], row["outcome"]) for row in results_in(tmp_path)} == {
        (outcome.invoice_number, outcome.outcome) for outcome in told
    }
    assert (10, 4) == tuple(
        sum(outcome.outcome is kind for outcome in told) for kind in (OutcomeKind.SENT, OutcomeKind.UNKNOWN)
    )
    assert 4 == wire.cut


async def events_without_end(is_closed: asyncio.Event) -> AsyncIterator[TrackingEvent]:
    try:
        for number in range(1500):
            yield TrackingEvent(order_id=f"o{number}", invoice_number="n", date="2026-03-02", description="x")
        await asyncio.Event().wait()
    finally:
        is_closed.set()


@pytest.mark.parametrize(("way", "exit_code"), [("stop", 143), ("leave", 130)])
@in_virtual_time
async def test_a_stop_while_events_are_waited_for_is_reported(tmp_path: Path, way: str, exit_code: int) -> None:
    """It is heeded at once, and ends as a stop while sending does: with a whole report, of nothing accepted and nothing sent."""
    wire, is_closed = Wire(), asyncio.Event()
    refusing = Wire(lambda _put: answer(401))
    async with push([feed_in(tmp_path, invoices=[1])], wire=refusing, settings=settings_in(tmp_path)) as run:
        assert 1 == (await run.finish()).counts.pending
    began_s = now_s()
    async with push(events_without_end(is_closed), wire=wire, settings=settings_in(tmp_path)) as run:
        await asyncio.sleep(10)
        if way == "stop":
            run.stop(exit_code=143)
            assert ["n1"] == [outcome.invoice_number async for outcome in run]
    assert run.summary is not None
    counts = run.summary.counts
    assert (exit_code, Reason.INTERRUPTED) == (run.summary.exit_code, run.summary.stop_reason)
    assert (1000, 1000, 1, 1, ()) == (counts.records, counts.events, counts.invoices, counts.pending, counts.faults())
    assert 1000 == run.summary.feeds[0].records
    assert [("n1", "pending")] == [(row["invoice_number"], row["outcome"]) for row in results_in(tmp_path)]
    assert ([], True, 10) == (wire.puts, is_closed.is_set(), now_s() - began_s)
    async with push([], wire=wire, settings=settings_in(tmp_path)) as run:
        assert 1 == (await run.finish()).counts.invoices


async def events_that_never_come() -> AsyncIterator[TrackingEvent]:
    await asyncio.Event().wait()
    yield TrackingEvent(order_id="o", invoice_number="n", date="2026-03-02", description="x")


@pytest.mark.parametrize("turns", range(4))
@in_virtual_time
async def test_a_stop_before_events_are_waited_for_is_heeded(tmp_path: Path, turns: int) -> None:
    """While the ledger still opens nothing is read yet, and nothing will be."""
    wire = Wire()
    async with push(events_that_never_come(), wire=wire, settings=settings_in(tmp_path)) as run:
        for _ in range(turns):
            await asyncio.sleep(0)
        run.stop(exit_code=143)
        async with asyncio.timeout(60):
            summary = await run.finish()
    assert (143, Reason.INTERRUPTED, 0, []) == (
        summary.exit_code,
        summary.stop_reason,
        summary.counts.invoices,
        wire.puts,
    )


@in_virtual_time
async def test_time_that_is_up_while_a_stop_drains_changes_nothing(tmp_path: Path) -> None:
    """Who stopped it is what is told."""
    wire = Wire(latency_s=50)
    settings = settings_in(tmp_path, max_duration_s=30.0)
    async with push([feed_in(tmp_path, invoices=range(1, 101))], wire=wire, settings=settings) as run:
        await asyncio.sleep(10)
        run.stop(exit_code=143)
        summary = await run.finish()
    assert (143, Reason.INTERRUPTED, 4) == (summary.exit_code, summary.stop_reason, summary.counts.sent)


@pytest.mark.parametrize(("way", "error"), [("abort", InterruptedRunError), ("cancel", asyncio.CancelledError)])
@in_virtual_time
async def test_an_abort_while_events_are_waited_for_ends_at_once(
    tmp_path: Path, way: str, error: type[BaseException]
) -> None:
    """Nothing was accepted and nothing sent, and there is no report of it."""
    wire, is_closed = Wire(), asyncio.Event()

    async def call() -> None:
        async with push(events_without_end(is_closed), wire=wire, settings=settings_in(tmp_path)) as run:
            await asyncio.sleep(10)
            if way == "cancel":
                raise asyncio.CancelledError
            run.abort()
            async for _ in run:
                pass

    with pytest.raises(error) as raised:
        await call()
    assert 130 == getattr(raised.value, "exit_code", 130)
    assert ([], True, 1010) == (wire.puts, is_closed.is_set(), now_s())
    assert [] == names_in(tmp_path / "report")
    async with push([], wire=wire, settings=settings_in(tmp_path)) as run:
        assert 0 == (await run.finish()).counts.invoices


@pytest.mark.parametrize("turns", range(4))
@in_virtual_time
async def test_a_stop_between_the_feed_and_the_first_request_leaves_all_pending(tmp_path: Path, turns: int) -> None:
    """At whatever turn of the loop: what is accepted is accepted, and goes out with the next run."""
    feed, wire = feed_in(tmp_path, invoices=range(1, 10)), Wire()
    async with push([feed], wire=wire, settings=settings_in(tmp_path)) as run:
        while run.progress.phase is Phase.READING:  # noqa: ASYNC110 - a turn of the loop is what is waited for
            await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        run.stop(exit_code=143)
        summary = await run.finish()
    assert (143, Reason.INTERRUPTED, []) == (summary.exit_code, summary.stop_reason, wire.puts)
    assert 9 == summary.counts.pending == len(results_in(tmp_path))
    async with push([], wire=wire, settings=settings_in(tmp_path)) as run:
        assert 9 == (await run.finish()).counts.sent == len(wire.puts)


@in_virtual_time
async def test_a_loop_that_ends_is_no_stop(tmp_path: Path) -> None:
    """Being cancelled from outside while feeds are read stays what it is."""
    run = push([], wire=Wire(), settings=settings_in(tmp_path))
    reading = asyncio.create_task(run.read(asyncio.sleep(100)))
    await asyncio.sleep(1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


@in_virtual_time
async def test_a_stop_before_the_first_record_sends_nothing(tmp_path: Path) -> None:
    """A feed that is not read to its end is not accepted."""
    wire = Wire()
    async with push([feed_in(tmp_path, invoices=range(1, 10))], wire=wire, settings=settings_in(tmp_path)) as run:
        pass
    assert run.summary is not None
    assert (130, 0, []) == (run.summary.exit_code, run.summary.counts.invoices, wire.puts)


@in_virtual_time
async def test_what_stopped_a_run_comes_to_who_iterates(tmp_path: Path) -> None:
    """A feed that cannot be read raises where outcomes are taken."""
    feed = tmp_path / "feed.csv"
    feed.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FeedError):
        await take_slowly(push([feed], wire=Wire(), settings=settings_in(tmp_path)))


@in_virtual_time
async def test_a_bug_ends_the_stream_also_for_a_slow_taker(tmp_path: Path) -> None:
    """With outcomes still to be taken when the ledger has closed, the error is what comes, not its consequence."""

    def fail(put: Put) -> Answer:
        if put.number == 30:
            raise ZeroDivisionError
        return SENT

    wire = Wire(fail)
    with pytest.raises(ExceptionGroup) as raised:
        await take_slowly(push([feed_in(tmp_path, invoices=range(1, 101))], wire=wire, settings=settings_in(tmp_path)))
    assert raised.group_contains(ZeroDivisionError)
