"""`vtex-tracking sandbox`."""

from __future__ import annotations

from typing import Any

import click

from vtex_tracking.cli import options
from vtex_tracking.cli.setting import Command
from vtex_tracking.cli.types import READABLE, duration, rate

EXAMPLES = """\b
Examples:
  vtex-tracking sandbox
  vtex-tracking sandbox --limit 10/s --latency 50ms --log requests.jsonl
  vtex-tracking sandbox --port 0 --known orders.jsonl --faults faults.toml
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port; 0 takes any free one."
)
@click.option("--limit", metavar="N/s", type=rate, help="Answer 429 to more requests than this.")
@click.option("--latency", metavar="D", type=duration, help="Wait so long before each answer.")
@click.option("--faults", metavar="FILE", type=READABLE, help="A TOML list of rules: what shall go wrong, and when.")
@click.option("--known", metavar="FILE", type=READABLE, help="The orders and invoices to know, as JSON Lines.")
@click.option(
    "--log", metavar="FILE", type=click.Path(dir_okay=False), help="Write a line of JSON here for each request."
)
@options.of_message
@click.pass_context
def sandbox(ctx: click.Context, /, **_settings: Any) -> None:
    """Run a VTEX on loopback, to try things on, until Ctrl-C.

    It takes the same requests as VTEX, checks them, and remembers them; any credentials will do.
    """
    from vtex_tracking.cli import serving  # noqa: PLC0415 - --help stays quick

    ctx.exit(serving.serve(options=ctx.params))
