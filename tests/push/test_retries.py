"""What waits before the next attempt."""

from __future__ import annotations

import asyncio

import pytest
from virtual_time import in_virtual_time, now_s

from vtex_tracking.push.retries import rest


@pytest.mark.parametrize("delay_s", [0.0, 3.0])
@in_virtual_time
async def test_a_rest_lasts_as_long_as_said(delay_s: float) -> None:
    """Or until a stop, whichever is first."""
    began_s, stopping = now_s(), asyncio.Event()
    await rest(delay_s, stopping=stopping)
    assert delay_s == now_s() - began_s
    asyncio.get_running_loop().call_later(1, stopping.set)
    await rest(delay_s, stopping=stopping)
    assert min(delay_s, 1) == now_s() - began_s - delay_s
