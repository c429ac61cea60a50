"""Where the time of one start's imports goes, as a line of JSON: `python imports.py ARGUMENT...`, as `python ARGUMENT...`.

In milliseconds for each top-level package, as `-X importtime` tells of its modules.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from typing import Final

_LINE: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +([\w.]+)", re.ASCII)


def main(arguments: list[str]) -> None:
    """Add up what each module took by itself."""
    done = subprocess.run([sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True)
    own_ms: defaultdict[str, float] = defaultdict(float)
    for line in done.stderr.splitlines():
        found = _LINE.fullmatch(line)
        if found is not None:
            own_ms[found[2].partition(".")[0]] += int(found[1]) / 1000
    print(json.dumps(own_ms))


if __name__ == "__main__":
    main(sys.argv[1:])
