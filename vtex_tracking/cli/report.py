"""`vtex-tracking report`."""

from __future__ import annotations

from typing import Any

import click

from vtex_tracking.cli import options
from vtex_tracking.cli.setting import Command

EXAMPLES = """\b
Examples:
  vtex-tracking report --account mystore
  vtex-tracking report --account mystore RUN --report again
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("run_id", metavar="[RUN]", required=False)
@options.of_report
@click.pass_context
def report(ctx: click.Context, /, run_id: str | None, **_settings: Any) -> None:
    """Write a run's report again, from the ledger.

    RUN is an id that `vtex-tracking runs` shows; without it, the newest run. Exits with 0 when the report is written,
    whatever the run's own exit code was.
    """
    from vtex_tracking.cli import past  # noqa: PLC0415 - --help stays quick

    ctx.exit(past.report(run_id, options=ctx.params))
