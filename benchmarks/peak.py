"""The most memory that a process has held."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")


def peak_bytes(process: int | str = "self") -> int:
    """Tell the most memory that this process has held at once; on Linux, also that of another one that still runs."""
    if PROC.exists():  # getrusage counts what the parent process held before it started this one
        lines = (PROC / str(process) / "status").read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
    import resource  # noqa: PLC0415 - not there on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF if process == "self" else resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
