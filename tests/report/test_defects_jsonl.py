"""`defects.jsonl`."""

from __future__ import annotations

import io
import json

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.model import Defect
from vtex_tracking.report.defects_jsonl import write_defects_jsonl


def _written(defects: list[Defect]) -> list[dict[str, object]]:
    text = io.StringIO(newline="")
    write_defects_jsonl(defects, to=text)
    return [json.loads(line) for line in text.getvalue().split("\n")[:-1]]


def test_a_tabular_record_is_an_object(defect: Defect) -> None:
    """Cells stand under their columns, exactly as they were; those beyond the columns are a list."""
    (row,) = _written([evolve(defect, cells=("=1", "", "é", "-", "extra"))])
    assert row == {
        "_place": defect.place,
        "_column": "Data",
        "_code": "bad_date",
        "_problem": defect.problem,
        "record": {"Pedido": "=1", "NF": "", "Data": "é", "Status": "-"},
        "extra": ["extra"],
        "text": None,
    }


def test_a_name_that_comes_again_loses_no_cell(defect: Defect) -> None:
    """An object has each name once; the cells of a second column of that name are kept beside it."""
    (row,) = _written([evolve(defect, columns=("NF", "Obs", "Obs"), cells=("1", "2", "3", "4"))])
    assert row["record"] == {"NF": "1", "Obs": "2"}
    assert row["extra"] == ["3", "4"]


def test_any_other_record_is_its_text(defect: Defect) -> None:
    """What has no columns is shown as it stood in the feed."""
    (row,) = _written([evolve(defect, columns=(), cells=(), text='{"order')])
    assert row["record"] is None
    assert row["text"] == '{"order'
    assert row["extra"] == []


@given(data=st.data())
def test_nothing_of_a_record_is_lost(data: st.DataObject, any_tabular_defect: st.SearchStrategy[Defect]) -> None:
    """Each defect is one line, and its cells can be put together again from it."""
    defects = data.draw(st.lists(any_tabular_defect, max_size=3))
    rows = _written(defects)
    expected = [list(defect.cells) for defect in defects]
    assert expected == [[*dict(row["record"]).values(), *list(row["extra"])] for row in rows]  # type: ignore[call-overload]
