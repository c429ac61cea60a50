"""Both files of results."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from vtex_tracking.model import Outcome
from vtex_tracking.report.folder import Drafts
from vtex_tracking.report.results import EarlyResults, write_results


@pytest.mark.parametrize("invoices", [50, 700])
def test_one_pass_fills_both_files_in_order(outcome: Outcome, invoices: int) -> None:
    """Each outcome is taken once, and stands at the same place in each file; also of more than one block."""
    taken = []

    def outcomes() -> Iterator[Outcome]:
        for number in range(invoices):
            taken.append(number)
            yield outcome._replace(events=number)

    jsonl, table = io.StringIO(newline=""), io.StringIO(newline="")
    write_results(outcomes(), jsonl=jsonl, table=table)
    table.seek(1)
    expected = list(range(invoices))
    assert expected == taken
    assert expected == [json.loads(line)["events"] for line in jsonl.getvalue().splitlines()]
    assert expected == [int(row["events"]) for row in csv.DictReader(table)]


def test_what_was_in_words_early_is_the_same(tmp_path: Path, outcome: Outcome) -> None:
    """Byte for byte, also of half a character; and nobody sees a file of it."""
    outcomes = [outcome._replace(order_id=f"{number}\ud800é", events=number) for number in range(600)]
    with closing(EarlyResults(tmp_path)) as early:
        early.add(outcomes[:300])
        early.add(outcomes[300:301])
        assert [] == list(tmp_path.iterdir())
        written = []
        for rest, ready in ((outcomes, None), (outcomes[301:], early)):
            with Drafts(tmp_path) as drafts:
                files = drafts.new("results.jsonl"), drafts.new("results.csv")
                write_results(rest, jsonl=files[0], table=files[1], early=ready)
                written.append([drafts.publish(name).read_bytes() for name in ("results.jsonl", "results.csv")])
    assert written[0] == written[1]
    assert 600 == written[0][0].count(b"\n")
