"""The server of `server.py`, in a process of its own, for as long as it is needed."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from arrivals import Seen
from attrs import frozen

_SCRIPT: Final = Path(__file__).with_name("server.py")


@frozen(kw_only=True)
class Server:
    """Where it answers, and where it tells what came."""

    port: int
    telling_port: int
    command: str  # that starts one like it, from the project's folder, at the port `PORT`

    @property
    def url(self) -> str:
        """What requests begin with."""
        return f"http://127.0.0.1:{self.port}"

    def seen(self) -> Seen:
        """What came since this was last asked."""
        with socket.create_connection(("127.0.0.1", self.telling_port)) as asking, asking.makefile("rb") as told:
            return Seen(**json.loads(told.read()))


@contextmanager
def serving(*, latency_ms: float = 0.0, limit_per_s: int | None = None) -> Iterator[Server]:
    """Start one; it is ended afterwards."""
    asked = [f"--latency-ms={latency_ms:g}"] if latency_ms else []
    asked += [f"--limit-per-s={limit_per_s}"] if limit_per_s else []
    with subprocess.Popen([sys.executable, _SCRIPT, *asked], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            ports = json.loads(process.stdout.readline())
            yield Server(**ports, command=" ".join(["python benchmarks/server.py --port=PORT", *asked]))
        finally:
            process.terminate()
