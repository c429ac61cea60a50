"""CSV as carriers write it: every record is an event or a defect, and a doubtful header stops the feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import FeedMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader

HEADER: Final = "Pedido;NF;Data;Cidade;UF;Descrição\n"
RECORD: Final = "1-01;0001;05/03/2026 14:30;Curitiba;PR;Saiu\n"


def _event(value: TrackingEvent | Defect) -> TrackingEvent:
    assert isinstance(value, TrackingEvent), value
    return value


def _defect(value: TrackingEvent | Defect) -> Defect:
    assert isinstance(value, Defect), value
    return value


def test_a_record_is_an_event_with_its_place(feed: Callable[..., FeedReader]) -> None:
    """The place is the line where the record starts; blank lines and rows count as lines, not as records."""
    reader = feed(f'\n{HEADER}\n;;;;;\n  \n1-01;0001;05/03/2026;"São\nPaulo";SP;Saiu\n{RECORD}')
    first, second = map(_event, reader)
    assert ("1-01", "0001", "2026-03-05", "São\nPaulo", "SP", "Saiu") == (
        first.order_id,
        first.invoice_number,
        first.date,
        first.city,
        first.state,
        first.description,
    )
    assert (6, 8) == (int(first.place.rpartition(":")[2]), int(second.place.rpartition(":")[2]))
    assert ("csv", ";", "utf-8", 2, 4) == (
        reader.infos[0].format,
        reader.infos[0].delimiter,
        reader.infos[0].encoding,
        reader.infos[0].records,
        reader.infos[0].blank_lines,
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(feed: Callable[..., FeedReader], delimiter: str) -> None:
    """It is the one that finds the most known names."""
    header, record = HEADER.replace(";", delimiter), RECORD.replace(";", delimiter)
    reader = feed(header + record)
    assert ["Curitiba"] == [_event(value).city for value in reader]
    assert delimiter == reader.infos[0].delimiter


@pytest.mark.parametrize("name", ["tab", "\t"])
def test_a_delimiter_may_be_named(feed: Callable[..., FeedReader], name: str) -> None:
    """Then nothing is looked for."""
    text = "Pedido\tNF\tData,Hora;x\tDescrição\tData\n1-01\t1\t\tSaiu\t2026-03-05\n"
    assert ["Saiu"] == [_event(value).description for value in feed(text, delimiter=name)]


def test_two_delimiters_that_fit_are_a_doubt(feed: Callable[..., FeedReader]) -> None:
    """The user says which."""
    with pytest.raises(FeedError, match=r'both "," and ";" may be the delimiter.*--delimiter'):
        list(feed("Pedido;NF,Data\n"))


@pytest.mark.parametrize(
    ("header", "problems"),
    [
        (
            "Ref;Quem",
            ["no column for order_id", "Nº Pedido", "no column for invoice_number", '"Ref", "Quem"', "[columns]"],
        ),
        ("Pedido;Data;Status", ["no column for invoice_number"]),
        ("Pedido;NF;Data", ["no column for description"]),
        ("Pedido;NF;Status;Data de Entrega", ["no column for date"]),
        ("Pedido;NF;Entregue", ["no column for date", "no column for description"]),
        ("orderId;orderId;NF;Data;Status", ['columns "orderId" and "orderId" may each be the order_id']),
        (";;;", ["no column for order_id"]),
        ("a" * 70_000, ["header is longer than 65536 bytes"]),
        ("ã;" * 30_000, ["header is longer than 65536 bytes"]),
        ("a" * 2_000_000, ["the header is longer than a line may be"]),
        ("Pedido;NF\0;Data", ["the header holds a NUL"]),
        ('Pedido;"NF;Data', ["a quote opens here"]),
    ],
)
def test_a_header_that_leaves_a_doubt_stops_the_feed(
    feed: Callable[..., FeedReader], header: str, problems: list[str]
) -> None:
    """It says what was found, what was looked for, and how to map it."""
    with pytest.raises(FeedError) as caught:
        list(feed(f"{header}\n1-01;1;x;y\n"))
    for problem in problems:
        assert problem in str(caught.value)


def test_a_header_wider_than_the_csv_module_allows_is_refused(feed: Callable[..., FeedReader]) -> None:
    """Where the limit of the header was raised, a cell still has one."""
    with pytest.raises(FeedError, match="no column for order_id"):
        list(feed("a" * 200_000 + "\n", header_bytes_max=1 << 20))


def test_columns_are_mapped_by_the_user(feed: Callable[..., FeedReader]) -> None:
    """A mapping finds what no known name finds, and can take a column away."""
    columns = {"order_id": "Ref", "invoice_number": "Doc", "description": ""}
    [event] = map(
        _event, feed("Ref;Doc;Status;Data de Entrega\n1-01;1;ok;2026-03-05\n", mapping=FeedMapping(columns=columns))
    )
    assert (True, None, "2026-03-05 00:00") == (event.is_delivered, event.date, event.delivered_date)
    with pytest.raises(FeedError, match='no column is called "Doc", as the mapping has it for invoice_number'):
        list(feed("Ref;NF;Data;Status\n", mapping=FeedMapping(columns=columns)))


def test_columns_that_nothing_is_read_from_are_listed(feed: Callable[..., FeedReader]) -> None:
    """And where one of two was chosen, that is a warning."""
    reader = feed("Pedido;NF;Data;Status;Ocorrência;Peso\n1-01;1;2026-03-05;x;Saiu;3\n")
    assert ["Saiu"] == [_event(value).description for value in reader]
    assert ("Status", "Peso") == reader.infos[0].unused_columns
    [warning] = reader.infos[0].warnings
    assert 'column "Status" is not used: the description is read from "Ocorrência"' in warning


@pytest.mark.parametrize(
    ("record", "column", "code"),
    [
        ("1-01;0001;05/03/2026;Curitiba", "UF", "missing_field"),
        ("1-01;0001;05/03/2026;Curitiba;PR;Saiu;e voltou", "", "too_many_cells"),
        (";0001;05/03/2026;Curitiba;PR;Saiu", "Pedido", "missing_field"),
        ("1-01;1/2;05/03/2026;Curitiba;PR;Saiu", "NF", "bad_id"),
        ("1-01;0001;31/02/2026;Curitiba;PR;Saiu", "Data", "bad_date"),
        ("1-01;0001;;Curitiba;PR;Saiu", "Data", "missing_field"),
        ("1-01;0001;05/03/2026;Curitiba;PR;", "Descrição", "missing_field"),
        ("1-01;0001;;Curitiba;PR;", "", "missing_field"),
        (f"1-01;0001;05/03/2026;Curitiba;PR;{'x' * 5001}", "Descrição", "text_too_long"),
        (f"1-01;0001;05/03/2026;{'x' * 301};PR;Saiu", "Cidade", "text_too_long"),
        ("1-01;0001;05/03/2026;Curitiba;PR;Sa\0iu", "", "control_char"),
    ],
)
def test_a_bad_record_is_a_defect_and_reading_goes_on(
    feed: Callable[..., FeedReader], record: str, column: str, code: str
) -> None:
    """It has its place, its column as the feed names it, its code, and its cells to be mended."""
    bad, good = feed(f"{HEADER}{record}\n{RECORD}")
    defect = _defect(bad)
    assert (column, code, 2) == (defect.column, defect.code, int(defect.place.rpartition(":")[2]))
    assert tuple(HEADER.strip().split(";")) == defect.columns
    assert tuple(record.split(";")) == defect.cells
    assert "Saiu" == _event(good).description


def test_a_message_says_what_where_and_what_to_do(feed: Callable[..., FeedReader]) -> None:
    """The feed's own name for the column, the value, and what was expected."""
    [defect] = feed(f"{HEADER}1-01;0001;31/02/2026;Curitiba;PR;Saiu\n")
    assert str(defect).endswith(
        'feed:2: column "Data": "31/02/2026" is not a date; expected dd/mm/yyyy or yyyy-mm-dd, '
        "with hh:mm or hh:mm:ss if the time is known"
    )


