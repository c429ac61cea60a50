"""What a record says of an event, of a delivery, and of when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.records import Record, RecordReader
from vtex_tracking.feed.tally import Tally
from vtex_tracking.model import Defect, MappedInvoice, TrackingEvent
from vtex_tracking.settings import FeedMapping, FeedSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vtex_tracking.feed import FeedReader


def _only(reader: FeedReader) -> TrackingEvent | Defect:
    [value] = reader
    return value


@pytest.mark.parametrize(
    ("date", "said", "delivered", "expected"),
    [
        ("05/03/2026", "", "", (False, None)),
        ("05/03/2026", "não", "", (False, None)),
        ("05/03/2026", "sim", "", (True, None)),
        ("05/03/2026", "sim", "04/03/2026 10:00", (True, "2026-03-04 10:00")),
        ("05/03/2026", "", "04/03/2026", (True, "2026-03-04 00:00")),
    ],
)
def test_an_event_may_say_delivered(
    feed: Callable[..., FeedReader], date: str, said: str, delivered: str, expected: tuple[bool, str | None]
) -> None:
    """With a date of its own or without; a date alone says it too."""
    text = f"Pedido;NF;Data;Status;Entregue;Data de Entrega\n1;1;{date};ok;{said};{delivered}\n"
    event = _only(feed(text))
    assert isinstance(event, TrackingEvent)
    assert expected == (event.is_delivered, event.delivered_date)
    assert "2026-03-05" == event.date


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ("05/03/2026;ok;não;05/03/2026", "Entregue", "delivered_contradiction"),
        ("05/03/2026;ok;talvez;", "Entregue", "bad_bool"),
        ("05/03/2026;ok;;25/11/2026", "Data de Entrega", "date_range"),
        ("25/11/2026;ok;sim;", "Data", "date_range"),
        ("05/03/2026;ok;;05/03/1999", "Data de Entrega", "date_range"),
        (";;sim;", "Data de Entrega", "missing_delivered_date"),
        (";;não;", "", "missing_field"),
        ("05/03/2026;;sim;05/03/2026", "Status", "missing_field"),
    ],
)
def test_a_delivery_that_cannot_be_is_a_defect(
    feed: Callable[..., FeedReader], cells: str, column: str, code: str
) -> None:
    """It is irreversible at VTEX, so nothing about it is guessed."""
    defect = _only(feed(f"Pedido;NF;Data;Status;Entregue;Data de Entrega\n1;1;{cells}\n"))
    assert isinstance(defect, Defect)
    assert (column, code) == (defect.column, defect.code)


def test_an_event_may_lie_ahead(feed: Callable[..., FeedReader]) -> None:
    """Only a delivery must have happened."""
    event = _only(feed("Pedido;NF;Data;Status\n1;1;25/12/2026;Entrega agendada\n"))
    assert isinstance(event, TrackingEvent)


def test_a_feed_of_events_may_hold_a_delivery_without_one(feed: Callable[..., FeedReader]) -> None:
    """With its date it is enough."""
    event = _only(feed("Pedido;NF;Data;Status;Data de Entrega\n1;1;;;05/03/2026\n"))
    assert isinstance(event, TrackingEvent)
    assert (None, "2026-03-05 00:00") == (event.date, event.delivered_date)


def test_a_backfill_has_no_events(feed: Callable[..., FeedReader]) -> None:
    """Order, invoice and delivered date are enough; a record without the date says nothing."""
    event, defect = feed("order_id,invoice_number,delivered_date\n1,1,2026-03-05T10:20:30\n1,2,\n")
    assert isinstance(event, TrackingEvent)
    assert (True, "2026-03-05 10:20") == (event.is_delivered, event.delivered_date)
    assert isinstance(defect, Defect)
    assert "missing_field" == defect.code


def test_date_and_time_may_stand_apart(feed: Callable[..., FeedReader]) -> None:
    """In the zone that the user names, and in a backfill as well."""
    first = _only(feed("Pedido;NF;Data;Hora;Status\n1;1;05/03/2026;14:30;ok\n", timezone="America/Sao_Paulo"))
    assert isinstance(first, TrackingEvent)
    assert "2026-03-05 14:30:00-03:00" == first.date
    second = _only(feed("Pedido;NF;Data Entrega;Hora Entrega\n1;1;05/03/2026;14:30\n"))
    assert isinstance(second, TrackingEvent)
    assert "2026-03-05 14:30" == second.delivered_date


def test_a_time_that_is_none_is_a_defect_of_its_column(feed: Callable[..., FeedReader]) -> None:
    """Not of the date's."""
    defect = _only(feed("Pedido;NF;Data;Hora;Status\n1;1;05/03/2026;25:30;ok\n"))
    assert isinstance(defect, Defect)
    assert ("Hora", "bad_date") == (defect.column, defect.code)


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("Cidade/UF", "Curitiba/PR", ("Curitiba", "PR")),
        ("Cidade/UF;UF", "Curitiba/PR;", ("Curitiba", "PR")),
        ("Cidade/UF;UF", "Curitiba;PR", ("Curitiba", "PR")),
        ("Cidade/UF;UF", "Curitiba/PR;SC", ("Curitiba", "SC")),
        ("Cidade/UF", "", ("", "")),
        ("UF", "PR", ("", "PR")),
        ("Peso", "3", ("", "")),
    ],
)
def test_city_and_state_may_stand_in_one_or_not_at_all(
    feed: Callable[..., FeedReader], header: str, cells: str, expected: tuple[str, str]
) -> None:
    """They may be empty; VTEX takes that."""
    event = _only(feed(f"Pedido;NF;Data;Status;{header}\n1;1;05/03/2026;ok;{cells}\n"))
    assert isinstance(event, TrackingEvent)
    assert expected == (event.city, event.state)


