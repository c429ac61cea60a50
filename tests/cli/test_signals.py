"""Signals: the first lets what is in flight end, the second ends it."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from vtex_tracking.cli.signals import stopping


class Run:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def stop(self, *, exit_code: int) -> None:
        self.asked.append(f"stop {exit_code}")

    def abort(self) -> None:
        self.asked.append("abort")


async def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
async def test_a_first_signal_stops_and_a_second_aborts(number: signal.Signals, exit_code: int) -> None:
    """The exit code is that of the first signal."""
    run = Run()
    with stopping(run):
        await send(number)
        await send(signal.SIGINT)
    assert [f"stop {exit_code}", "abort"] == run.asked


async def test_an_ignored_signal_stays_ignored() -> None:
    """Under nohup a closed terminal does not stop the run."""
    run = Run()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping(run):
            await send(signal.SIGHUP)
        assert signal.SIG_IGN == signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert [] == run.asked
