"""Correios, as their REST API answers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Final

import pytest
from feed_support import entries_of
from feed_writers import Parcel, ParcelEvent, write_correios, write_correios_xml
from hypothesis import given, settings
from hypothesis import strategies as st

from vtex_tracking.feed.formats.correios import is_correios, read_correios
from vtex_tracking.feed.formats.correios_codes import CODES, correios_code
from vtex_tracking.feed.formats.correios_xml import read_correios_xml
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import FeedMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader
    from vtex_tracking.feed.entries import Entry

MAPPING: Final = FeedMapping(constants={"order_id": "1-01", "invoice_number": "0001"})
EVENT: Final[dict[str, object]] = {
    "codigo": "BDE",
    "tipo": "01",
    "dtHrCriado": "2026-03-05T14:22:10",
    "descricao": "Objeto entregue ao destinatário",
    "detalhe": "Recebido por: MARIA",
    "unidade": {"tipo": "Unidade de Distribuição", "nome": "CDD CENTRO", "endereco": {"cidade": "RECIFE", "uf": "PE"}},
    "unidadeDestino": {"nome": "AC OLINDA", "endereco": {"cidade": "OLINDA", "uf": "PE"}},
}


def _object(*events: object, **others: object) -> dict[str, object]:
    return {"codObjeto": "QB481203378BR", "eventos": list(events)} | others


def _read(*objects: object) -> list[Entry]:
    return entries_of(read_correios, "\n".join(map(json.dumps, objects))).found


def _values(entry: Entry) -> dict[str, object]:
    return dict(zip(entry.shape.columns.names, entry.values, strict=True))


def _problem(entry: Entry) -> tuple[str, str]:
    return ("", "") if entry.problem is None else (entry.problem.code, entry.problem.problem)


def test_an_event_has_all_its_values() -> None:
    """Where each comes from."""
    expected = {
        "tracking_number": "QB481203378BR",
        "event_code": "BDE 01",
        "date": "2026-03-05T14:22:10",
        "description": "Objeto entregue ao destinatário",
        "city": "RECIFE",
        "state": "PE",
        "detail": "Recebido por: MARIA",
        "unit": "CDD CENTRO",
        "destination_city": "OLINDA",
        "destination_state": "PE",
        "destination_unit": "AC OLINDA",
    }
    assert [expected] == [_values(entry) for entry in _read(_object(EVENT))]


def test_a_date_may_come_with_a_zone_beside_it() -> None:
    """The date is what the carrier wrote; the zone is only where it was written."""
    created = {"date": "2026-03-05 14:22:10.000000", "timezone_type": 3, "timezone": "America/Sao_Paulo"}
    [entry] = _read(_object({**EVENT, "dtHrCriado": created}))
    assert "2026-03-05 14:22:10.000000" == _values(entry)["date"]


@pytest.mark.parametrize("missing", [{}, {"unidade": None}, {"unidade": {"endereco": []}}])
def test_an_event_may_lack_its_place(missing: dict[str, object]) -> None:
    """Events on the road have none."""
    [entry] = _read(_object({"codigo": "RO", "tipo": "01", **missing}))
    assert (None, None, None) == (_values(entry)["city"], _values(entry)["state"], _values(entry)["unit"])


def test_objects_come_alone_in_lines_in_a_list_or_in_an_answer() -> None:
    """Whatever was saved of the API, its events are the same."""
    first, second = _object(EVENT, EVENT), _object(EVENT)
    answer = {"versao": "3.0.0", "quantidade": 2, "objetos": [first, second], "tipoResultado": "Todos os Eventos"}
    lines = "\n".join(map(json.dumps, (first, second)))
    for text in (lines, json.dumps([first, second]), json.dumps(answer), json.dumps(answer, indent=2)):
        assert [_values(entry) for entry in _read(first, second)] == [
            _values(entry) for entry in entries_of(read_correios, text).found
        ]


def test_an_object_without_events_says_why() -> None:
    """It is a defect, for a person may have mistyped its number."""
    message = "SRO-020: Objeto não encontrado na base de dados dos Correios."
    entries = _read({"codObjeto": "AA1BR", "mensagem": message}, {"codObjeto": "AA2BR", "eventos": []})
    assert [
        ("no_tracking", f"has no events: {message}"),
        ("no_tracking", "has no events: the carrier does not say why"),
    ] == [_problem(entry) for entry in entries]
    assert [False, True] == ["AA1BR" not in entry.text for entry in entries]


def test_what_is_no_event_is_a_problem_of_its_own() -> None:
    """The events around it are read."""
    entries = _read(_object(EVENT, 5), _object(eventos={"a": 1}), 7, _object(*[EVENT] * 1001))
    assert ["", "not_an_object", "bad_type", "not_an_object", "too_many_events"] == [
        _problem(one)[0] for one in entries
    ]


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("BDE", "01", "BDE 01"),
        ("BDE", "1", "BDE 01"),
        ("BDI", 0, "BDI 00"),
        ("BDE", 23, "BDE 23"),
        ("PO", "", "PO"),
        ("PO", None, "PO"),
        ("PO", True, "PO"),
        (None, "01", ""),
        (["BDE"], "01", ""),
        ("BDE", [], ""),
    ],
)
def test_a_code_has_one_form(kind: object, number: object, code: str) -> None:
    """Whether its number came as a text or as a number, with a zero before it or without."""
    assert code == correios_code(kind, number)


def test_what_a_code_says() -> None:
    """Deliveries are six codes and no more; a return is none of them."""
    delivered = {code for code, meaning in CODES.items() if meaning.is_delivered}
    returned = {code for code, meaning in CODES.items() if meaning.is_returned}
    assert {"BDE 00", "BDE 01", "BDI 00", "BDI 01", "BDR 00", "BDR 01"} == delivered
    assert {"BDE 23", "BDI 23", "BDR 23", "BDE 04", "FC 01"} <= returned
    assert delivered.isdisjoint(returned)
    assert all(meaning.text for meaning in CODES.values())


@pytest.mark.parametrize(
    ("number", "delivered", "returned"), [("01", True, False), ("23", False, True), ("20", False, False)]
)
def test_a_feed_becomes_events(
    feed: Callable[..., FeedReader], *, number: str, delivered: bool, returned: bool
) -> None:
    """With what the code says, and the carrier's own words."""
    [value] = feed(json.dumps(_object({**EVENT, "tipo": number})), mapping=MAPPING)
    assert isinstance(value, TrackingEvent)
    assert (delivered, returned) == (value.is_delivered, value.is_returned)
    assert ("2026-03-05 14:22:10", "RECIFE", "PE") == (value.date, value.city, value.state)
    assert "Objeto entregue ao destinatário" == value.description


