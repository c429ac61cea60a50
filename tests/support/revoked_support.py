"""A key that is revoked in the middle of many invoices: `INVOICES=50000 python tests/support/revoked_support.py`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
from attrs import frozen
from process_support import Ended, push, results, summary, write_feed

from vtex_tracking import past
from vtex_tracking.sandbox import FaultRule, Sandbox

INVOICES: Final = int(os.environ.get("INVOICES", "1500"))
CONCURRENCY: Final = 20
_OPTIONS: Final = ("--rate", "2000/s", "--concurrency", str(CONCURRENCY), "--quiet")


@frozen(kw_only=True)
class Trial:
    """What became of a run whose key was revoked after `good` requests, and of the run with a good key after it."""

    invoices: int
    good: int
    revoked: Ended
    wasted: int
    counts: dict[str, Any]
    outcomes: Counter[str]
    mended: Ended
    told: Counter[str]
    ledger_problems: tuple[str, ...]

    def problems(self) -> Iterator[str]:
        """Every rule that does not hold, in words."""
        left = self.invoices - self.good
        if self.revoked.exit_code != 7:
            yield f"exit {self.revoked.exit_code}, not 7: {self.revoked.stderr}"
        if not 1 < self.wasted <= CONCURRENCY + 1:
            yield f"{self.wasted} requests after the key was revoked"
        if Counter(sent=self.good, pending=left) != self.outcomes:
            yield f"{self.good} were sent and {left} are left, but the report has {dict(self.outcomes)}"
        if (self.invoices, self.good, left) != tuple(self.counts[name] for name in ("invoices", "sent", "pending")):
            yield f"the accounts are {self.counts}"
        if self.mended.exit_code != 0:
            yield f"with a good key: exit {self.mended.exit_code}: {self.mended.stderr}"
        if self.invoices != len(self.told) or {1} != set(self.told.values()):
            yield f"{len(self.told)} invoices were taken {self.told.total()} times in all"
        yield from self.ledger_problems


async def revoke(*, invoices: int, folder: Path) -> Trial:
    """Revoke the key when half of the invoices are sent; then push again with a good one."""
    feed = write_feed(folder / "feed.csv", invoices=invoices, events=invoices, duplicates=0, defects=0)
    good = invoices // 2
    async with Sandbox(faults=[FaultRule(after=good, status=401)]) as sandbox:
        revoked = await push(sandbox, feed, *_OPTIONS, folder=folder)
        first = list(sandbox.requests)
    counts, outcomes = summary(folder)["counts"], Counter(result["outcome"] for result in results(folder))
    async with Sandbox() as sandbox:
        mended = await push(sandbox, feed, *_OPTIONS, folder=folder)
        second = list(sandbox.requests)
    return Trial(
        invoices=invoices,
        good=good,
        revoked=revoked,
        wasted=len(first) - good,
        counts=counts,
        outcomes=outcomes,
        mended=mended,
        told=Counter(request.path for request in (*first[:good], *second)),
        ledger_problems=past.check_ledger(folder / "ledger.db"),
    )


def main() -> None:
    """Say how it went; the ledger and the report of what went wrong stay to be looked at."""
    with tempfile.TemporaryDirectory(prefix="vtex-tracking-revoked-") as folder:
        trial = asyncio.run(revoke(invoices=INVOICES, folder=Path(folder)))
    click.echo(
        f"{trial.good} of {trial.invoices} sent, {trial.wasted} requests after the key was revoked, then the rest"
    )
    if problems := list(trial.problems()):
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
