"""What `sandbox` does: a sandbox that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtex_tracking.cli.files import read_text
from vtex_tracking.cli.logs import configure, log_lost_exceptions
from vtex_tracking.cli.terminal import amount, say
from vtex_tracking.sandbox import Sandbox, read_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOW_TO_USE = """\
A VTEX sandbox listens on {url} until Ctrl-C. To use it, in another shell:

  export VTEX_ACCOUNT=sandbox VTEX_TRACKING_BASE_URL={url}
  export VTEX_APP_KEY=sandbox-key VTEX_APP_TOKEN=sandbox-token

then: vtex-tracking push feed.csv"""


def serve(*, options: Mapping[str, Any]) -> int:
    """The sandbox is as the options ask for; being stopped is its ordinary end."""
    configure(level=options["log_level"], form=options["log_format"])
    faults = options["faults"]
    sandbox = Sandbox(
        port=options["port"],
        limit=options["limit"],
        latency_s=options["latency"] or 0.0,
        faults=read_faults(read_text(faults, what="list of faults"), name=faults) if faults else (),
        known=Path(options["known"]) if options["known"] else None,
        request_log=Path(options["log"]) if options["log"] else None,
    )
    return asyncio.run(_serve(sandbox))


async def _serve(sandbox: Sandbox) -> int:
    log_lost_exceptions()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    async with sandbox:
        say(_HOW_TO_USE.format(url=sandbox.url))
        await stopped.wait()
    say(f"The sandbox took {amount(len(sandbox.requests))} requests.")
    return 0
