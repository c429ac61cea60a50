"""`results.csv`."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.model import Outcome
from vtex_tracking.report.results import write_results
from vtex_tracking.report.spreadsheet import disarmed


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str():
            return disarmed(value)
        case _:
            return str(value)


@given(data=st.data())
def test_rows_read_back_as_the_outcomes(data: st.DataObject, any_outcome: st.SearchStrategy[Outcome]) -> None:
    """Read by the csv module, each row has the fields of its outcome under their names, in order."""
    outcomes = data.draw(st.lists(any_outcome, max_size=3))
    text = io.StringIO(newline="")
    write_results(outcomes, jsonl=io.StringIO(), table=text)
    text.seek(1)
    expected = [{name: _cell(value) for name, value in outcome._asdict().items()} for outcome in outcomes]
    assert expected == list(csv.DictReader(text))


def test_a_run_without_invoices_has_a_header(outcome: Outcome) -> None:
    """An empty run is told from an absent file by its header."""
    text = io.StringIO(newline="")
    write_results([], jsonl=io.StringIO(), table=text)
    assert f"\ufeff{','.join(outcome._asdict())}\r\n" == text.getvalue()
