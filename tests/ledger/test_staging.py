"""Records beside the ledger: as many as there are, in order, few of them in memory."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_runs import rows

from vtex_tracking.ledger.sqlite.asking import asking
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.staging import Staging


def in_order(staging: Staging) -> list[str]:
    return [record for block in staging.in_order() for record in block]


def staged(ledger: LedgerFile, *runs: list[str]) -> Staging:
    staging = Staging(ledger)
    for run in runs:
        staging.add(list(run))
    return staging


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.text(max_size=3).map(lambda text: f"r{text}"), max_size=20), max_size=8))
def test_records_come_in_order_however_they_were_added(runs: list[list[str]]) -> None:
    """Each as often as it was added, at any time it is asked for."""
    with LedgerFile(None) as ledger:
        staging = staged(ledger, *runs)
        expected = sorted(record for run in runs for record in run)
        assert [expected] * 2 == [in_order(staging), in_order(staging)]


def many(*, runs: int, records: int) -> list[list[str]]:
    numbers = random.Random(1).sample(range(10**6), runs * records)  # noqa: S311 - the same each time
    texts = [f"{number:06}" for number in numbers]
    return [texts[first : first + records] for first in range(0, len(texts), records)]


def test_more_runs_than_are_merged_at_once(ledger: LedgerFile) -> None:
    """Some of them are merged before, each time anew, and what that took is not left behind."""
    runs = many(runs=130, records=4)
    staging = staged(ledger, *runs)
    expected = sorted(record for run in runs for record in run)
    counts = []
    for _ in range(3):
        assert expected == in_order(staging)
        counts += rows(ledger, "SELECT count(*) FROM temp.intake")
    assert counts[0] == counts[1] == counts[2]
    assert counts[0] != (len(runs),)
    staging.add(["000000x"])
    assert len(expected) + 1 == len(in_order(staging))


def test_a_transaction_that_fails_takes_nothing_of_it(ledger: LedgerFile) -> None:
    """What was staged can be had again, although merging wrote beside it."""
    staging = staged(ledger, *many(runs=60, records=4))
    with suppress(ZeroDivisionError), ledger.transaction():
        assert 240 == len(in_order(staging))
        raise ZeroDivisionError
    assert 240 == len(in_order(staging))


@pytest.mark.parametrize("length", [1, 20_000])
def test_few_records_are_in_memory_at_once(ledger: LedgerFile, length: int) -> None:
    """A page of each run: fewer records where they are long."""
    runs = [[record + "x" * length for record in run] for run in many(runs=3, records=400)]
    staging = staged(ledger, *runs)
    assert max(len(block) for block in staging.in_order()) <= (3 * 250 if length == 1 else 3 * 3)
    ((largest,),) = rows(ledger, "SELECT max(length(records)) FROM temp.intake")
    assert isinstance(largest, int)
    assert largest < 100_000


def test_who_waits_is_asked_on_the_way(ledger: LedgerFile) -> None:
    """For each of the blocks, as SQLite has no part in putting them in order."""
    staging = staged(ledger, *many(runs=3, records=2000))
    asked: list[None] = []
    with asking(ledger, lambda: asked.append(None)):
        blocks = sum(1 for _ in staging.in_order())
        assert len(asked) >= blocks > 20
    assert blocks > 20
    asked.clear()
    in_order(staging)
    assert [] == asked


def test_a_new_staging_forgets_the_last_one(ledger: LedgerFile) -> None:
    """Two readings of one ledger do not mix; nothing at all is nothing."""
    staged(ledger, ["1"])
    assert [] == in_order(staged(ledger, []))
