"""A signal in every phase: no new request, a whole report, the right exit code, and nothing that the next run cannot mend."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from confined_support import push_confined, run_confined
from fifo_support import Fifo
from folder_watch import FolderWatch
from ledger_support import left_in
from process_support import Ended, end, most_in_a_window, push, results, start_push, summary, write_feed

from vtex_tracking import past
from vtex_tracking.sandbox import Ending, FaultRule, Sandbox

SIGNALS: Final = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
REPORT: Final = {
    "summary.json",
    *(f"{name}.{kind}" for name in ("results", "defects", "warnings") for kind in ("csv", "jsonl")),
}
AT_ONCE_S: Final = 20.0  # what ends at once ends long before that, also on a busy machine


def feed_in(folder: Path, *, invoices: int, events: int | None = None, defects: int = 0) -> Path:
    return write_feed(folder / "feed.csv", invoices=invoices, events=events or invoices, duplicates=0, defects=defects)


async def ended_at_once(process: Process) -> Ended:
    """Whatever would take minutes was cut off."""
    return await asyncio.wait_for(end(process), AT_ONCE_S)


async def said(process: Process, words: str) -> None:
    """Return when a line on stderr has these words."""
    assert process.stderr is not None
    while words not in (await process.stderr.readline()).decode():
        assert process.returncode is None


def outcomes(folder: Path) -> Counter[str]:
    """The report is whole: its rows are what it counts."""
    counts: dict[str, Any] = summary(folder)["counts"]
    rows = Counter(result["outcome"] for result in results(folder))
    assert rows == Counter({name: counts[name] for name in rows})
    assert rows.total() == counts["invoices"]
    assert () == past.check_ledger(folder / "ledger.db")
    return rows


@pytest.mark.parametrize(("number", "exit_code"), SIGNALS)
async def test_a_signal_while_the_feed_is_taken_in_sends_nothing(
    tmp_path: Path, number: signal.Signals, exit_code: int
) -> None:
    """The feed has just come to its end: a whole report, of nothing accepted and nothing sent."""
    text = feed_in(tmp_path, invoices=5000, events=20_000).read_text(encoding="utf-8")
    fifo = Fifo(tmp_path / "fifo.csv")
    async with Sandbox() as sandbox:
        process = await start_push(sandbox, fifo.path, folder=tmp_path)
        fifo.offer(text)
        await fifo.taken()
        process.send_signal(number)
        ended = await ended_at_once(process)
        assert (exit_code, 0) == (ended.exit_code, len(sandbox.requests)), ended.stderr
        assert exit_code == summary(tmp_path)["exit_code"]
        assert Counter() == outcomes(tmp_path)
        assert {} == left_in(tmp_path / "ledger.db")


async def test_a_signal_while_the_feed_is_accepted_takes_all_of_it_back(tmp_path: Path) -> None:
    """The ledger's journal has thousands of invoices in it already: nothing of the feed is in the ledger afterwards."""
    feed = feed_in(tmp_path, invoices=8000)
    async with Sandbox() as sandbox:
        with FolderWatch(tmp_path) as watch:
            process = await start_push(sandbox, feed, folder=tmp_path)
            await watch.grown("ledger.db-wal", bytes_min=1 << 20)
            process.send_signal(signal.SIGINT)
            ended = await ended_at_once(process)
        assert (130, 0) == (ended.exit_code, len(sandbox.requests)), ended.stderr
        counts = summary(tmp_path)["counts"]
        assert (8000, 8000, 0) == (counts["records"], counts["events"], counts["invoices"])
        assert Counter() == outcomes(tmp_path)
        assert {} == left_in(tmp_path / "ledger.db")


