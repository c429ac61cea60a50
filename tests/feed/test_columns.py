"""Which column means what, in English and Portuguese, and where that is not certain."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.columns import Columns, Field, find_columns, normal_name


def _found(*names: str, **mapping: str) -> dict[str, str]:
    columns = find_columns(names, mapping=mapping)
    assert () == columns.doubts
    return {field: columns.names[index] for field, index in columns.indexes.items()}


def _doubts(*names: str) -> tuple[str, ...]:
    return find_columns(names, mapping={}).doubts


@pytest.mark.parametrize(
    ("field", "names"),
    [
        (
            "order_id",
            ["order_id", "orderId", "Order ID", "Pedido", "Nº Pedido", "N° PEDIDO", "Nr. Pedido", "Número do Pedido"],
        ),
        ("order_id", ["Cód. Pedido", "Pedido VTEX", "PEDIDO_ID"]),
        (
            "invoice_number",
            ["invoice_number", "invoiceNumber", "Nota Fiscal", "NF", "NF-e", "Nº NF", "Número da NF-e", "nota"],
        ),
        ("date", ["date", "Data", "Data da Ocorrência", "DATA OCORRENCIA", "Dt. Ocorrência", "Data/Hora", "eventDate"]),
        ("time", ["time", "Hora", "Hora da Ocorrência", "HORÁRIO"]),
        ("city", ["city", "Cidade", "Município", "MUNICIPIO"]),
        ("state", ["state", "UF", "Estado", "U.F."]),
        ("city_state", ["Cidade/UF", "Município - UF", "city_state"]),
        (
            "description",
            ["description", "Descrição", "Ocorrência", "Status", "Situação", "Evento", "Descrição da Ocorrência"],
        ),
        ("is_delivered", ["is_delivered", "isDelivered", "Entregue", "ENTREGUE?"]),
        ("delivered_date", ["delivered_date", "deliveredDate", "Data de Entrega", "Data da entrega", "Dt. Entrega"]),
    ],
)
def test_names_are_known_in_both_languages(field: str, names: list[str]) -> None:
    """Case, accents, spaces and punctuation aside."""
    for name in names:
        assert {field: name} == _found(name)


@pytest.mark.parametrize(
    "name",
    [
        "Previsão de Entrega",
        "Data Prevista de Entrega",
        "delivery_date",
        "Obs",
        "",
        "Cidade Destino",
    ],
)
def test_a_name_that_often_means_something_else_is_not_known(name: str) -> None:
    """Above all a promised date is no delivery."""
    assert {} == _found(name)


@pytest.mark.parametrize(
    ("names", "field", "winner"),
    [
        (["Data", "Data da Ocorrência"], "date", "Data da Ocorrência"),
        (["Status", "Ocorrência"], "description", "Ocorrência"),
        (["Ocorrência", "Descrição"], "description", "Descrição"),
        (["Descrição", "Descrição da Ocorrência"], "description", "Descrição da Ocorrência"),
        (["NF", "Nº NF"], "invoice_number", "Nº NF"),
        (["Pedido", "Pedido VTEX"], "order_id", "Pedido VTEX"),
        (["Estado", "UF"], "state", "UF"),
    ],
)
def test_the_more_telling_name_wins_and_that_is_said(names: list[str], field: str, winner: str) -> None:
    """In whatever order they stand."""
    for order in (names, names[::-1]):
        columns = find_columns(order, mapping={})
        assert winner == columns.name(Field(field))
        assert [winner] != [*columns.unused]
        assert 1 == len(columns.choices)
        assert winner in columns.choices[0]


@pytest.mark.parametrize(
    "names",
    [("orderId", "orderId"), ("Pedido", "Nº Pedido"), ("NF", "Nota Fiscal"), ("City", "Município"), ("date", "Data")],
)
def test_two_names_that_tell_as_much_are_a_doubt(names: tuple[str, str]) -> None:
    """Both are named."""
    [doubt] = _doubts(*names)
    assert all(name in doubt for name in names)


def test_a_plain_time_beside_two_dates_is_a_doubt() -> None:
    """It may belong to either; a time that says whose it is does not."""
    assert ('column "Hora" may belong to columns "Data" and "Data da Ocorrência"',) == _doubts(
        "Data", "Data da Ocorrência", "Hora"
    )
    assert () == _doubts("Data", "Data da Ocorrência", "Hora da Ocorrência")
    assert () == _doubts("Data", "Data de Entrega", "Hora")


def test_a_plain_time_belongs_to_the_only_date() -> None:
    """In a backfill that is the delivered date."""
    assert {"delivered_date": "Data de Entrega", "delivered_time": "Hora"} == _found("Data de Entrega", "Hora")
    assert {"delivered_date": "Data de Entrega", "delivered_time": "Hora Entrega"} == _found(
        "Data de Entrega", "Hora Entrega", "Hora"
    )


def test_a_city_of_its_own_is_preferred() -> None:
    """City and state in one are needed only where there is no city."""
    assert {"city": "Cidade", "state": "UF"} == _found("Cidade", "UF", "Cidade/UF")
    assert {"city_state": "Cidade/UF", "state": "UF"} == _found("UF", "Cidade/UF")


def test_our_own_columns_of_an_earlier_report_are_none() -> None:
    """A mended report of defects is a feed again."""
    columns = find_columns(["Pedido", "_place", "_code", "Obs", ""], mapping={})
    assert ({Field.ORDER_ID: 0}, ("Obs",)) == (columns.indexes, columns.unused)


def test_the_mapping_decides() -> None:
    """It takes a column from its usual field, matches exactly before loosely, and can say that there is none."""
    assert {"order_id": "Ref", "invoice_number": "NF"} == _found("Ref", "NF", "Pedido", order_id="Ref")
    assert {"order_id": "NF"} == _found("NF", order_id="NF")
    assert {"order_id": "ref."} == _found("ref.", order_id="Ref")
    assert {"order_id": "Ref"} == _found("ref", "Ref", order_id="Ref")
    assert {"order_id": "Pedido"} == _found("Pedido", "Status", description="")
    assert {} == _found("Pedido", order_id="Ref")
    assert {"date": "Quando", "time": "Hora"} == _found("Quando", "Hora", date="Quando", time="Hora")


def test_a_mapped_name_that_stands_twice_is_a_doubt() -> None:
    """The mapping cannot tell them apart."""
    assert ('columns "Ref" and "Ref" may each be the order_id; give them different names',) == find_columns(
        ["Ref", "Ref"], mapping={"order_id": "Ref"}
    ).doubts


def test_a_field_that_is_not_there_has_our_own_name() -> None:
    """And the index of the empty cell that is added at the end."""
    columns = find_columns(["Pedido"], mapping={})
    assert ("Pedido", "date", "events[0]") == tuple(map(columns.name, (Field.ORDER_ID, Field.DATE, "events[0]")))
    assert (0, -1) == (columns.index(Field.ORDER_ID), columns.index(Field.DATE))


@given(st.lists(st.text() | st.sampled_from(["Pedido", "pedido", "Data", "Hora", "Cidade", "Cidade/UF", "_x", ""])))
def test_any_header_is_understood_without_using_a_column_twice(names: list[str]) -> None:
    """Every column is used once, unused, or ours."""
    columns: Columns = find_columns(names, mapping={})
    assert len(columns.indexes) == len(set(columns.indexes.values()))
    used = {names[index] for index in columns.indexes.values()}
    ours = {name for name in names if name.startswith("_") or not name}
    assert set(names) == used | set(columns.unused) | ours


def test_a_hostile_header_takes_no_time() -> None:
    """Neither thousands of names for one field, nor a heap of accents in a name."""
    started = time.perf_counter()
    assert 1 == len(_doubts(*["data" + "." * index for index in range(5000)]))
    assert "a" == normal_name("a" + "\u0301\u0316" * 100_000)
    assert time.perf_counter() - started < 2
