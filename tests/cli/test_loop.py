"""The loop that a command runs on."""

from __future__ import annotations

import asyncio
import sys
from unittest import mock

import uvloop

from vtex_tracking.cli.loop import loop_factory, run
from vtex_tracking.push.clock import running_clock


async def running() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_where_uvloop_is_installed_it_is_taken() -> None:
    """Nobody has to ask for it."""
    assert isinstance(run(running()), uvloop.Loop)


def test_without_uvloop_the_loop_is_that_of_asyncio() -> None:
    """It is an extra."""
    with mock.patch.dict(sys.modules, {"uvloop": None}):
        assert loop_factory() is None
        assert isinstance(run(running()), asyncio.BaseEventLoop)


def test_a_pace_needs_a_finer_clock_than_that_of_uvloop() -> None:
    """Its own tells whole milliseconds; what paces tells the same time, and goes on between them."""

    async def looks() -> tuple[float, list[float]]:
        clock_s = running_clock()
        return asyncio.get_running_loop().time() - clock_s(), [clock_s() for _ in range(100)]

    apart_s, moments = run(looks())
    assert abs(apart_s) < 1
    assert 2 < len(set(moments))
    assert sorted(moments) == moments
