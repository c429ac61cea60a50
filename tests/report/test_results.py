"""Both files of results."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest

from vtex_tracking.model import Outcome
from vtex_tracking.report.results import write_results


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
