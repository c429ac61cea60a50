"""One start of Python, and what it took, as a line of JSON: `python start.py ARGUMENT...`, as `python ARGUMENT...`."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

from cores import pin_client


def main(arguments: list[str]) -> None:
    """Start it, wait for its end, and ask the system what it took."""
    pin_client()
    started_s = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    wall_s = time.perf_counter() - started_s
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"ms": wall_s * 1000, "CPU ms": (used.ru_utime + used.ru_stime) * 1000}))


if __name__ == "__main__":
    main(sys.argv[1:])