async def test_a_closed_terminal_while_sending_drains(tmp_path: Path) -> None:
    """SIGHUP is SIGTERM: what is in flight ends, the rest is pending, and the next run sends it."""
    feed = feed_in(tmp_path, invoices=200)
    async with Sandbox(latency_s=0.05) as sandbox:
        process = await start_push(sandbox, feed, "--rate", "100/s", folder=tmp_path)
        await sandbox.reached(30)
        process.send_signal(signal.SIGHUP)
        ended = await ended_at_once(process)
        assert 143 == ended.exit_code, ended.stderr
        sent = len(sandbox.requests)
        assert Counter(sent=sent, pending=200 - sent) == outcomes(tmp_path)
        assert 0 == (await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)).exit_code
        assert {1} == set(Counter(request.path for request in sandbox.requests).values())


async def test_a_signal_in_a_pause_ends_the_pause(tmp_path: Path) -> None:
    """VTEX asked for ten minutes of rest: who is told to stop does not wait for them, and nothing is in doubt."""
    feed = feed_in(tmp_path, invoices=20)
    throttled = FaultRule(status=429, headers={"Retry-After": "600"})
    async with Sandbox(faults=[throttled]) as sandbox:
        process = await start_push(sandbox, feed, folder=tmp_path)
        await sandbox.reached(1)
        asyncio.get_running_loop().call_later(0.3, process.send_signal, signal.SIGTERM)
        ended = await ended_at_once(process)
        assert (143, 1) == (ended.exit_code, len(sandbox.requests)), ended.stderr
        assert Counter(pending=20) == outcomes(tmp_path)


async def test_a_signal_in_backoff_ends_the_backoff(tmp_path: Path) -> None:
    """An update between two attempts is left to the next run, as unknown: VTEX may have heard the first."""
    feed = feed_in(tmp_path, invoices=8)
    lost = FaultRule(ending=Ending.RESET)
    async with Sandbox(faults=[lost]) as sandbox:
        options = ("--rate", "500/s", "--attempts", "50")
        process = await start_push(sandbox, feed, *options, folder=tmp_path)
        await sandbox.reached(12)
        process.send_signal(signal.SIGINT)
        ended = await ended_at_once(process)
        assert 130 == ended.exit_code, ended.stderr
        assert Counter(unknown=8) == outcomes(tmp_path)


@pytest.mark.parametrize("number", [number for number, _ in SIGNALS])
async def test_a_signal_while_the_report_is_written_leaves_it_whole(tmp_path: Path, number: signal.Signals) -> None:
    """Nothing is left to stop: the report is finished, and the command ends as the run did."""
    feed = feed_in(tmp_path, invoices=1, defects=5000)
    (tmp_path / "report").mkdir()
    async with Sandbox() as sandbox:
        with FolderWatch(tmp_path / "report") as watch:
            process = await start_push(sandbox, feed, folder=tmp_path)
            await watch.made(".results.jsonl.")
            process.send_signal(number)
            ended = await ended_at_once(process)
        assert 3 == ended.exit_code == summary(tmp_path)["exit_code"], ended.stderr
        assert Counter(sent=1) == outcomes(tmp_path)
        assert REPORT == {path.name for path in (tmp_path / "report").iterdir()}


async def test_a_second_signal_cuts_off_what_is_in_flight(tmp_path: Path) -> None:
    """VTEX is silent: the second Ctrl-C does not wait. What was cut off is unknown, and goes first in the next run."""
    feed = feed_in(tmp_path, invoices=30)
    silent = FaultRule(times=4, ending=Ending.SILENCE)
    async with Sandbox(faults=[silent]) as sandbox:
        process = await start_push(sandbox, feed, "--rate", "500/s", "--concurrency", "4", "--quiet", folder=tmp_path)
        await sandbox.reached(4)
        process.send_signal(signal.SIGINT)
        await said(process, "stopping")
        process.send_signal(signal.SIGINT)
        ended = await ended_at_once(process)
        assert 130 == ended.exit_code, ended.stderr
        assert Counter(unknown=4, pending=26) == outcomes(tmp_path)
        in_doubt = {request.path for request in sandbox.requests}
        assert 0 == (await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)).exit_code
        assert in_doubt == {path for path, times in Counter(one.path for one in sandbox.requests).items() if times > 1}


