"""What a mapping says is what every record of the feed says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import Code, FeedMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader

HEADER = "Pedido;NF;Data;Cód. Ocorrência;Status;Entregue;Obs\n"


def _read(feed: Callable[..., FeedReader], cells: str, **mapping: object) -> TrackingEvent | Defect:
    [value] = feed(f"{HEADER}1-01;0001;05/03/2026;{cells}\n", mapping=FeedMapping(**mapping))  # type: ignore[arg-type]
    return value


def _event(value: TrackingEvent | Defect) -> TrackingEvent:
    assert isinstance(value, TrackingEvent), value
    return value


def test_a_constant_is_said_by_every_record(feed: Callable[..., FeedReader]) -> None:
    """Also where a column says something else: the mapping decides."""
    event = _event(_read(feed, ";Saiu;;", constants={"state": "SP", "description": "Coletado"}))
    assert ("SP", "Coletado") == (event.state, event.description)


def test_a_template_is_filled_from_columns(feed: Callable[..., FeedReader]) -> None:
    """By their names, case and accents aside, as often as they stand there."""
    template = "{status}: {Obs} ({Status}) {{}"
    event = _event(_read(feed, ";Saiu;; na rua ", templates={"description": template}))
    assert "Saiu: na rua (Saiu) {{}" == event.description


@pytest.mark.parametrize("mapping", [{"templates": {"city": "{Cidade}"}}, {"skips": {"Cidade": ("X",)}}])
def test_a_column_that_a_table_has_not_stops_the_feed(
    feed: Callable[..., FeedReader], mapping: dict[str, object]
) -> None:
    """The mapping is for another feed, or has a slip."""
    with pytest.raises(FeedError, match='no column is called "Cidade", as the mapping has it'):
        _read(feed, ";Saiu;;", **mapping)


def test_a_key_that_an_object_has_not_is_empty(feed: Callable[..., FeedReader]) -> None:
    """Objects need not have all keys."""
    mapping = FeedMapping(templates={"city": "{cidade}!"}, skips={"tipo": ("R",)})
    line = '{"order_id":"1","invoice_number":"2","date":"2026-03-05","description":"Saiu"}\n'
    [event] = feed(line, mapping=mapping)
    assert "!" == _event(event).city


@pytest.mark.parametrize(
    ("cells", "codes", "expected"),
    [
        ("01;;;", {"01": Code(text="Entregue", is_delivered=True)}, ("Entregue", True, False)),
        ("01;Saiu;;", {"01": Code(is_delivered=True)}, ("Saiu", True, False)),
        ("01;Saiu;;", {"01": Code(text="Entregue")}, ("Entregue", False, False)),
        ("01;Saiu;não;", {"01": Code(is_delivered=True)}, ("Saiu", False, False)),
        ("25;;;", {"25": Code(text="Devolvido", is_returned=True)}, ("Devolvido", False, True)),
        (" 01 ;;;", {"01": Code(text="Entregue")}, ("Entregue", False, False)),
        ("Ok;;;", {"Ok": Code(is_delivered=True)}, ("Ok", True, False)),
        ("77;Saiu;;", {"01": Code(text="Entregue")}, ("Saiu", False, False)),
    ],
)
def test_a_code_says_what_the_mapping_says(
    feed: Callable[..., FeedReader], cells: str, codes: dict[str, Code], expected: tuple[str, bool, bool]
) -> None:
    """Its text goes before the record's own, and what the record says of the delivery before the code."""
    event = _event(_read(feed, cells, codes=codes))
    assert expected == (event.description, event.is_delivered, event.is_returned)


def test_a_code_of_the_mapping_goes_before_the_table(feed: Callable[..., FeedReader]) -> None:
    """A carrier may mean something else by it, and the rest of the table holds."""
    codes = {"01": Code(text="Saiu", is_delivered=False)}
    event = _event(_read(feed, "01;;;", codes=codes, code_table="ocoren"))
    assert ("Saiu", False) == (event.description, event.is_delivered)
    assert _event(_read(feed, "02;;;", codes=codes, code_table="ocoren")).is_delivered


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("ocoren", "1"),
        ("ocoren", "001"),
        ("correios", "BDE1"),
        ("correios", "BDE 1"),
        ("correios", "bde 01"),
        ("correios", "BDE-01"),
        ("correios-xml", "Bdi_001"),
    ],
)
def test_a_code_is_known_however_it_is_spelled(feed: Callable[..., FeedReader], table: str, code: str) -> None:
    """Spreadsheets take its zero away, and people write it as they like."""
    assert _event(_read(feed, f"{code};Ok;;", code_table=table)).is_delivered
    line = f'{{"order_id":"1","invoice_number":"2","date":"2026-03-05","event_code":"{code}"}}\n'
    [event] = feed(line, mapping=FeedMapping(code_table=table))
    assert _event(event).is_delivered


