"""What `report`, `runs` and `ledger` do: questions to the ledger, answered without a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from rich.table import Table
from rich.text import Text

from vtex_tracking import past
from vtex_tracking.cli.assemble import account_from, ledger_from
from vtex_tracking.cli.logs import complain, configure
from vtex_tracking.cli.terminal import amount, say, show
from vtex_tracking.errors import SettingsError
from vtex_tracking.report import render_summary
from vtex_tracking.report.shown import shown, shown_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vtex_tracking.model import Counts, RunRecord


def report(run_id: str | None, *, options: Mapping[str, Any]) -> int:
    """The report of a run, or of the newest, lies where the run's own would have been, unless `--report` says where."""
    ledger = _existing_ledger(options)
    chosen = run_id or _newest_run(ledger, account=options["account"])
    directory = Path(options["report"] or Path("vtex-tracking-reports", chosen))
    written = past.rewrite_report(ledger, run_id=chosen, directory=directory)
    show(render_summary(written.summary, files=written.files))
    return 0


def runs(*, options: Mapping[str, Any], is_json: bool) -> int:
    """Every run that the ledger remembers is one line, the newest first."""
    records = past.past_runs(_existing_ledger(options), account=options["account"])
    if is_json:
        say(shown_json(json.dumps([attrs.asdict(record) for record in records], ensure_ascii=False, indent=2)))
    else:
        show(_table_of(records))
    return 0


def check(*, options: Mapping[str, Any]) -> int:
    """Each problem is one line; a ledger that cannot be read at all raises LedgerError instead."""
    ledger = _existing_ledger(options)
    problems = past.check_ledger(ledger)
    for problem in problems:
        complain(f"{ledger}: {problem}")
    if not problems:
        say(f"{ledger} is whole")
    return 1 if problems else 0


def path(*, options: Mapping[str, Any]) -> int:
    """The path is all of the output, for a script to use."""
    configure_from(options)
    say(str(_ledger(options)))
    return 0


def forget(
    order_id: str | None, *, invoice_number: str | None, older_than_s: float | None, options: Mapping[str, Any]
) -> int:
    """Only the account's own invoices are forgotten."""
    forgotten = past.forget(
        _existing_ledger(options),
        account=account_from(options),
        order_id=order_id,
        invoice_number=invoice_number,
        older_than_s=older_than_s,
    )
    say(f"forgotten: {amount(forgotten)} invoices")
    return 0


def configure_from(options: Mapping[str, Any]) -> None:
    """Messages are as the options ask for."""
    configure(level=options["log_level"], form=options["log_format"])


def _ledger(options: Mapping[str, Any]) -> Path:
    ledger = ledger_from(options)
    if ledger is None:
        raise SettingsError("nothing is remembered in :memory:; give --ledger the path of a file")
    return ledger


def _existing_ledger(options: Mapping[str, Any]) -> Path:
    configure_from(options)
    ledger = _ledger(options)
    if not ledger.exists():
        raise SettingsError(f"there is no ledger at {ledger}; nothing was pushed with it yet")
    return ledger


def _newest_run(ledger: Path, *, account: str | None) -> str:
    records = past.past_runs(ledger, account=account)
    if not records:
        raise SettingsError(f"{ledger} remembers no run yet")
    return records[0].run_id


def _table_of(records: Sequence[RunRecord]) -> Table:
    """Narrow enough for a terminal of 80 columns; a run's id tells when it started."""
    table = Table("run", "exit", box=None, pad_edge=False)
    for heading in ("invoices", "sent", "unchanged", "rejected", "open"):
        table.add_column(heading, justify="right")
    table.add_column("feeds", overflow="fold")
    for record in records:
        exit_code = "cut short" if record.exit_code is None else str(record.exit_code)
        texts = [record.run_id, exit_code, *_numbers_of(record.counts), ", ".join(record.feeds)]
        table.add_row(*(Text(shown(text)) for text in texts))
    return table


def _numbers_of(counts: Counts | None) -> list[str]:
    """What failed, is unknown or is pending is open: the next run takes it up."""
    if counts is None:
        return [""] * 5
    still_open = counts.failed + counts.unknown + counts.pending
    return [amount(one) for one in (counts.invoices, counts.sent, counts.unchanged, counts.rejected, still_open)]