async def test_what_does_not_end_in_time_is_cut_off(tmp_path: Path) -> None:
    """One signal is enough for a VTEX that is silent for ever: after the drain's time the run ends."""
    feed = feed_in(tmp_path, invoices=30)
    async with Sandbox(faults=[FaultRule(ending=Ending.SILENCE)]) as sandbox:
        options = ("--rate", "500/s", "--concurrency", "4", "--drain-timeout", "200ms")
        process = await start_push(sandbox, feed, *options, folder=tmp_path)
        await sandbox.reached(4)
        process.send_signal(signal.SIGTERM)
        ended = await ended_at_once(process)
        assert 143 == ended.exit_code, ended.stderr
        assert Counter(unknown=4, pending=26) == outcomes(tmp_path)


async def test_nobody_has_to_read_stdout(tmp_path: Path) -> None:
    """A pipe that was closed, as by `head`, changes no exit code, and the report is written."""
    feed = feed_in(tmp_path, invoices=3)
    async with Sandbox() as sandbox:
        ended = await push_confined("stdout:unread", sandbox, feed, "--quiet", folder=tmp_path)
        assert (0, "", 3) == (ended.exit_code, ended.stderr, len(sandbox.requests))
    assert Counter(sent=3) == outcomes(tmp_path)
    ledger = ("--ledger", tmp_path / "ledger.db")
    for command in (("plan", feed, "--account", "mystore"), ("runs",), ("report",), ("ledger", "check")):
        ended = await run_confined("stdout:unread", *command, *ledger, folder=tmp_path)
        assert (0, "") == (ended.exit_code, ended.stderr), command


@pytest.mark.parametrize("arguments", [("--help",), ("push", "--help")])
async def test_nobody_has_to_read_the_help(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """`--help | head` is no failure."""
    ended = await run_confined("stdout:unread", *arguments, folder=tmp_path)
    assert (0, "") == (ended.exit_code, ended.stderr)


async def test_a_process_that_stood_still_sends_no_burst(tmp_path: Path) -> None:
    """SIGSTOP for longer than it takes to send ten: after SIGCONT the pace is what it was."""
    feed = feed_in(tmp_path, invoices=60)
    async with Sandbox() as sandbox:
        process = await start_push(sandbox, feed, "--rate", "50/s", folder=tmp_path)
        await sandbox.reached(20)
        process.send_signal(signal.SIGSTOP)
        asyncio.get_running_loop().call_later(0.6, process.send_signal, signal.SIGCONT)
        ended = await end(process)
        assert (0, 60) == (ended.exit_code, len(sandbox.requests)), ended.stderr
        moments = [request.at_s for request in sandbox.requests]
        assert max(after - before for before, after in pairwise(moments)) > 0.5
        assert most_in_a_window(moments, window_s=0.5) <= 25 + 10  # a burst of what was missed would be 30 more


@pytest.mark.unmeasured
async def test_a_stop_at_any_moment_of_the_start_leaves_nothing_wrong(tmp_path: Path) -> None:
    """While the ledger is opened and the feed accepted: no traceback, and the runs together send each invoice once."""
    feed = feed_in(tmp_path, invoices=40)
    async with Sandbox() as sandbox:
        for part in range(8):
            with FolderWatch(tmp_path) as watch:
                process = await start_push(sandbox, feed, "--quiet", folder=tmp_path)
                await (watch.made("ledger.db-wal") if part else watch.made("ledger.db.lock"))
            asyncio.get_running_loop().call_later(0.01 * part, process.send_signal, signal.SIGINT)
            ended = await ended_at_once(process)
            assert (130, False) == (ended.exit_code, "Traceback" in ended.stderr), ended.stderr
        assert 0 == (await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)).exit_code
        assert (40, {1}) == (len(sandbox.requests), set(Counter(one.path for one in sandbox.requests).values()))
        assert 40 == outcomes(tmp_path).total()


