"""What a cell of a workbook holds is kept exactly, or shown to be lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.formats.cells import PLAIN, CellReader, Style, style_of

DATE: Final = Style(has_date=True)
TIME: Final = Style(has_time=True)
BOTH: Final = Style(has_date=True, has_time=True)
STYLES: Final = (PLAIN, DATE, TIME, BOTH, Style(has_time=True, is_elapsed=True))
READER: Final = CellReader(texts=("Curitiba", "São Paulo"), styles=STYLES)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("s", "0", "Curitiba"),
        ("s", "1", "São Paulo"),
        ("s", "2", ""),
        ("s", "-1", ""),
        ("s", "x", ""),
        ("str", "Saiu", "Saiu"),
        ("inlineStr", "", ""),
        ("b", "1", True),
        ("b", "0", False),
        ("b", "x", "x"),
        ("e", "#N/A", "#N/A"),
        ("d", "2026-03-05T08:15", "2026-03-05T08:15"),
        ("n", "", ""),
    ],
)
def test_a_cell_is_what_its_kind_says(kind: str, text: str, value: object) -> None:
    """What refers to nothing is empty."""
    found = READER.read(kind, text)
    assert (value, type(value)) == (found, type(found))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30711", 30711),
        ("30711.0", 30711),
        ("1.1724529E7", 11724529),
        ("-5", -5),
        ("0", 0),
        ("0E999", 0),
        ("999999999999999", 999999999999999),
        ("1172452900788012", 1172452900788012.0),
        ("1.2E3", 1200),
        ("30711.5", 30711.5),
        ("1.7E-3", 0.0017),
        ("1E300", 1e300),
        ("3.52603112223330E+43", 3.5260311222333e43),
        ("1E999", float("inf")),
        ("NaN", "NaN"),
        ("1_0", "1_0"),
        ("٣", "٣"),
        ("9" * 44, 1e44),
        ("9" * 101, "9" * 101),
    ],
)
def test_a_number_is_exact_or_a_float(text: str, value: object) -> None:
    """A spreadsheet keeps 15 digits; of more, nobody knows which were lost. What is no number stays a text."""
    found = READER.read("n", text)
    assert (value, type(value)) == (found, type(found))


def test_a_formula_that_nobody_worked_out_is_no_empty_cell() -> None:
    """Its value is not known, which is another thing than that there is none."""
    assert "#N/A" == READER.read("n", "", has_formula=True)
    assert "" == READER.read("str", "", has_formula=True)
    assert 7 == READER.read("n", "7", has_formula=True)


@pytest.mark.parametrize(
    ("days", "style", "value"),
    [
        ("46086", DATE, "2026-03-05"),
        ("46086.34375", DATE, "2026-03-05 08:15"),
        ("46086.34375", BOTH, "2026-03-05 08:15"),
        ("46086.343761574", BOTH, "2026-03-05 08:15:01"),
        ("46086", BOTH, "2026-03-05 00:00"),
        ("46086.34375", TIME, "08:15"),
        ("0.34375", TIME, "08:15"),
        ("0.9999999", TIME, "00:00"),
        ("0.34375", STYLES[4], "08:15"),
        ("1.5", STYLES[4], 1.5),
        ("-1", DATE, -1.0),
        ("2958466", DATE, 2958466.0),
        ("1E999", DATE, float("inf")),
    ],
)
def test_a_number_that_is_shown_as_a_date_is_one(days: str, style: Style, value: object) -> None:
    """To the second; what no calendar has stays a number."""
    assert value == READER.read("n", days, style=str(STYLES.index(style)))


def test_days_may_be_counted_from_1904() -> None:
    """As old Macs did."""
    reader = CellReader(texts=(), styles=STYLES, is_from_1904=True)
    assert "2026-03-05" == reader.read("n", "44624", style="1")


def test_a_style_that_is_not_there_is_plain() -> None:
    """A number without a style that can be looked up is a number."""
    assert 46086 == READER.read("n", "46086", style="99")


@pytest.mark.parametrize(
    ("number", "code", "style"),
    [
        ("0", "", PLAIN),
        ("14", "", DATE),
        ("20", "", TIME),
        ("22", "", BOTH),
        ("46", "", Style(has_time=True, is_elapsed=True)),
        ("164", "General", PLAIN),
        ("164", '0.00" d"', PLAIN),
        ("164", "[Red]0.00E+00", PLAIN),
        ("164", r"#,##0\d", PLAIN),
        ("164", "_-* #,##0_d", PLAIN),
        ("164", "dd/mm/yyyy", DATE),
        ("164", "mmm", DATE),
        ("164", '[$-416]d "de" mmmm;@', DATE),
        ("164", "dd/mm/yyyy hh:mm", BOTH),
        ("164", "h:mm AM/PM", TIME),
        ("164", "mm:ss", TIME),
        ("164", "[h]:mm", Style(has_time=True, is_elapsed=True)),
        ("164", "[" * 300, PLAIN),
    ],
)
def test_a_number_format_says_whether_it_shows_a_date(number: str, code: str, style: Style) -> None:
    """Letters in quotes, in brackets or after a backslash are not the parts of a date."""
    assert style == style_of(number, code)


@given(st.datetimes(datetime(1904, 1, 2), datetime(2099, 12, 31)), st.booleans())  # noqa: DTZ001 - a sheet has no zones
def test_every_second_is_read_back(moment: datetime, is_from_1904: bool) -> None:  # noqa: FBT001 - drawn
    """A day's fraction has digits enough for it."""
    moment = moment.replace(microsecond=0)
    epoch = datetime(1904, 1, 1) if is_from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - likewise
    reader = CellReader(texts=(), styles=(BOTH,), is_from_1904=is_from_1904)
    days = (moment - epoch) / timedelta(days=1)
    assert moment == datetime.fromisoformat(str(reader.read("n", repr(days))))
