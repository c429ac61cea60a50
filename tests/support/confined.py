"""Start the command with less than it would like to have: `python confined.py CONFINEMENT ARGUMENT…`.

`files:N` lets no file grow over N bytes, as on a full disk. `modes` has the modes of files hold for root as well. `stdout:closed` and
`stdout:unread` are what it says on stdout: nothing at all, and a pipe that nobody reads. `cores` gives it more than it would like: a crash
may write its memory to the disk. Linux.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys

_DROP_FROM_BOUNDING_SET = 24  # prctl
_OVERRIDE_MODES, _OVERRIDE_READING_MODES = 1, 2  # capabilities


def main() -> None:
    """Confine this process, and become the command."""
    _, confinement, *arguments = sys.argv
    match confinement.split(":"):
        case ["files", bytes_max]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(bytes_max), resource.RLIM_INFINITY))
        case ["modes"]:
            for capability in (_OVERRIDE_MODES, _OVERRIDE_READING_MODES):
                ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)  # who is not root has neither
        case ["cores"]:
            _, most = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        case ["stdout", "closed"]:
            os.close(1)
        case ["stdout", "unread"]:
            reading, writing = os.pipe()
            os.close(reading)
            os.dup2(writing, 1)
        case _:
            sys.exit(f"no such confinement: {confinement}")
    # -B: where no file may grow, Python leaves half a .pyc behind, for everybody else to stumble over
    os.execv(sys.executable, [sys.executable, "-B", "-m", "vtex_tracking", *arguments])  # noqa: S606 - the command under test


if __name__ == "__main__":
    main()
