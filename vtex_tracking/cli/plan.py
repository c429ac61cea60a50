"""`vtex-tracking plan`."""

from __future__ import annotations

from typing import Any

import click

from vtex_tracking.cli import options
from vtex_tracking.cli.setting import Command

EXAMPLES = """\b
Examples:
  vtex-tracking plan --account mystore feed.csv
  vtex-tracking plan --account mystore --json 'in/*.csv' | jq .requests
"""


@click.command(cls=Command, epilog=EXAMPLES)
@options.feeds
@click.option("--json", "is_json", is_flag=True, help="The plan as one JSON object.")
@options.of_run
@click.pass_context
def plan(ctx: click.Context, /, feeds: tuple[str, ...], *, is_json: bool, **_settings: Any) -> None:
    """Show what push would do: no request, no change in the ledger.

    Takes the options of push, so that one word turns a plan into a push. Needs no credentials.
    """
    if not feeds:
        raise click.UsageError("which feed? name at least one")
    from vtex_tracking.cli import planning  # noqa: PLC0415 - --help stays quick

    ctx.exit(planning.plan(feeds, options=ctx.params, is_json=is_json))
