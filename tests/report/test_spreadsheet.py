"""Cells that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.report.spreadsheet import csv_cells, csv_line, disarmed, write_table

_CELLS = st.text(alphabet="'=+-@\t\r;ab1 ") | st.text()


def _armed_again(text: str) -> str:
    """What a reader of our CSV does: take one apostrophe away wherever we could have put it."""
    return re.sub(r"(^|(?<=[;\t]))'(?='*[=+\-@\t\r])", "", text)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_is_disarmed(start: str) -> None:
    """Each of the six characters gets an apostrophe at the start of a cell, and only there."""
    assert f"'{start}1" == disarmed(f"{start}1")
    assert f"a{start}1" == disarmed(f"a{start}1")


def test_a_cell_behind_a_semicolon_is_disarmed_too() -> None:
    """Excel in Portuguese takes a line of commas apart at its semicolons."""
    assert "a;'=1;'''-2;b=3;'" == disarmed("a;=1;''-2;b=3;'")
    assert ["x", "a;'=1"] == list(csv_cells(["x", "a;=1"]))


@given(_CELLS)
def test_disarming_can_be_undone(text: str) -> None:
    """No cell begins with a formula, and taking one apostrophe away at each place gives back what it was, apostrophes too."""
    assert not re.search(r"(^|;)[=+\-@\t\r]", disarmed(text))
    assert not disarmed(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert text == _armed_again(disarmed(text))


def test_a_table_has_a_mark_and_one_header() -> None:
    """The byte order mark stands once, before the header; a column's name is disarmed as any cell is."""
    text = io.StringIO(newline="")
    write_table([["=1", None, True, False, -5]], columns=["-a", "b", "c", "d", "e"], to=text)
    assert text.getvalue() == "\ufeff'-a,b,c,d,e\r\n'=1,,true,false,-5\r\n"


@given(st.lists(st.lists(_CELLS, min_size=2, max_size=2), max_size=5))
def test_any_text_stays_in_its_row(rows: list[list[str]]) -> None:
    """Quotes, commas, line ends and NUL in a cell never make another row or another cell."""
    text = io.StringIO(newline="")
    write_table(rows, columns=["a", "b"], to=text)
    text.seek(1)
    read = [[_armed_again(cell) for cell in row] for row in csv.reader(text)]
    assert [["a", "b"], *rows] == read


@given(st.lists(_CELLS | st.just(","), max_size=4))
def test_a_line_is_as_the_csv_module_writes_it(cells: list[str]) -> None:
    """Byte for byte, whether or not a cell needs quotes; also the empty row, and the row of one empty cell."""
    expected = io.StringIO(newline="")
    csv.writer(expected).writerow(cells)
    assert expected.getvalue() == csv_line(cells)


@given(st.lists(_CELLS | st.sampled_from([",", "a\n=1", "\n", '"', ""]), min_size=1, max_size=4))
def test_a_column_is_as_its_cells_alone(column: list[str]) -> None:
    """Below any other cell each is disarmed and quoted just as in a row of the table."""
    expected = [csv_line(["", disarmed(cell)]).removeprefix(",").removesuffix("\r\n") for cell in column]
    assert expected == list(csv_cells(column))