@pytest.mark.parametrize("size", [5001, 60_000])
def test_a_description_is_cut_only_where_the_user_says_so(feed: Callable[..., FeedReader], size: int) -> None:
    """And then that is a warning; a city is never cut, nor is anything else forgiven."""
    text = f"Pedido;NF;Data;Cidade;Status\n1;1;05/03/2026;a;{'x' * size}\n1;1;05/03/2026;{'x' * 301};ok\n1;1;05/03/2026;a;#REF!\n"
    reader = feed(text, is_truncating=True)
    event, city, error = reader
    assert isinstance(event, TrackingEvent)
    assert "x" * 5000 == event.description
    assert isinstance(city, Defect)
    assert isinstance(error, Defect)
    assert ("text_too_long", "spreadsheet_error") == (city.code, error.code)
    assert "1 descriptions were too long and were cut" in reader.infos[0].warnings[0]


def test_control_characters_are_taken_out_and_counted(feed: Callable[..., FeedReader]) -> None:
    """In a description as in a city."""
    reader = feed("Pedido;NF;Data;Cidade;Status\n1;1;05/03/2026;a\x1bb;c\x07d\x9f\n")
    event = _only(reader)
    assert isinstance(event, TrackingEvent)
    assert ("ab", "cd", 3) == (event.city, event.description, reader.infos[0].stripped_characters)


@pytest.mark.parametrize(
    ("volume", "expected"), [("", ""), (" 1/2 ", "1/2"), ("001", "001"), ("1\x07", "1"), ("x" * 64, "x" * 64)]
)
def test_a_volume_is_named_by_a_short_text(feed: Callable[..., FeedReader], volume: str, expected: str) -> None:
    """Exactly as the carrier writes it; how many there are is a count."""
    event = _only(feed(f"Pedido;NF;Data;Status;Volume;Total de Volumes\n1;1;05/03/2026;ok;{volume};3\n"))
    assert isinstance(event, TrackingEvent)
    assert (expected, 3, False) == (event.volume, event.volumes, event.is_returned)


def test_json_may_write_a_volume_as_a_whole_number(feed: Callable[..., FeedReader]) -> None:
    """As a text it is the same."""
    event = _only(feed('{"orderId":"1","invoiceNumber":"1","date":"2026-03-05","description":"ok","volume":2}\n'))
    assert isinstance(event, TrackingEvent)
    assert "2" == event.volume