def test_a_defect_keeps_its_object(feed: Callable[..., FeedReader]) -> None:
    """Mended, it can be fed back as it is."""
    [value] = feed(json.dumps([_object({**EVENT, "dtHrCriado": "ontem"})], indent=1), mapping=MAPPING)
    assert isinstance(value, Defect)
    assert ("bad_date", "date") == (value.code, value.column)
    assert _object({**EVENT, "dtHrCriado": "ontem"}) == json.loads(value.text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(_object(EVENT)), True),
        (json.dumps({"objetos": [_object(EVENT)]}, indent=4), True),
        ('{"codObjeto": "A", "mensagem": "SRO-019: Objeto inválido"}', True),
        ('{"codObjeto": "A", "date": "2026-03-05", "description": "Saiu"}', False),
        ("codObjeto;eventos", False),
    ],
)
def test_a_feed_is_known_by_its_keys(text: str, *, expected: bool) -> None:
    """Events of one's own that name the object are no answer of the API."""
    assert expected == is_correios(text.splitlines())


TEXTS: Final = st.text(
    st.characters(codec="cp1252", exclude_categories=["C", "Z"]), min_size=1, max_size=20
) | st.sampled_from(["São João d'El-Rei", "a & b < c > d ]]>", "“entregue”…"])
PARCELS: Final = st.lists(
    st.builds(
        Parcel,
        tracking_number=st.from_regex(r"[A-Z]{2}[0-9]{9}BR", fullmatch=True),
        events=st.lists(
            st.builds(
                ParcelEvent,
                kind=st.sampled_from(["BDE", "BDI", "BDR", "PO", "OEC", "RO"]),
                number=st.integers(0, 99),
                moment=st.datetimes(datetime(2000, 1, 1), datetime(2026, 11, 1)).map(  # noqa: DTZ001 - as they write it
                    lambda moment: moment.replace(second=0, microsecond=0)
                ),
                description=TEXTS,
                city=TEXTS,
                state=st.sampled_from(["SP", "PE", ""]),
            ),
            min_size=1,
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=3,
)


def _facts(parcels: list[Parcel]) -> list[tuple[object, ...]]:
    return [
        (parcel.tracking_number, f"{one.kind} {one.number:02}", one.moment, one.description, one.city, one.state)
        for parcel in parcels
        for one in parcel.events
    ]


def _told(entry: Entry) -> tuple[object, ...]:
    values = _values(entry)
    names = ("tracking_number", "event_code", "description", "city", "state")
    number, code, description, city, state = (values[name] for name in names)
    date, clock = str(values["date"]), values.get("time")
    form = "%Y-%m-%dT%H:%M:%S" if clock is None else "%d/%m/%Y %H:%M"
    text = date if clock is None else f"{date} {clock}"
    return number, code, datetime.strptime(text, form), description, city, state  # noqa: DTZ007 - as they write it


@settings(max_examples=30, deadline=None)
@given(parcels=PARCELS, indent=st.sampled_from([None, 2]), is_answer=st.booleans())
def test_facts_written_as_an_answer_are_read_back(
    *, parcels: list[Parcel], indent: int | None, is_answer: bool
) -> None:
    """In lines or over many, as a list or as the API wraps it."""
    objects = write_correios(parcels)
    text = json.dumps({"objetos": objects} if is_answer else objects, indent=indent)
    assert _facts(parcels) == [_told(entry) for entry in entries_of(read_correios, text).found]


@settings(max_examples=30, deadline=None)
@given(parcels=PARCELS, encoding=st.sampled_from(["utf-8", "windows-1252"]), is_soap=st.booleans())
def test_facts_written_as_xml_are_read_back(*, parcels: list[Parcel], encoding: str, is_soap: bool) -> None:
    """The same facts in the older form."""
    data = write_correios_xml(parcels, encoding=encoding, is_soap=is_soap)
    assert _facts(parcels) == [_told(entry) for entry in entries_of(read_correios_xml, data).found]
