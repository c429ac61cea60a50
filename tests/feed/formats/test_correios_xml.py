"""Correios, as their older web service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from feed_support import entries_of

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.formats.correios_xml import is_correios_xml, read_correios_xml
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import FeedMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader
    from vtex_tracking.feed.entries import Entry

MAPPING: Final = FeedMapping(constants={"order_id": "1-01", "invoice_number": "0001"})
EVENT: Final = """<evento>
<tipo>BDE</tipo><status>1</status><data>05/03/2026</data><hora>14:22</hora>
<descricao>Objeto entregue ao destinatário</descricao><detalhe>Na portaria</detalhe>
<local>CDD CENTRO</local><codigo>50000000</codigo><cidade>Recife</cidade><uf>PE</uf>
<destino><local>AC OLINDA</local><cidade>Olinda</cidade><bairro>Centro</bairro><uf>PE</uf></destino>
<destino><local>AC OUTRA</local><cidade>Outra</cidade></destino>
</evento>"""
NO_EVENT: Final = (
    "<objeto><numero>AA1BR</numero><erro>Objeto não encontrado na base de dados dos Correios.</erro></objeto>"
)


def _object(*events: str) -> str:
    return f"<objeto><numero>QC714022155BR</numero><sigla>QC</sigla>{''.join(events)}</objeto>"


def _answer(*objects: str) -> str:
    return f"<sroxml><versao>1.0</versao><qtd>{len(objects)}</qtd>\n{''.join(objects)}</sroxml>"


def _read(data: str | bytes) -> list[Entry]:
    return entries_of(read_correios_xml, data).found


def _values(entry: Entry) -> dict[str, object]:
    return dict(zip(entry.shape.columns.names, entry.values, strict=True))


def test_an_event_has_all_its_values() -> None:
    """Where each comes from; of several destinations the first is told."""
    expected = {
        "tracking_number": "QC714022155BR",
        "event_code": "BDE 01",
        "date": "05/03/2026",
        "time": "14:22",
        "description": "Objeto entregue ao destinatário",
        "city": "Recife",
        "state": "PE",
        "detail": "Na portaria",
        "unit": "CDD CENTRO",
        "destination_city": "Olinda",
        "destination_state": "PE",
        "destination_unit": "AC OLINDA",
    }
    assert [expected] == [_values(entry) for entry in _read(_answer(_object(EVENT)))]


def test_nothing_of_one_event_or_object_goes_to_the_next() -> None:
    """What an event lacks is empty, also behind one that has it."""
    entries = _read(_answer(_object(EVENT, "<evento><tipo>PO</tipo></evento>"), "<objeto><evento/></objeto>"))
    assert [("QC714022155BR", "BDE 01", "Recife"), ("QC714022155BR", "PO", ""), ("", "", "")] == [
        (values["tracking_number"], values["event_code"], values["city"]) for values in map(_values, entries)
    ]


def test_an_envelope_around_it_makes_no_difference() -> None:
    """With whatever prefixes its namespaces have."""
    soap = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        '<ns2:buscaEventosListaResponse xmlns:ns2="http://resource.webservice.correios.com.br/"><return>'
        f"{_object(EVENT)}</return></ns2:buscaEventosListaResponse></soapenv:Body></soapenv:Envelope>"
    )
    assert [_values(entry) for entry in _read(_answer(_object(EVENT)))] == [_values(entry) for entry in _read(soap)]
    assert is_correios_xml(soap.splitlines())


def test_an_entry_stands_where_its_event_begins() -> None:
    """By the line, which an editor finds."""
    assert [2, 2, 8] == [entry.number for entry in _read(_answer(NO_EVENT, _object(EVENT, EVENT)))][:3]


def test_an_object_without_events_says_why() -> None:
    """It is a defect, for a person may have mistyped its number."""
    _, told, silent = _read(_answer(_object(EVENT), NO_EVENT, _object()))
    assert ("no_tracking", "has no events: Objeto não encontrado na base de dados dos Correios.") == (
        told.problem and told.problem.code,
        told.problem and told.problem.problem,
    )
    assert "has no events: the carrier does not say why" == (silent.problem and silent.problem.problem)
    assert NO_EVENT == told.text


@pytest.mark.parametrize(
    "text",
    [
        "<sroxml><versao>1.0</versao>\n<error>usuário inválido</error></sroxml>",
        "<e:Envelope><e:Body>\n<e:Fault><faultstring>usuário inválido</faultstring></e:Fault></e:Body></e:Envelope>",
    ],
)
def test_an_error_instead_of_objects_stops_the_feed(text: str) -> None:
    """Or a wrong password would look like a day without events."""
    with pytest.raises(FeedError, match="feed:2 is an error instead of objects: usuário inválido; fetch it again"):
        _read(text)


def test_a_feed_becomes_events(feed: Callable[..., FeedReader]) -> None:
    """Found by what it holds, in the encoding that it names."""
    data = ('<?xml version="1.0" encoding="iso-8859-1" ?>' + _answer(_object(EVENT))).encode("latin-1")
    reader = feed(data, mapping=MAPPING)
    [value] = reader
    assert isinstance(value, TrackingEvent)
    assert ("2026-03-05 14:22:00", "Objeto entregue ao destinatário") == (value.date, value.description)
    assert value.is_delivered
    assert [("correios-xml", "cp1252")] == [(info.format, info.encoding) for info in reader.infos]


def test_a_defect_keeps_its_object(feed: Callable[..., FeedReader]) -> None:
    """Mended, it can be fed back as it is."""
    broken = EVENT.replace("05/03/2026", "ontem").replace("CENTRO", "A &amp; B")
    [value] = feed(_answer(_object(broken)), mapping=MAPPING)
    assert isinstance(value, Defect)
    assert ("bad_date", "date") == (value.code, value.column)
    mended = value.text.replace("ontem", "05/03/2026").replace("A &amp; B", "CENTRO")
    assert [_values(entry) for entry in _read(_object(EVENT))] == [_values(entry) for entry in _read(mended)]
    assert is_correios_xml([value.text])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<?xml version="1.0"?>\n<sroxml>', True),
        ("<rastro>", True),
        ("<x:buscaEventosResponse>", True),
        ("<pedidos><pedido/>", False),
        ("sroxml;<objeto>", False),
    ],
)
def test_a_feed_is_known_by_its_elements(text: str, *, expected: bool) -> None:
    """Other XML is not read as if it were this."""
    assert expected == is_correios_xml(text.splitlines())
