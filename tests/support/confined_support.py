"""The command with less than it would like to have: a full disk, no way around file modes, nobody who reads stdout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import confined
from process_support import Ended, end, start_python

from vtex_tracking.sandbox import Sandbox

_SCRIPT: Final = Path(confined.__file__)


async def run_confined(confinement: str, *arguments: str | Path, folder: Path) -> Ended:
    """Start the command so confined, and wait for its end."""
    return await end(await start_python(_SCRIPT, confinement, *arguments, folder=folder))


async def push_confined(confinement: str, sandbox: Sandbox, feed: Path, *options: str | Path, folder: Path) -> Ended:
    """Push a feed to the sandbox so confined, with ledger and report in the folder."""
    where = ("--account", "mystore", "--base-url", sandbox.url, "--ledger", folder / "ledger.db")
    return await run_confined(confinement, "push", feed, *where, "--report", folder / "report", *options, folder=folder)
