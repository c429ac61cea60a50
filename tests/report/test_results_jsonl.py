"""`results.jsonl`."""

from __future__ import annotations

import io
import json

from attrs import asdict, evolve
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.model import Outcome
from vtex_tracking.report.results_jsonl import write_results_jsonl


@given(data=st.data())
def test_lines_read_back_as_the_outcomes(data: st.DataObject, any_outcome: st.SearchStrategy[Outcome]) -> None:
    """Each outcome is one line, and that line is exactly its fields, in their order."""
    outcomes = data.draw(st.lists(any_outcome, max_size=3))
    text = io.StringIO(newline="")
    write_results_jsonl(outcomes, to=text)
    *lines, rest = text.getvalue().split("\n")
    assert not rest
    assert [list(asdict(outcome).items()) for outcome in outcomes] == [list(json.loads(line).items()) for line in lines]


def test_text_stays_readable(outcome: Outcome) -> None:
    """Letters are not escaped, and codes are plain text."""
    text = io.StringIO()
    write_results_jsonl([evolve(outcome, first_place="São.csv:17")], to=text)
    assert '"first_place":"São.csv:17"' in text.getvalue()
    assert '"outcome":"sent","reason":"","http_status":200' in text.getvalue()