@pytest.mark.parametrize(("number", "exit_code"), SIGNALS)
async def test_a_signal_while_a_feed_is_waited_for_stops_the_run(tmp_path: Path, number: int, exit_code: int) -> None:
    """A FIFO that its writer holds open: who is told to stop does not wait for the writer, and has a whole report."""
    fifo = Fifo(tmp_path / "fifo.csv")
    async with Sandbox() as sandbox:
        process = await start_push(sandbox, fifo.path, folder=tmp_path)
        writing = await fifo.open()
        os.write(writing, b"order_id,invoice_number,date,city,state,description\n1-01,1,2026-01-01,a,SP,x\n")
        process.send_signal(number)
        try:
            ended = await ended_at_once(process)
        finally:
            os.close(writing)
        assert (exit_code, 0) == (ended.exit_code, len(sandbox.requests)), ended.stderr
        assert "nothing of them was accepted" in ended.stdout
        assert Counter() == outcomes(tmp_path)


async def test_a_run_that_was_stopped_while_reading_changes_nothing_for_the_next(tmp_path: Path) -> None:
    """What earlier runs left is in its report, pending; the next run sends that and its feed, each invoice once."""
    fifo, feed = Fifo(tmp_path / "fifo.csv"), feed_in(tmp_path, invoices=3)
    async with Sandbox(credentials=("another-key", "another-token")) as sandbox:
        assert 7 == (await push(sandbox, feed, folder=tmp_path)).exit_code
    before = left_in(tmp_path / "ledger.db")
    async with Sandbox() as sandbox:
        process = await start_push(sandbox, fifo.path, folder=tmp_path)
        writing = await fifo.open()
        process.send_signal(signal.SIGINT)
        ended = await ended_at_once(process)
        os.close(writing)
        assert (130, Counter(pending=3)) == (ended.exit_code, outcomes(tmp_path)), ended.stderr
        assert before == left_in(tmp_path / "ledger.db")
        assert 0 == (await push(sandbox, feed_in(tmp_path, invoices=5), folder=tmp_path)).exit_code
        assert {1} == set(Counter(request.path for request in sandbox.requests).values())
        assert 5 == len(sandbox.requests)


async def test_a_second_signal_while_a_feed_is_taken_in_ends_it_without_a_report(tmp_path: Path) -> None:
    """Nobody waits for the report of nothing; no traceback, and the ledger is whole."""
    fifo = Fifo(tmp_path / "fifo.csv")
    async with Sandbox() as sandbox:
        process = await start_push(sandbox, fifo.path, folder=tmp_path)
        writing = await fifo.open()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        ended = await ended_at_once(process)
        os.close(writing)
        assert ended.exit_code in {130, 143}, ended.stderr
        assert (0, False) == (len(sandbox.requests), "Traceback" in ended.stderr)
        assert [] == [path.name for path in (tmp_path / "report").iterdir()]
        assert () == past.check_ledger(tmp_path / "ledger.db")


async def test_stdout_may_be_closed(tmp_path: Path) -> None:
    """`>&-` changes no exit code."""
    feed = write_feed(tmp_path / "feed.csv", invoices=3, events=3, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        ended = await push_confined("stdout:closed", sandbox, feed, "--quiet", folder=tmp_path)
        assert (0, "", 3) == (ended.exit_code, ended.stderr, len(sandbox.requests))
    ledger = ("--ledger", tmp_path / "ledger.db")
    for command in (("plan", feed, "--account", "mystore"), ("runs",), ("report",), ("ledger", "check")):
        ended = await run_confined("stdout:closed", *command, *ledger, folder=tmp_path)
        assert (0, "") == (ended.exit_code, ended.stderr), command