def test_a_line_in_no_encoding_is_a_defect_with_its_bytes(feed: Callable[..., FeedReader]) -> None:
    """Nothing is replaced."""
    [defect] = map(_defect, feed(HEADER.encode() + b"1-01;0001;05/03/2026;S\x81o;PR;Saiu\n"))
    assert ("bad_encoding", "S\\x81o") == (defect.code, defect.cells[3])


def test_defects_share_the_names_of_their_columns(feed: Callable[..., FeedReader]) -> None:
    """Thousands of names may stand above rows of one cell."""
    first, second = map(_defect, feed(f"{HEADER}1\n2\n"))
    assert first.columns is second.columns


def test_empty_cells_at_the_end_are_no_cells(feed: Callable[..., FeedReader]) -> None:
    """Neither below the header nor in it."""
    header, record = HEADER.strip(), RECORD.strip()
    assert ["Saiu", "Saiu"] == [_event(value).description for value in feed(f"{header};;\n{record};;;;\n{record}\n")]


@pytest.mark.parametrize("size", [70_000, 200_000])
def test_a_cell_that_is_too_long_is_a_defect(feed: Callable[..., FeedReader], size: int) -> None:
    """Below and above the csv module's own limit, and the next record is read."""
    bad, good = feed(f"{HEADER}1-01;0001;05/03/2026;Curitiba;PR;{'x' * size}\n{RECORD}")
    assert "field_too_long" == _defect(bad).code
    assert max(map(len, _defect(bad).cells)) <= size
    assert "Saiu" == _event(good).description


