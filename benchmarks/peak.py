"""The most memory that a process has held."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

PROC_STATUS: Final = Path("/proc/self/status")


def peak_bytes() -> int:
    """Tell the most memory that this process has held at once."""
    if PROC_STATUS.exists():  # getrusage counts what the parent process held before it started this one
        lines = PROC_STATUS.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    import resource  # noqa: PLC0415 - not there on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
