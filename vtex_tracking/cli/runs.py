"""`vtex-tracking runs`."""

from __future__ import annotations

from typing import Any

import click

from vtex_tracking.cli import options
from vtex_tracking.cli.setting import Command

EXAMPLES = """\b
Examples:
  vtex-tracking runs --account mystore
  vtex-tracking runs --account mystore --json | jq '.[0].exit_code'
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--json", "is_json", is_flag=True, help="The runs as a JSON array.")
@options.of_ledger
@click.pass_context
def runs(ctx: click.Context, /, *, is_json: bool, **_settings: Any) -> None:
    """List past runs, the newest first."""
    from vtex_tracking.cli import past  # noqa: PLC0415 - --help stays quick

    ctx.exit(past.runs(options=ctx.params, is_json=is_json))