def test_a_long_row_of_short_cells_is_read(feed: Callable[..., FeedReader]) -> None:
    """Only a cell is too long, not a row."""
    header, record = HEADER.strip() + ";x" * 40, RECORD.strip() + f";{'y' * 4000}" * 40
    assert ["Saiu"] == [_event(value).description for value in feed(f"{header}\n{record}\n")]


def test_a_line_that_is_too_long_is_a_defect(feed: Callable[..., FeedReader]) -> None:
    """Even one of spaces; the next record is read."""
    bad, blank, good = feed(f"{HEADER}{'x' * 2_000_000}\n{' ' * 2_000_000}\n{RECORD}")
    assert ["line_too_long", "line_too_long"] == [_defect(bad).code, _defect(blank).code]
    assert "Saiu" == _event(good).description


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ('1-01;0001;2026-03-05;"Curi;PR;Saiu\n' + RECORD * 5000, 2),
        ('1-01;0001;2026-03-05;"Curi;PR;Saiu\n' + RECORD, 2),
        (RECORD + '1-01;1;2026-03-05;"a\nb";PR;"Saiu\n' + RECORD * 5000, 4),
        (RECORD + '1-01;1;2026-03-05;"a ""b""";PR;"Saiu ""x""\n' + RECORD, 3),
        ('1-01;0001;2026-03-05;"Curi\n""x;PR;Saiu\n' + RECORD, 2),
        ('1-01;0001;2026-03-05;"Curi"tiba;PR;Saiu\n' + RECORD, 2),
        ('1-01;0001;2026-03-05;"Curi;PR;Saiu\n1-01;0001;2026-03-05;"Curi";PR;Saiu\n', 2),
        ('1-01;0001;2026-03-05;"Curi;PR;Saiu\n' + "x" * 2_000_000 + "\n", 2),
    ],
)
def test_a_quote_that_is_never_closed_stops_the_feed(feed: Callable[..., FeedReader], body: str, line: int) -> None:
    """It would swallow the records after it; the line where it opened is named."""
    with pytest.raises(FeedError, match=f"feed:{line}: a quote opens here"):
        list(feed(HEADER + body))


def test_a_quote_that_opens_no_cell_is_a_letter(feed: Callable[..., FeedReader]) -> None:
    """Carriers write inches and names in quotes."""
    assert ['TV 50" "nova"'] == [
        _event(value).description for value in feed(f'{HEADER}1-01;0001;05/03/2026;Curitiba;PR;TV 50" "nova"\n')
    ]


def test_a_feed_that_is_month_first_is_not_guessed(feed: Callable[..., FeedReader]) -> None:
    """One such date stops it, with the format that reads it; with the format named, it is read."""
    text = f"{HEADER}1-01;1;03/04/2026;a;b;Saiu\n1-01;1;03/13/2026;a;b;Saiu\n"
    with pytest.raises(FeedError, match=r'feed:3: column "Data": "03/13/2026" can only.*--date-format "%m/%d/%Y"'):
        list(feed(text))
    assert ["2026-03-04", "2026-03-13"] == [_event(value).date for value in feed(text, date_formats=("%m/%d/%Y",))]


def test_mended_defects_are_a_feed(feed: Callable[..., FeedReader]) -> None:
    """Our own columns are passed over, and are not written twice when the record is still bad."""
    header = "Pedido;NF;Data;Descrição;_place;_column;_code;_problem\n"
    good, bad = feed(f"{header}1-01;1;05/03/2026;Saiu;f:1;NF;bad_id;x\n1-01;;05/03/2026;Saiu;f:2;NF;bad_id;x\n")
    assert "Saiu" == _event(good).description
    assert ("Pedido", "NF", "Data", "Descrição") == _defect(bad).columns
    assert ("1-01", "", "05/03/2026", "Saiu") == _defect(bad).cells


def test_a_header_alone_holds_no_records(feed: Callable[..., FeedReader]) -> None:
    """That is a warning, not an error."""
    reader = feed(HEADER)
    assert [] == list(reader)
    assert "holds no records" in reader.infos[0].warnings[0]
