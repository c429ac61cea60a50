"""`results.jsonl`."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.model import Outcome
from vtex_tracking.report.results_jsonl import json_line


@given(data=st.data())
def test_lines_read_back_as_the_outcomes(data: st.DataObject, any_outcome: st.SearchStrategy[Outcome]) -> None:
    """Each outcome is one line, and that line is exactly its fields, in their order."""
    outcomes = data.draw(st.lists(any_outcome, max_size=3))
    *lines, rest = "".join(map(json_line, outcomes)).split("\n")
    assert not rest
    assert [list(outcome._asdict().items()) for outcome in outcomes] == [
        list(json.loads(line).items()) for line in lines
    ]


def test_text_stays_readable(outcome: Outcome) -> None:
    """Letters are not escaped, and codes are plain text."""
    line = json_line(outcome._replace(first_place="São.csv:17"))
    assert '"first_place":"São.csv:17"' in line
    assert '"outcome":"sent","reason":"","http_status":200' in line


@given(data=st.data())
def test_lines_are_as_the_json_module_writes_them(data: st.DataObject, any_outcome: st.SearchStrategy[Outcome]) -> None:
    """Byte for byte: without spaces, and with nothing escaped that need not be."""
    outcome = data.draw(any_outcome)
    assert f"{json.dumps(outcome._asdict(), ensure_ascii=False, separators=(',', ':'))}\n" == json_line(outcome)