def test_json_may_write_a_code_as_a_number(feed: Callable[..., FeedReader]) -> None:
    """Also where nothing but zeros was left of it."""
    line = '{"order_id":"1","invoice_number":"2","date":"2026-03-05","event_code":0}\n'
    [event] = feed(line, mapping=FeedMapping(code_table="ocoren"))
    assert "Processo de transporte já iniciado" == _event(event).description


def test_a_code_as_it_is_written_goes_before_its_usual_form(feed: Callable[..., FeedReader]) -> None:
    """The mapping may know both, and its word for the usual form goes before the table's."""
    codes = {"1": Code(text="Coletado"), "02": Code(text="Saiu")}
    found = [_event(_read(feed, f"{code};;;", codes=codes, code_table="ocoren")) for code in ("1", "2", "01")]
    assert ["Coletado", "Saiu", "Entrega realizada normalmente"] == [event.description for event in found]
    assert [False, False, True] == [event.is_delivered for event in found]


@pytest.mark.parametrize(("table", "code"), [("correios", "BDE"), ("correios", "BDE 1A"), (None, "1")])
def test_only_a_table_says_how_its_codes_are_spelled(
    feed: Callable[..., FeedReader], table: str | None, code: str
) -> None:
    """What it does not know stays unknown."""
    event = _event(_read(feed, f"{code};Ok;;", codes={"01": Code(is_delivered=True)}, code_table=table))
    assert ("Ok", False) == (event.description, event.is_delivered)


def test_a_record_has_its_own_description_beside_a_table(feed: Callable[..., FeedReader]) -> None:
    """The carrier's words are better than the table's."""
    event = _event(_read(feed, "01;Deixado com o vizinho;;", code_table="ocoren"))
    assert ("Deixado com o vizinho", True) == (event.description, event.is_delivered)


def test_an_unknown_code_without_a_description_is_a_defect(feed: Callable[..., FeedReader]) -> None:
    """Nobody knows what to tell the shopper."""
    defect = _read(feed, "777;;;", code_table="ocoren")
    assert isinstance(defect, Defect)
    assert ("unknown_code", "Cód. Ocorrência") == (defect.code, defect.column)
    assert '"777" is in no table of codes' in defect.problem


@pytest.mark.parametrize(
    "mapping", [{"codes": {"01": Code(is_skipped=True)}}, {"skips": {"status": ("Previsto", "Saiu")}}]
)
def test_records_that_the_mapping_leaves_out_are_counted(
    feed: Callable[..., FeedReader], mapping: dict[str, object]
) -> None:
    """They are no records, and no defects either."""
    text = f"{HEADER}1-01;0001;05/03/2026;01; Saiu ;;\n1-01;0001;x;02;Chegou;;\n"
    reader = feed(text, mapping=FeedMapping(**mapping))  # type: ignore[arg-type]
    assert [Defect] == [type(value) for value in reader]
    info = reader.infos[0]
    assert (1, (f"{info.name}: 1 records were left out, as the mapping has it",)) == (info.records, info.warnings)


@pytest.mark.parametrize(
    ("number", "digits", "expected"),
    [
        ("30711", 9, "000030711"),
        ("000030711", 0, "30711"),
        ("000030711", 6, "030711"),
        ("30711", 3, "30711"),
        ("0000", 0, "0"),
        ("A-1", 9, "A-1"),
        ("30711", None, "30711"),
    ],
)
def test_invoice_numbers_have_the_digits_that_vtex_has(
    feed: Callable[..., FeedReader], number: str, digits: int | None, expected: str
) -> None:
    """Only the mapping knows how many; a number with letters is left as it is."""
    [event] = feed(f"Pedido;NF;Data;Status\n1;{number};05/03/2026;x\n", mapping=FeedMapping(invoice_digits=digits))
    assert expected == _event(event).invoice_number


def test_times_are_converted_only_between_two_named_zones(feed: Callable[..., FeedReader]) -> None:
    """What the carrier wrote is sent as it is, unless somebody says from where to where."""
    text = "Pedido;NF;Data;Status\n1;2;05/03/2026 23:30;x\n"
    zones = {"timezone": "America/Manaus", "to_timezone": "America/Sao_Paulo"}
    for given, expected in (
        ({}, "2026-03-05 23:30:00"),
        ({"timezone": zones["timezone"]}, "2026-03-05 23:30:00-04:00"),
        ({"to_timezone": zones["to_timezone"]}, "2026-03-05 23:30:00"),
        (zones, "2026-03-06 00:30:00-03:00"),
    ):
        [event] = feed(text, **given)
        assert expected == _event(event).date
    [day] = feed("Pedido;NF;Data;Status\n1;2;05/03/2026;x\n", **zones)
    assert "2026-03-05" == _event(day).date
