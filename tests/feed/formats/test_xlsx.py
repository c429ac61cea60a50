"""A sheet of a workbook reads as the same table would as CSV, and nothing in it is rounded."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from feed_support import Entries, entries_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory import taken
from workbook_writers import Cell, raw_workbook, write_workbook

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.formats.xlsx import read_xlsx
from vtex_tracking.model import Defect, TrackingEvent, clean_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader

HEADER: Final[list[Cell]] = ["Pedido", "Nota Fiscal", "Data", "Hora", "Descrição", "Entregue"]
DAY: Final = date(2026, 3, 5)


def read(rows: list[list[Cell]], **settings: Any) -> Entries:
    return entries_of(read_xlsx, write_workbook({"Plan1": rows}), name="book.xlsx", **settings)


def values_of(read: Entries) -> list[list[object]]:
    return [list(entry.values) for entry in read.found]


def test_rows_below_the_header_are_entries_with_their_numbers() -> None:
    """Titles, empty rows and totals are none; whole numbers are texts, dates and times ISO."""
    rows: list[list[Cell]] = [
        [None, "Relatório de ocorrências"],
        [],
        [None, *HEADER],
        [None, "1-01", 30711, DAY, time(8, 15), "Saiu", False],
        [None, "  "],
        [None, "1-01", "000030711", datetime(2026, 3, 6, 9, 30, 1), None, "Entregue", True],  # noqa: DTZ001 - a sheet has no zones
        [None, "Total"],
    ]
    found = read(rows)
    assert [4, 6] == [entry.number for entry in found.found]
    assert [
        ["1-01", "30711", "2026-03-05", "08:15", "Saiu", False],
        ["1-01", "000030711", "2026-03-06 09:30:01", "", "Entregue", True],
    ] == values_of(found)
    tally = found.tally
    assert (1, 1, 1) == (tally.title_lines, tally.blank_lines, tally.total_lines)


def test_an_id_that_is_a_number_is_told_once() -> None:
    """It is exact, but nobody knows what zeros it had."""
    rows: list[list[Cell]] = [HEADER, ["1-01", 7, DAY, None, "Saiu", None], ["1-01", 8, DAY, None, "Saiu", None]]
    found = read(rows)
    assert ["7", "8"] == [values[1] for values in values_of(found)]
    [warning] = found.tally.warnings
    assert warning.startswith("book.xlsx: row 2 has the invoice_number as a number, which has lost any zeros before it")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("<c><v>1.17245E+17</v></c>", "float_id"),
        ("<c><v>30711.5</v></c>", "float_id"),
        ("<c><v>35260311222333000181550010006437971123456782</v></c>", "float_id"),
        ('<c t="e"><v>#N/A</v></c>', "spreadsheet_error"),
        ("<c><f>VLOOKUP(A1)</f></c>", "spreadsheet_error"),
        ('<c t="b"><v>1</v></c>', "bad_id"),
        ("<c/>", "missing_field"),
        ('<c t="str"><v>1,17E+12</v></c>', "scientific_notation"),
    ],
)
def test_an_id_that_is_not_exact_is_a_defect(feed: Callable[..., FeedReader], cell: str, code: str) -> None:
    """Refused, never rounded."""
    names = "".join(f'<c t="str"><v>{name}</v></c>' for name in ("Pedido", "NF", "Data", "Status"))
    rows = f'<row>{names}</row><row><c t="str"><v>1</v></c>{cell}<c t="d"><v>2026-03-05</v></c><c t="str"><v>x</v></c></row>'
    [defect] = feed(raw_workbook(rows))
    assert isinstance(defect, Defect)
    assert (code, "NF", ("Pedido", "NF", "Data", "Status")) == (defect.code, defect.column, defect.columns)
    assert defect.place.endswith("feed:2")


def test_cells_beside_the_table_are_told_and_left() -> None:
    """A note in the margin is no damage."""
    record: list[Cell] = ["1-01", "7", DAY, None, "Saiu", None, None, "conferir"]
    rows = [HEADER, record, record]
    found = read(rows)
    assert [["1-01", "7", "2026-03-05", "", "Saiu", ""]] * 2 == values_of(found)
    assert ["book.xlsx: row 2 has cells beside the table, under no name of its header: they are not read"] == list(
        found.tally.warnings
    )


def test_a_long_cell_is_a_problem_of_its_row() -> None:
    """As in CSV."""
    rows: list[list[Cell]] = [HEADER, ["1-01", "7", DAY, None, "x" * 200, None], ["1-01", "7", DAY, None, "y", None]]
    long, short = read(rows, field_characters_max=100).found
    assert long.problem is not None
    assert ("field_too_long", "x" * 100, None) == (long.problem.code, long.values[4], short.problem)


def test_a_long_row_is_a_problem_of_its_own() -> None:
    """As a long line is."""
    rows: list[list[Cell]] = [HEADER, ["1-01", "7", DAY, None, "x" * 200, None], ["1-01", "7", DAY, None, "y", None]]
    long, short = read(rows, line_bytes_max=150).found
    assert long.problem is not None
    assert ("line_too_long", "1-01", "", None) == (long.problem.code, long.values[0], long.values[4], short.problem)


@pytest.mark.parametrize("start", [" " * 200, "Total " + "x" * 100, "x" * 200])
def test_a_long_row_is_never_taken_for_none(start: str) -> None:
    """Whatever its beginning looks like, which is all that is kept of it: a record may be behind that."""
    rows: list[list[Cell]] = [HEADER, ["1-01", "7", DAY, None, "Saiu", None], [start, None, "y" * 99, "1-01", "7"]]
    short, long = read(rows, line_bytes_max=150).found
    assert long.problem is not None
    assert (None, "line_too_long", 3) == (short.problem, long.problem.code, long.number)


def test_few_rows_are_in_memory_together(feed: Callable[..., FeedReader]) -> None:
    """Cells that hold as much as they may, in as many rows as there are."""
    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    header = "".join(map(cell.format, HEADER))
    texts = "".join(cell.format("x" * 5_000) for _ in range(10))
    data = raw_workbook(f"<row>{header}</row>" + f"<row>{cell.format('1-01')}{texts}</row>" * 400)
    count, peak_bytes = taken(feed(data))
    assert 400 == count
    assert peak_bytes < 8 << 20


def test_the_first_visible_sheet_is_read_or_the_one_that_is_named() -> None:
    """And it is said that there are others."""
    data = write_workbook({"Março": [HEADER, ["1", "2", DAY, None, "a", None]], "Abril": [HEADER]})
    found = entries_of(read_xlsx, data, name="book.xlsx")
    assert ['book.xlsx: only the sheet "Março" is read; name another with --sheet: "Abril"'] == list(
        found.tally.warnings
    )
    assert (1, 0) == (len(found.found), len(entries_of(read_xlsx, data, sheet="Abril").found))


@pytest.mark.parametrize(
    ("book", "sheet", "problem"),
    [
        (None, "Maio", 'has no sheet "Maio"; name one of its sheets with --sheet: "A"'),
        ('<sheet name="A" state="hidden" r:id="rId1"/>', None, 'has no visible sheet; name one .* with --sheet: "A"'),
    ],
)
def test_a_sheet_that_is_not_there_is_named_with_those_that_are(
    book: str | None, sheet: str | None, problem: str
) -> None:
    """A hidden one is read only when it is named."""
    data = raw_workbook("") if book is None else raw_workbook("", book=book)
    with pytest.raises(FeedError, match=f"^feed {problem}$"):
        entries_of(read_xlsx, data, sheet=sheet)
    assert [] == entries_of(read_xlsx, data, sheet="A").found


def test_a_header_that_leaves_a_doubt_stops_the_feed() -> None:
    """With the row where it stands."""
    with pytest.raises(FeedError, match=r"^book\.xlsx:2: no column for invoice_number"):
        read([[], ["Pedido", "Data", "Descrição"], ["1"]])
    with pytest.raises(FeedError, match="no column for order_id"):
        read([HEADER], header_bytes_max=10)


IDS: Final = st.from_regex(r"[A-Z]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?", fullmatch=True)
TEXTS: Final = st.text(st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="#"), max_size=20).map(
    clean_text
)
FIRST: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a sheet has no zones
MOMENTS: Final = st.integers(0, 8 * 10**8).map(lambda past_s: FIRST + timedelta(seconds=past_s))


@given(
    facts=st.lists(
        st.tuples(IDS, st.integers(0, 10**14), MOMENTS, TEXTS.filter(bool), st.booleans()), min_size=1, max_size=5
    ),
    is_1904=st.booleans(),
    is_inline=st.booleans(),
    is_apart=st.booleans(),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_facts_read_back_from_any_workbook(
    feed: Callable[..., FeedReader],
    *,
    facts: list[tuple[str, int, datetime, str, bool]],
    is_1904: bool,
    is_inline: bool,
    is_apart: bool,
) -> None:
    """Wherever its days begin, its texts stand, and whether day and time are in one cell."""
    rows: list[list[Cell]] = [
        [
            order_id,
            number,
            moment.date() if is_apart else moment,
            moment.time() if is_apart else None,
            text,
            is_delivered,
        ]
        for order_id, number, moment, text, is_delivered in facts
    ]
    data = write_workbook({"Plan1": [HEADER, *rows]}, is_1904=is_1904, is_inline=is_inline)
    expected = [
        TrackingEvent(order_id=order_id, invoice_number=str(number), date=moment, description=text, is_delivered=said)
        for order_id, number, moment, text, said in facts
    ]
    found = list(feed(data))
    assert [str(value) for value in found if isinstance(value, Defect)] == []
    assert [(event.key, event.date, event.description, event.is_delivered) for event in expected] == [
        (event.key, event.date, event.description, event.is_delivered)
        for event in found
        if isinstance(event, TrackingEvent)
    ]
