"""Workbooks written for tests: by XlsxWriter as people's programs do, and part by part for what none of them would write."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

import xlsxwriter  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Cell = str | float | bool | date | datetime | time | None

_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def write_workbook(
    sheets: Mapping[str, Sequence[Sequence[Cell]]], *, is_1904: bool = False, is_inline: bool = False
) -> bytes:
    """A workbook with these sheets, dates and times as a person would see them; `is_inline` has no shared texts."""
    data = io.BytesIO()
    options = {"date_1904": is_1904, "constant_memory": is_inline, "in_memory": True}
    with xlsxwriter.Workbook(data, options) as book:
        forms = {
            datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
            date: book.add_format({"num_format": "dd/mm/yyyy"}),
            time: book.add_format({"num_format": "hh:mm:ss"}),
        }
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    match cell:
                        case datetime() | date() | time():
                            sheet.write_datetime(number, column, cell, forms[type(cell)])
                        case bool():
                            sheet.write_boolean(number, column, cell)
                        case str():
                            sheet.write_string(number, column, cell)
                        case float() | int():
                            sheet.write_number(number, column, cell)
                        case None:
                            pass
    return data.getvalue()


def raw_workbook(
    rows: str,
    *,
    texts: str | None = None,
    styles: str | None = None,
    book: str = '<sheet name="A" sheetId="1" r:id="rId1"/>',
    parts: Mapping[str, str | bytes | None] | None = None,
) -> bytes:
    """A workbook with this XML in the places of its rows, shared texts, styles and sheets; `parts` come over all of it."""
    kinds = {"worksheet": "worksheets/sheet1.xml"}
    written: dict[str, str | bytes | None] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": relations({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": f'<workbook xmlns:r="{_RELATIONS}"><workbookPr/><sheets>{book}</sheets></workbook>',
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
    }
    if texts is not None:
        kinds["sharedStrings"] = "/xl/sharedStrings.xml"
        written["xl/sharedStrings.xml"] = f"<sst>{texts}</sst>"
    if styles is not None:
        kinds["styles"] = "styles.xml"
        written["xl/styles.xml"] = f"<styleSheet>{styles}</styleSheet>"
    written["xl/_rels/workbook.xml.rels"] = relations(kinds)
    return packed(written | dict(parts or {}))


def relations(kinds: Mapping[str, str]) -> str:
    """The part that says which parts another one refers to."""
    inner = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(kinds.items(), start=1)
    )
    return f"<Relationships>{inner}</Relationships>"


def packed(parts: Mapping[str, str | bytes | None]) -> bytes:
    """A zip of these parts, but for those that are None."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            if text is not None:
                archive.writestr(zipfile.ZipInfo(name, (2026, 3, 5, 8, 15, 0)), text, zipfile.ZIP_DEFLATED)
    return data.getvalue()
