"""`results.jsonl`."""

from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.model import Outcome
from vtex_tracking.report.results import write_results


def _written(*outcomes: Outcome) -> str:
    text = io.StringIO(newline="")
    write_results(outcomes, jsonl=text, table=io.StringIO())
    return text.getvalue()


@given(data=st.data())
def test_lines_read_back_as_the_outcomes(data: st.DataObject, any_outcome: st.SearchStrategy[Outcome]) -> None:
    """Each outcome is one line, and that line is exactly its fields, in their order."""
    outcomes = data.draw(st.lists(any_outcome, max_size=3))
    *lines, rest = _written(*outcomes).split("\n")
    assert not rest
    assert [list(outcome._asdict().items()) for outcome in outcomes] == [
        list(json.loads(line).items()) for line in lines
    ]


def test_text_stays_readable(outcome: Outcome) -> None:
    """Letters are not escaped, and codes are plain text."""
    line = _written(outcome._replace(first_place="São.csv:17"))
    assert '"first_place":"São.csv:17"' in line
    assert '"outcome":"sent","reason":"","http_status":200' in line


@given(data=st.data())
def test_lines_are_as_the_json_module_writes_them(data: st.DataObject, any_outcome: st.SearchStrategy[Outcome]) -> None:
    """Byte for byte: without spaces, and with nothing escaped that need not be."""
    outcomes = data.draw(st.lists(any_outcome, max_size=3))
    lines = [json.dumps(outcome._asdict(), ensure_ascii=False, separators=(",", ":")) for outcome in outcomes]
    assert "".join(f"{line}\n" for line in lines) == _written(*outcomes)
