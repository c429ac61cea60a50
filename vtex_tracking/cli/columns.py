"""`vtex-tracking columns`."""

from __future__ import annotations

from typing import Any

import click

from vtex_tracking.cli import options
from vtex_tracking.cli.setting import Command

EXAMPLES = """\b
Examples:
  vtex-tracking columns feed.csv
  vtex-tracking columns feed.csv --write carrier.toml
  vtex-tracking columns --map carrier.toml feed.csv
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("feed", metavar="FEED", type=click.Path(allow_dash=True))
@click.option("--write", metavar="FILE", type=click.Path(dir_okay=False), help="Write this as a mapping file to edit.")
@click.option("--json", "is_json", is_flag=True, help="The same as a JSON array.")
@options.of_feed
@click.pass_context
def columns(ctx: click.Context, /, feed: str, *, write: str | None, is_json: bool, **_settings: Any) -> None:
    """Show how a feed is understood: its format, its columns with a few values, and its first defects.

    Only the beginning of the feed is read. Nothing is sent, and nothing is remembered.
    """
    from vtex_tracking.cli import surveying  # noqa: PLC0415 - --help stays quick

    ctx.exit(surveying.columns(feed, options=ctx.params, path=write, is_json=is_json))
