"""`vtex-tracking ledger check`, `path` and `forget`."""

from __future__ import annotations

from typing import Any

import click

from vtex_tracking.cli import options
from vtex_tracking.cli.setting import Command
from vtex_tracking.cli.types import duration

EXAMPLES = """\b
Examples:
  vtex-tracking ledger path --account mystore
  vtex-tracking ledger check --account mystore
  vtex-tracking ledger forget --account mystore --older-than 400d
"""
FORGET_EXAMPLES = """\b
Examples:
  vtex-tracking ledger forget --account mystore --order 1172452900788-01
  vtex-tracking ledger forget --account mystore --older-than 400d --yes
"""


@click.group(epilog=EXAMPLES)
def ledger() -> None:
    """Look after the ledger, the file that remembers what was sent."""


@ledger.command(cls=Command)
@options.of_ledger
@click.pass_context
def check(ctx: click.Context, /, **_settings: Any) -> None:
    """Read the whole ledger and say what is wrong with it.

    Exits with 0 when it is whole, 1 when something in it is wrong, 8 when it cannot be read at all.
    """
    from vtex_tracking.cli import past  # noqa: PLC0415 - --help stays quick

    ctx.exit(past.check(options=ctx.params))


@ledger.command(cls=Command)
@options.of_ledger
@click.pass_context
def path(ctx: click.Context, /, **_settings: Any) -> None:
    """Print where the ledger is, whether it exists yet or not."""
    from vtex_tracking.cli import past  # noqa: PLC0415 - --help stays quick

    ctx.exit(past.path(options=ctx.params))


@ledger.command(cls=Command, epilog=FORGET_EXAMPLES)
@click.option("--order", "order_id", metavar="ID", help="The invoices of this order.")
@click.option("--invoice", "invoice_number", metavar="NUMBER", help="Only this invoice of the order.")
@click.option("--older-than", metavar="D", type=duration, help="Invoices that were settled longer ago than this.")
@click.confirmation_option(
    prompt="A feed that speaks of these invoices again will have them sent again. Forget them?",
    help="Do not ask.",
)
@options.of_ledger
@click.pass_context
def forget(
    ctx: click.Context,
    /,
    order_id: str | None,
    *,
    invoice_number: str | None,
    older_than: float | None,
    **_settings: Any,
) -> None:
    """Remove what the ledger knows of some invoices, such as addresses in descriptions.

    An invoice that is still to be sent is never forgotten. A feed that speaks of a forgotten one has it sent again.
    """
    if order_id is None and older_than is None:
        raise click.UsageError("which invoices? give --order ID, --older-than D, or both")
    if invoice_number is not None and order_id is None:
        raise click.UsageError("--invoice needs the --order that it belongs to")
    from vtex_tracking.cli import past  # noqa: PLC0415 - --help stays quick

    ctx.exit(past.forget(order_id, invoice_number=invoice_number, older_than_s=older_than, options=ctx.params))
