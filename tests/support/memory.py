"""How much memory it takes to come to the end of something."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def taken(things: Iterable[object]) -> tuple[int, int]:
    """Take one after the other: how many there were, and the most bytes that were held meanwhile, beside what was before."""
    tracemalloc.start()
    try:
        count = sum(1 for _ in things)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return count, peak_bytes
