"""A workbook's sheets are found, and their rows come one by one; what is no workbook is refused in words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pytest
from workbook_writers import packed, raw_workbook, relations, write_workbook

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.formats.sheets import SheetRow, column_of
from vtex_tracking.feed.formats.workbook import Sheet, Workbook
from vtex_tracking.feed.sources.archive import open_archive
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

SI: Final = "<si><t>Curitiba</t></si><si><r><t>São </t></r><r><t>Paulo</t></r><rPh><t>fala</t></rPh></si>"


def sheets_of(data: bytes, **limits: Any) -> Sequence[Sheet]:
    settings = FeedSettings(**limits)
    with open_archive(io.BytesIO(data), name="book.xlsx", settings=settings) as archive:
        return Workbook(archive, settings=settings, packed_bytes=len(data)).sheets


def rows_of(data: bytes, **limits: Any) -> list[SheetRow]:
    settings = FeedSettings(**limits)
    with open_archive(io.BytesIO(data), name="book.xlsx", settings=settings) as archive:
        workbook = Workbook(archive, settings=settings, packed_bytes=len(data))
        return list(workbook.rows(workbook.sheets[0]))


def test_sheets_come_in_their_order_with_their_names() -> None:
    """A sheet that is all chart is none; a hidden one says so."""
    book = (
        '<sheet name="Gráfico" r:id="rId9"/><sheet name="Notas" state="hidden" r:id="rId1"/>'
        '<sheet name="A&amp;B" r:id="rId1"/>'
    )
    expected = [Sheet(name="Notas", part="xl/worksheets/sheet1.xml", is_visible=False)]
    expected += [Sheet(name="A&B", part="xl/worksheets/sheet1.xml", is_visible=True)]
    assert expected == list(sheets_of(raw_workbook("", book=book)))


def test_cells_stand_where_they_say() -> None:
    """Without a place, each stands after the one before; empty ones and rows leave no trace but their number."""
    rows = (
        '<row r="3"><c r="B3"><v>7</v></c><c><v>8</v></c><c r="AA3" t="inlineStr"><is><t>x</t></is></c><c r="AB3"/></row>'
        '<row/><row r="9"><c r="A9" t="b"><v>1</v></c></row>'
    )
    expected = [SheetRow(3, {1: 7, 2: 8, 26: "x"}), SheetRow(4, {}), SheetRow(9, {0: True})]
    assert expected == rows_of(raw_workbook(rows))


def test_shared_texts_are_whole() -> None:
    """Pieces of several fonts are put together; how a text is spoken is not part of it."""
    rows = '<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c><c t="s"><v>5</v></c></row>'
    assert [SheetRow(1, {0: "São Paulo", 1: "Curitiba"})] == rows_of(raw_workbook(rows, texts=SI))


def test_escapes_in_shared_texts_are_undone_once() -> None:
    """Else each cell would have a text of its own, and a few kB of cells as much as memory holds."""
    rows = '<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>'
    [row] = rows_of(raw_workbook(rows, texts="<si><t>a_x000A_b_x005F_c_xD83D_</t></si>"))
    first, second = row.cells.values()
    assert "a\nb_c_xD83D_" == first
    assert first is second


def test_a_text_in_a_cell_may_be_spoken_too() -> None:
    """As in the shared ones."""
    rows = '<row><c t="inlineStr"><is><t>a</t><rPh><t>b</t></rPh><t>c</t></is></c></row>'
    assert [SheetRow(1, {0: "ac"})] == rows_of(raw_workbook(rows))


def test_styles_make_dates_of_numbers() -> None:
    """Those of cells, not those that they are based on."""
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="dd/mm/yyyy"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs><dxfs><xf numFmtId="14"/></dxfs>'
    )
    rows = '<row><c s="0"><v>46086</v></c><c s="1"><v>46086</v></c></row>'
    assert [SheetRow(1, {0: 46086, 1: "2026-03-05"})] == rows_of(raw_workbook(rows, styles=styles))


def test_a_formula_without_a_result_is_told_from_an_empty_cell() -> None:
    """Whoever wrote the file did not work it out."""
    rows = "<row><c><f>A2</f></c><c/><c><f>A2</f><v>7</v></c></row>"
    assert [SheetRow(1, {0: "#N/A", 2: 7})] == rows_of(raw_workbook(rows))


def test_a_long_text_is_kept_as_far_as_a_field_may_go() -> None:
    """And one character more, to show that it was longer."""
    rows = f'<row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>{"x" * 70_000}</t></is></c></row>'
    [row] = rows_of(raw_workbook(rows, texts=f"<si><t>{'y' * 70_000}</t></si>"), field_characters_max=50_000)
    assert ["y" * 50_001, "x" * 50_001] == list(row.cells.values())


def test_a_long_row_is_kept_as_far_as_a_line_may_go() -> None:
    """Whoever wrote it; a text that cells share counts in each of them. The next row begins anew."""
    shared, own = '<c t="s"><v>0</v></c>', '<c t="inlineStr"><is><t>xx</t></is></c>'
    rows = f"<row>{shared}<c><v>7</v></c>{own}</row><row>{shared}<c><v>7</v></c>{own}{own}<c><v>8</v></c></row><row>{own}</row>"
    expected = [
        SheetRow(1, {0: "yyy", 1: 7, 2: "xx"}),
        SheetRow(2, {0: "yyy", 1: 7, 2: "xx"}, is_too_long=True),
        SheetRow(3, {0: "xx"}),
    ]
    assert expected == rows_of(raw_workbook(rows, texts="<si><t>yyy</t></si>"), line_bytes_max=5)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ('<row r="3"/><row r="3"/>', "row 3 after row 3"),
        ('<row r="1048577"/>', "row 1048577 after row 0"),
        ('<row r="x"/>', "invalid literal"),
        ('<row><c r="7"/></row>', "a cell without a place"),
        ('<row><c r="XFE1"/></row>', "column 16385"),
        ('<row><c r="XFD1"/><c/></row>', "column 16385"),
        ("<row>", "mismatched tag"),
    ],
)
def test_rows_of_no_sheet_are_damage(rows: str, problem: str) -> None:
    """A sheet has 1,048,576 rows of 16,384 columns, from the top."""
    with pytest.raises(
        FeedError, match=rf"^book.xlsx is a damaged workbook \(\"{problem}.*; open it and save it again$"
    ):
        rows_of(raw_workbook(rows))


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"xl/worksheets/sheet1.xml": None}, "is no whole workbook: it has no xl/worksheets/sheet1.xml"),
        ({"_rels/.rels": None}, "is no whole workbook: it has no _rels/.rels"),
        ({"_rels/.rels": "<Relationships/>"}, "is no .xlsx workbook; save the sheet as .xlsx or CSV"),
        ({"_rels/.rels": relations({"officeDocument": "xl/workbook.bin"})}, "is no .xlsx workbook"),
        ({"xl/workbook.xml": "<workbook"}, r"is a damaged workbook \(\"unclosed token"),
        ({"xl/workbook.xml": f"<a>{' ' * (17 << 20)}</a>"}, "unpacks to far more than a workbook of its size"),
    ],
)
def test_what_is_no_whole_workbook_is_refused(parts: dict[str, str | None], problem: str) -> None:
    """In words that say what to do."""
    with pytest.raises(FeedError, match=f"^book.xlsx {problem}"):
        rows_of(raw_workbook("", parts=parts))


def test_a_workbook_unpacks_to_no_more_than_a_feed_may() -> None:
    """However small it is packed."""
    data = raw_workbook("<row/>" * 100_000)
    with pytest.raises(FeedError, match="unpacks to far more"):
        rows_of(data, unpack_ratio_max=2, unpack_bytes_free=1000)
    with pytest.raises(FeedError, match="unpacks to far more"):
        rows_of(data, feed_bytes_max=100_000)


def test_the_texts_that_are_kept_in_memory_have_a_limit() -> None:
    """Empty ones count as well."""
    data = raw_workbook("", texts="<si/>" * 10_000)
    assert [] == rows_of(data)
    with pytest.raises(FeedError, match=r"has more than 100000 bytes of texts \(shared_text_bytes_max\)"):
        rows_of(data, shared_text_bytes_max=100_000)


def test_a_zip_that_is_none_is_damaged() -> None:
    """Whatever its first bytes say."""
    with pytest.raises(FeedError, match=r"^book\.xlsx is a damaged zip archive"):
        rows_of(b"PK\x03\x04" + b"x" * 100)
    with pytest.raises(FeedError, match="is no whole workbook"):
        rows_of(packed({}))


@pytest.mark.parametrize("is_1904", [False, True])
def test_what_a_program_writes_is_read(*, is_1904: bool) -> None:
    """Texts, numbers, booleans."""
    rows = rows_of(write_workbook({"A": [["Pedido", 7, True, None, "ã"]]}, is_1904=is_1904))
    assert [SheetRow(1, {0: "Pedido", 1: 7, 2: True, 4: "ã"})] == rows


@pytest.mark.parametrize(("reference", "column"), [("A1", 0), ("Z9", 25), ("AA1", 26), ("XFD1048576", 16383)])
def test_columns_are_counted_in_letters(reference: str, column: int) -> None:
    """As on the screen, but from 0."""
    assert column == column_of(reference)
