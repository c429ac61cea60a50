"""`vtex-tracking push`."""

from __future__ import annotations

from typing import Any

import click

from vtex_tracking.cli import options
from vtex_tracking.cli.setting import Command

EXAMPLES = """\b
Examples:
  vtex-tracking push --sandbox feed.csv            try it: no store, no credentials
  vtex-tracking push --account mystore feed.csv    for real
  vtex-tracking push 'in/*.csv.gz' --rate 300/min --quiet
  vtex-tracking push 's3://carriers/in/*.csv'      also sftp://, https://, gs://, az://
  zcat feed.csv.gz | vtex-tracking push -
  vtex-tracking push --resume                      only what earlier runs left open

\b
Credentials come from the environment only:
  VTEX_APP_KEY and VTEX_APP_TOKEN, or VTEX_APP_KEY_FILE and VTEX_APP_TOKEN_FILE
  with the paths of files that only you can read.

Every option is also a variable, such as VTEX_TRACKING_RATE, and a key of
vtex-tracking.toml, such as rate = "10/s". The command line wins over the
environment, which wins over the file.

\b
Exit codes:
  0    every invoice is sent or unchanged, and every record was read
  1    unexpected: a bug of ours
  2    usage or settings are wrong
  3    done, but a person is needed: defects, or rejected invoices
  4    done, but some invoices failed for now or are unknown: run again
  5    a feed cannot be read; nothing was sent
  6    stopped early (time, outage, long throttling): run again
  7    credentials refused
  8    ledger or report cannot be written, or the ledger is damaged
  9    another run holds this ledger
  130  stopped by Ctrl-C; 143 by SIGTERM or SIGHUP
"""


@click.command(cls=Command, epilog=EXAMPLES)
@options.feeds
@options.of_run
@options.resume
@click.pass_context
def push(ctx: click.Context, /, feeds: tuple[str, ...], *, resume: bool, **_settings: Any) -> None:
    """Send what the feeds say and VTEX was not yet told.

    A FEED is a file of a carrier's tracking events, packed or not, a pattern such as 'in/*.csv', a URL such as
    sftp://carrier/out/feed.csv, or - for standard input. The events are gathered per order and invoice; each invoice that changed is sent with one
    request. What was sent is remembered, so the same command can be run again at any time: it goes on where it
    stopped, and sends nothing twice.
    """
    if not feeds and not resume:
        raise click.UsageError("which feed? name at least one, or give --resume to send what earlier runs left open")
    from vtex_tracking.cli import pushing  # noqa: PLC0415 - --help stays quick

    ctx.exit(pushing.push(feeds, options=ctx.params))
