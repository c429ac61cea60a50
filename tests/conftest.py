"""What holds for all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from unittest import mock

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, Phase, settings

# How long an example takes says more of the machine than of us.
settings.register_profile("untimed", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# For `make mutate`: a mutant needs to be noticed, not to be shown by its smallest example, and each time in the same way.
settings.register_profile(
    "mutate",
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
)


def pytest_configure() -> None:
    """Signals reach the processes that tests start, also where a shell's `&` or nohup has them ignored: a child inherits that."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Coverage looks away from a test that is marked `unmeasured`, and from the processes that this starts."""
    coverage = Coverage.current() if item.get_closest_marker("unmeasured") else None
    if coverage is None:
        return (yield)
    coverage.stop()
    try:
        with mock.patch.dict(os.environ):
            os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
            return (yield)
    finally:
        coverage.start()
