"""What `push` does: settings and credentials, one run, its progress, its signals, its summary."""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from vtex_tracking.cli import loop
from vtex_tracking.cli.assemble import settings_from
from vtex_tracking.cli.credentials import read_credentials
from vtex_tracking.cli.logs import configure, log_lost_exceptions
from vtex_tracking.cli.progress import display_for_stderr, shown_on
from vtex_tracking.cli.signals import stopping
from vtex_tracking.cli.terminal import say, show
from vtex_tracking.credentials import Credentials, Secret
from vtex_tracking.pipeline import new_run_id, push_feed
from vtex_tracking.report import render_summary
from vtex_tracking.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vtex_tracking.cli.progress import Display
    from vtex_tracking.settings import Settings

_SANDBOX_KEYS: Final = Credentials(app_key=Secret("sandbox-key"), app_token=Secret("sandbox-token"))


def push(feeds: Sequence[str], *, options: Mapping[str, Any]) -> int:
    """Everything that can be wrong with the settings is found before a feed is opened."""
    _leave_no_core()
    configure(level=options["log_level"], form=options["log_format"])
    run_id = new_run_id()
    display = None if options["quiet"] else display_for_stderr()
    settings = settings_from(options, run_id=run_id)
    if options["sandbox"]:
        return loop.run(_push_to_sandbox(feeds, settings=settings, run_id=run_id, display=display))
    credentials = read_credentials(os.environ)
    return loop.run(_push(feeds, settings=settings, credentials=credentials, run_id=run_id, display=display))


def _leave_no_core() -> None:
    """A crash writes no image of this process to the disk, for the keys would be in it."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))


async def _push(
    feeds: Sequence[str], *, settings: Settings, credentials: Credentials, run_id: str, display: Display | None
) -> int:
    log_lost_exceptions()
    async with push_feed(feeds, settings=settings, credentials=credentials, run_id=run_id) as run:
        with stopping(run):
            async with shown_on(display, run.progress):
                summary = await run.finish()
    show(render_summary(summary, files=run.report_files))
    return summary.exit_code


async def _push_to_sandbox(feeds: Sequence[str], *, settings: Settings, run_id: str, display: Display | None) -> int:
    """Nothing of the user's own store, ledger or report is touched; what was made stays, to be looked at."""
    folder = Path(tempfile.mkdtemp(prefix="vtex-tracking-sandbox-"))
    try:
        async with Sandbox() as sandbox:
            there = evolve(
                settings, base_url=sandbox.url, ledger_path=folder / "ledger.db", report_dir=folder / "report"
            )
            return await _push(feeds, settings=there, credentials=_SANDBOX_KEYS, run_id=run_id, display=display)
    finally:
        say(f"The sandbox is gone; its ledger and report stay in {folder}")
