"""`defects.csv`."""

from __future__ import annotations

import csv
import io

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.model import Defect
from vtex_tracking.report.defects_csv import write_defects_csv
from vtex_tracking.report.spreadsheet import disarmed

_OURS = ["_place", "_column", "_code", "_problem"]


def _written(defects: list[Defect]) -> list[list[str]]:
    text = io.StringIO(newline="")
    write_defects_csv(lambda: iter(defects), to=text)
    text.seek(1)
    return list(csv.reader(text))


def test_a_record_stands_under_its_own_columns(defect: Defect) -> None:
    """The feed's columns come first, so that the file can be fed back; place, column, code and problem follow."""
    header, row = _written([defect])
    assert ["Pedido", "NF", "Data", "Status", *_OURS] == header
    assert [*defect.cells, defect.place, "Data", "bad_date", defect.problem] == row


def test_feeds_share_the_columns_of_all(defect: Defect) -> None:
    """The header is the union in the order met; a feed without a column has an empty cell there."""
    other = evolve(defect, columns=("NF", "UF"), cells=("7", "PR"))
    header, first, second = _written([defect, other])
    assert ["Pedido", "NF", "Data", "Status", "UF", *_OURS] == header
    assert [*defect.cells, ""] == first[:5]
    assert ["", "7", "", "", "PR"] == second[:5]


def test_a_mended_file_fed_back_gives_our_columns_once(defect: Defect) -> None:
    """A defect of a file that was a report already says its new problem, not the old one beside it."""
    again = evolve(defect, columns=(*defect.columns, *_OURS), cells=(*defect.cells, "old", "old", "old", "old"))
    assert _written([defect]) == _written([again])


def test_a_short_record_is_filled_up(defect: Defect) -> None:
    """Cells that the record did not have are empty, and nothing moves to another column."""
    _, row = _written([evolve(defect, cells=("1", "2"))])
    assert ["1", "2", "", "", defect.place] == row[:5]


def test_a_long_record_keeps_the_rest_at_its_end(defect: Defect) -> None:
    """Extra cells are not lost, and fed back unmended they make the record too long again."""
    header, row = _written([evolve(defect, cells=(*defect.cells, "extra", "=more"))])
    assert ["extra", "'=more"] == row[len(header) :]


def test_a_name_that_comes_again_is_another_column(defect: Defect) -> None:
    """Columns without a name, or with one name, keep a cell each, and the header is the feed's."""
    header, row = _written([evolve(defect, columns=("NF", "", "Obs", "", "Obs"), cells=("1", "2", "3", "4", "5"))])
    assert ["NF", "", "Obs", "", "Obs", *_OURS] == header
    assert ["1", "2", "3", "4", "5"] == row[:5]


def test_without_tabular_defects_there_is_a_header(defect: Defect) -> None:
    """The file is there after every run; a defect of JSON Lines is not for it."""
    assert [_OURS] == _written([evolve(defect, columns=(), cells=(), text="{")])


@given(data=st.data())
def test_any_record_stays_one_row(data: st.DataObject, any_tabular_defect: st.SearchStrategy[Defect]) -> None:
    """Whatever a feed holds, each defect is one row, and every cell stands under its column's name."""
    defects = data.draw(st.lists(any_tabular_defect, max_size=3))
    header, *rows = _written(defects)
    assert len(defects) == len(rows)
    for defect, row in zip(defects, rows, strict=True):
        cells = dict(zip(header, row, strict=False))
        for name, cell in zip(defect.columns, defect.cells, strict=False):
            assert disarmed(cell) == cells[disarmed(name)]
        assert list(map(disarmed, defect.cells[len(defect.columns) :])) == row[len(header) :]
        assert disarmed(defect.problem) == cells["_problem"]
