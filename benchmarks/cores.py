"""Which core measures and which one answers, so that neither takes the other's time: a server on the last, clients on the others."""

from __future__ import annotations

import os
import sys


def pin_server() -> None:
    """Keep this process on the last core. Where the system cannot, or has one core only, nothing is done."""
    _pin(slice(-1, None))


def pin_client() -> None:
    """Keep this process, and what it starts, off the server's core."""
    _pin(slice(None, -1))


def _pin(which: slice) -> None:
    if sys.platform == "linux":
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1:
            os.sched_setaffinity(0, cores[which])
