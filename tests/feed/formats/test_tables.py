"""A table has its header where people put it, and its totals where spreadsheets put them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.lines import LINES_MAX
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import FeedMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader

HEADER = "Pedido;NF;Data;Status\n"
RECORD = "1-01;0001;05/03/2026;Saiu\n"


def _places(reader: FeedReader) -> list[str]:
    """The line of each event; a minus before that of a defect."""
    lines = [(value, value.place.rpartition(":")[2]) for value in reader]
    return [f"-{line}" if isinstance(value, Defect) else line for value, line in lines]


@pytest.mark.parametrize(
    ("above", "titles"),
    [
        ("", 0),
        ("Relatório de ocorrências\n", 1),
        ("Relatório;;;\nEmitido em;05/03/2026;;\n\n", 2),
        ("\n\nTransportadora X\n\n", 1),
        ('"Um título, com ""aspas"" e vírgula"\n', 1),
        ("Pedido\n", 1),  # a title that happens to be the name of a column
        ("x" * 70_000 + "\n", 1),
        ("t\n" * 19, 19),
    ],
)
def test_a_title_may_stand_above_the_header(feed: Callable[..., FeedReader], above: str, titles: int) -> None:
    """It is left out, and that is said."""
    reader = feed(above + HEADER + RECORD)
    assert [str(above.count("\n") + 2)] == _places(reader)
    said = [warning for warning in reader.infos[0].warnings if "above the header" in warning]
    assert ([f"{reader.infos[0].name}: {titles} lines above the header are not read"] if titles else []) == said


def test_the_header_is_among_the_first_lines(feed: Callable[..., FeedReader]) -> None:
    """Far below them it is not looked for: the first line is what the message is about."""
    with pytest.raises(FeedError, match="feed:1: no column for order_id"):
        list(feed("t\n" * 20 + HEADER + RECORD))


def test_a_record_is_never_taken_for_the_header(feed: Callable[..., FeedReader]) -> None:
    """A header without known names is what the user is told of, though a cell below it is the name of a field."""
    with pytest.raises(FeedError, match='columns found: "A", "B", "C"'):
        list(feed("A;B;C\n1-01;0001;Entregue\n"))


@pytest.mark.parametrize(
    ("end", "places"),
    [
        ("Total;1;;\n", ["2"]),
        ("TOTAL GERAL: 1\n", ["2"]),
        ("Subtotal;;;\nTotal;;;\n\n", ["2"]),
        (";;Total;1\n", ["2"]),
        ("Total;1;;\n2-02;0002;05/03/2026;Saiu\n", ["2", "-3", "4"]),
        ("Total;;;\n" * 5, ["2", "-3", "-4"]),
        ("2-02;Total;05/03/2026;Saiu\n", ["2", "3"]),  # an invoice of that name, of an order
        ("x;y\n", ["2", "-3"]),
        (";;;Total de volumes entregues\n", ["2"]),
    ],
)
def test_totals_at_the_end_are_no_records(feed: Callable[..., FeedReader], end: str, places: list[str]) -> None:
    """Anywhere else such a line is a defect, for a record may be hidden in it."""
    assert places == _places(feed(HEADER + RECORD + end))


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Transportadora;Pedido;NF;Rastreio;Data de Entrega", ";7;QB1BR;"),
        ("Transportadora;Pedido;NF;Chave NF-e;Data de Entrega", ";7;35260311222333000181550010006437971123456782;"),
        ("Transportadora;Pedido;NF;Rastreio;Data de Entrega", ";7;;05/03/2026"),
        ("Transportadora;NF;Rastreio;Data;Status;Data de Entrega", ";;;;05/03/2026"),
        ("Transportadora;NF;Rastreio;Data;Status", "7;;;"),
    ],
)
def test_a_carrier_may_be_called_total(feed: Callable[..., FeedReader], header: str, cells: str) -> None:
    """What names a parcel, a key or a date is a record, whichever word it begins with."""
    assert ["-2"] == _places(feed(f"{header}\nTotal Express;{cells}\n", invoices="map.csv"))


@pytest.mark.parametrize("above", [LINES_MAX - 4, LINES_MAX - 3, LINES_MAX - 2, LINES_MAX - 1, LINES_MAX])
@pytest.mark.parametrize("end", ["Total;;;\n", "Total;;;\nTotal;;;\n", "Subtotal;;;\n" * 3, "Total;;;\n" * 4])
def test_totals_at_the_end_may_begin_in_an_earlier_block(
    feed: Callable[..., FeedReader], *, above: int, end: str
) -> None:
    """They are found wherever lines are parted, and only at the end."""
    lines, totals = [str(line) for line in range(2, above + 2)], end.count("\n")
    assert [*lines, *(["-" + str(above + 2)] if totals > 3 else [])] == _places(feed(HEADER + RECORD * above + end))
    both = feed(HEADER + RECORD * above + end + RECORD)
    expected = [*lines, *(f"-{above + 2 + index}" for index in range(totals)), str(above + 2 + totals)]
    assert expected == _places(both)


def test_totals_are_said(feed: Callable[..., FeedReader]) -> None:
    """Nothing of a feed goes without a word."""
    reader = feed(HEADER + RECORD + "Total;1;;\n")
    list(reader)
    assert (f"{reader.infos[0].name}: 1 lines of totals at the end are not read",) == reader.infos[0].warnings


def test_a_mapped_table_needs_only_what_the_mapping_does_not_give(feed: Callable[..., FeedReader]) -> None:
    """A constant or a template is as good as a column."""
    mapping = FeedMapping(constants={"description": "Entregue"}, templates={"order_id": "{Ref}-01"})
    [event] = feed("Ref;NF;Data\n7;0001;05/03/2026\n", mapping=mapping)
    assert isinstance(event, TrackingEvent)
    assert ("7-01", "Entregue") == (event.order_id, event.description)


def test_a_code_is_as_good_as_a_description(feed: Callable[..., FeedReader]) -> None:
    """Its text comes from a table."""
    [event] = feed("Pedido;NF;Data;Cód. Ocorrência\n1;2;05/03/2026;01\n", mapping=FeedMapping(code_table="ocoren"))
    assert isinstance(event, TrackingEvent)
    assert event.is_delivered
    with pytest.raises(FeedError, match="no column for description"):
        list(feed("Pedido;NF;Data\n1;2;05/03/2026\n"))


@pytest.mark.parametrize("header", ["1-01;0001;05/03/2026;Entregue", "Cliente;Valor"])
def test_a_line_that_may_be_no_header_is_asked_about(feed: Callable[..., FeedReader], header: str) -> None:
    """A feed without one begins with a record; a header that names what is needed but one thing is certainly one."""
    with pytest.raises(FeedError, match=r"is this line a header\? If not, write one above it"):
        list(feed(f"{header}\n"))
    with pytest.raises(FeedError) as caught:
        list(feed("Pedido;NF;Data\n"))
    assert "is this line a header" not in str(caught.value)


def test_of_very_many_columns_the_first_are_shown(feed: Callable[..., FeedReader]) -> None:
    """With how many there are."""
    with pytest.raises(FeedError, match=r'"c29", … \(10000 in all\)\n'):
        list(feed(",".join(f"c{number}" for number in range(10_000)) + "\n"))


@pytest.mark.parametrize("first", ["Subtotal:", "  Total", "Qtd. 2", "TOTAL GERAL"])
def test_totals_begin_with_a_word_and_not_with_a_number(feed: Callable[..., FeedReader], first: str) -> None:
    """They begin with such a word; a record's order may begin with a number before one."""
    reader = feed(f"Pedido;NF;Data;Status\n1;2;05/03/2026;ok\n1total;2;05/03/2026;ok\n{first};;;\n")
    assert ["1", "1total"] == [value.order_id for value in reader if isinstance(value, TrackingEvent)]
    assert [2] == [info.records for info in reader.infos]
