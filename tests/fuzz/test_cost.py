"""What a hostile input may cost: time in line with its length, and memory within a bound."""

from __future__ import annotations

import time
import tracemalloc
from itertools import pairwise
from typing import Final

import pytest
from fuzz_targets import TARGETS, Pump, Target

pytestmark = pytest.mark.unmeasured

GROWTH: Final = 8  # from one input to the next
SLOWER_MAX: Final = 4 * GROWTH  # in line would be 8 times, with the square 64 times: no noise makes one of the other
NOTICED_S: Final = 0.0005  # what takes less is in no way long
ATTEMPTS: Final = 3  # the machine may be busy with something else; what is truly slow is slow every time

LONG_BYTES: Final = 32 << 10  # long enough to tell, and what the square of it costs no machine has trouble with
MEMORY_BYTES_MAX: Final = 8 << 20


def _taken_s(target: Target, pump: Pump, *, size_bytes: int) -> float:
    data = pump.of(size_bytes)
    started_s = time.process_time()
    target.check(data)
    return max(NOTICED_S, time.process_time() - started_s)


def _is_in_line(target: Target, pump: Pump) -> bool:
    sizes_bytes = (target.input_bytes_max // GROWTH**2, target.input_bytes_max // GROWTH, target.input_bytes_max)
    taken_s = [_taken_s(target, pump, size_bytes=size_bytes) for size_bytes in sizes_bytes]
    return all(long_s <= SLOWER_MAX * short_s for short_s, long_s in pairwise(taken_s))


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_time_grows_in_line_with_the_input(target: Target) -> None:
    """Eight times the same word takes eight times the time, not sixty-four times."""
    slow = [pump for pump in target.all_pumps() if not any(_is_in_line(target, pump) for _ in range(ATTEMPTS))]
    assert [] == slow


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_memory_is_in_line_with_the_input(name: str) -> None:
    """However many records or values are in a line, they are not worth a copy of it each."""
    target = TARGETS[name]
    for pump in target.pumps:
        data = pump.of(LONG_BYTES)
        tracemalloc.start()
        try:
            target.check(data)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak_bytes <= MEMORY_BYTES_MAX, pump