@pytest.mark.parametrize(
    ("volume", "code"),
    [("1\t2", "bad_id"), ("1\u200b", "bad_id"), ("x" * 65, "text_too_long"), ("\u0958" * 40, "text_too_long")],
)
def test_a_volume_that_names_nothing_is_a_defect(feed: Callable[..., FeedReader], volume: str, code: str) -> None:
    """Before it could be taken for another one."""
    defect = _only(feed(f"Pedido;NF;Data;Status;Volume\n1;1;05/03/2026;ok;{volume}\n"))
    assert isinstance(defect, Defect)
    assert ("Volume", code) == (defect.column, defect.code)


def test_every_control_character_is_counted_each_time_it_is_stripped(feed: Callable[..., FeedReader]) -> None:
    """Also in a text that was read before."""
    reader = feed("Pedido;NF;Data;Status\n" + "1;1;05/03/2026;Cole\x01tado\n" * 3)
    assert ["Coletado"] * 3 == [value.description for value in reader if isinstance(value, TrackingEvent)]
    assert [3] == [info.stripped_characters for info in reader.infos]


@pytest.mark.parametrize("records", [1, 20])
@pytest.mark.parametrize("cells", ["01;{0};{0};{0}", "01;Ent;{0};{0}", "{0};Ent;sim;{0}", "{0};Ent;não;2"])
def test_a_cell_of_spaces_is_as_empty_as_any(feed: Callable[..., FeedReader], cells: str, records: int) -> None:
    """In whichever column it stands, alone and among others."""
    header = "Pedido;NF;Data;Hora;Cidade/UF;Data de Entrega;Cód. Ocorrência;Descrição;Entregue;Total de Volumes\n"
    mapping = FeedMapping(constants={"city": "Itu"}, code_table="ocoren")
    text = header + f"1-01;7;05/03/2026;{{0}};{{0}};{{0}};{cells}\n" * records
    empty, *blank = ([*feed(text.format(nothing), mapping=mapping)] for nothing in ("", " ", " \t "))
    assert [True] * records == [isinstance(event, TrackingEvent) for event in empty]
    for found in blank:
        assert empty == [evolve(value, place=event.place) for value, event in zip(found, empty, strict=True)]


def test_without_a_code_and_a_description_only_the_latter_is_missing(feed: Callable[..., FeedReader]) -> None:
    """A cell of spaces is no code that a table could have."""
    defect = _only(feed("Pedido;NF;Data;Cód. Ocorrência;Status\n1;1;05/03/2026; ; \n"))
    assert isinstance(defect, Defect)
    assert ("Status", "missing_field") == (defect.column, defect.code)


@pytest.mark.parametrize(("order_id", "number"), [("", ""), (" ", " "), ("1-01", " "), (" ", "7"), (None, "7")])
def test_an_invoice_that_is_not_named_is_looked_up(now: datetime, order_id: object, number: object) -> None:
    """Spaces name nothing."""
    invoice = MappedInvoice(order_id="A-01", invoice_number="1", place="map.csv:2")
    reader = RecordReader(now=now, settings=FeedSettings(), tally=Tally(), find=lambda _record: invoice)
    record = Record(order_id=order_id, invoice_number=number, date="05/03/2026", description="ok")
    assert "A-01" == reader.read(record, place="feed:2").order_id


@pytest.mark.parametrize(
    "cells",
    [
        ";7;12/31/2026;ok;;",
        "1-01;7/8;12/31/2026;ok;;",
        "1-01;7;12/31/2026;ok;talvez;",
        "1-01;7;31/02/2026;ok;;12/31/2026",
        "1-01;7;05/03/2026;#REF!;;12/31/2026",
        ";7;;;;12/31/2026",
    ],
)
def test_a_feed_is_month_first_whatever_else_is_wrong(feed: Callable[..., FeedReader], cells: str) -> None:
    """One date shows it, in a record that could not be read anyway as in any other."""
    text = f"Pedido;NF;Data;Status;Entregue;Data de Entrega\n1;1;05/03/2026;ok;;\n{cells}\n"
    with pytest.raises(FeedError, match=r'feed:3: column "Data.*: "12/31/2026" can only be read month first'):
        list(feed(text))
