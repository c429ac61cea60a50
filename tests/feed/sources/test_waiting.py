"""A call that may never return is waited for as long as the run goes on, and no longer than a limit."""

from __future__ import annotations

import threading

import pytest

from vtex_tracking.feed.sources.waiting import patiently


def _go_on() -> None:
    """Nothing ends the wait."""


def test_a_call_gives_what_it_gives() -> None:
    """Or raises what it raises."""
    assert 3 == patiently(lambda: 3, go_on=_go_on, timeout_s=10.0)
    with pytest.raises(ZeroDivisionError):
        patiently(lambda: 1 // 0, go_on=_go_on, timeout_s=10.0)


def test_a_call_that_hangs_is_left_behind() -> None:
    """Whoever waits may be told to stop."""
    never = threading.Event()
    with pytest.raises(TimeoutError):
        patiently(never.wait, go_on=_go_on, timeout_s=0.01)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        patiently(never.wait, go_on=stop, timeout_s=10.0)
    never.set()
