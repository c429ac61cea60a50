"""A map of invoices in the ledger's own temporary file answers as a list of its rows would."""

from __future__ import annotations

from typing import Any, Final

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.invoices import Contradiction, InvoiceTable
from vtex_tracking.model import MappedInvoice

ALIKE_MAX: Final = 50


def row(order_id: str, invoice_number: str = "7", **known: Any) -> MappedInvoice:
    return MappedInvoice(order_id=order_id, invoice_number=invoice_number, **known)


def table_of(ledger: LedgerFile, *rows: MappedInvoice, alike_max: int = ALIKE_MAX) -> InvoiceTable:
    table = InvoiceTable(ledger, alike_max=alike_max)
    table.take_in(rows)
    return table


def test_a_row_comes_back_as_it_was(ledger: LedgerFile) -> None:
    """Every value of it, also where it has none."""
    whole = row(
        "A",
        city="Recife",
        state="PE",
        volumes=2,
        series="1",
        issuer="11222333000181",
        key="3526",
        key_number="8",
        tracking_number="QB1BR",
        place="map.csv:2",
    )
    table = table_of(ledger, whole, row("B", "9"))
    assert [whole] == table.by_key("3526") == table.by_tracking_number("QB1BR")
    assert [whole] == table.by_number("7", series="1", issuer="") == table.by_number("8", series="", issuer="")
    assert [row("B", "9")] == table.by_number("9", series="3", issuer="1")
    assert [] == table.by_key("") == table.by_tracking_number("")


def test_nothing_of_another_map_is_left(ledger: LedgerFile) -> None:
    """A connection is used for one after the other in tests, and for one in a run."""
    table_of(ledger, row("A"))
    assert ["B"] == [found.order_id for found in table_of(ledger, row("B")).by_number("7", series="", issuer="")]


def test_an_answer_has_a_limit(ledger: LedgerFile) -> None:
    """However many rows are alike."""
    table = table_of(
        ledger, *[row(f"order-{number}", key="K", tracking_number="T") for number in range(9)], alike_max=3
    )
    assert 3 == len(table.by_key("K")) == len(table.by_tracking_number("T"))
    assert 3 == len(table.by_number("7", series="", issuer=""))


def test_marks_that_stand_for_two_invoices_are_named(ledger: LedgerFile) -> None:
    """Two rows of one invoice contradict nothing."""
    rows = [
        row("A", key="K", tracking_number="T", place="map.csv:2"),
        row("A", key="K", place="map.csv:3"),
        row("B", tracking_number="T", place="map.csv:4"),
        row("B", "8", key="L", place="map.csv:5"),
        row("B", "9", key="L", place="map.csv:6"),
    ]
    expected = [
        Contradiction("key", "map.csv:5", "map.csv:6"),
        Contradiction("tracking number", "map.csv:2", "map.csv:4"),
    ]
    assert expected == table_of(ledger, *rows).contradictions(count_max=9)
    assert [] == table_of(ledger, *rows).contradictions(count_max=0)


MARKS: Final = st.sampled_from(["", "1", "2"])
ROWS: Final = st.lists(
    st.builds(
        row,
        MARKS,
        st.sampled_from(["1", "01", "2", "A"]),
        series=MARKS,
        issuer=MARKS,
        key=MARKS,
        key_number=MARKS,
        tracking_number=MARKS,
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def shared() -> Any:
    with LedgerFile(None) as ledger:
        yield ledger


@given(rows=ROWS, value=st.sampled_from(["1", "2", "A"]), series=MARKS, issuer=MARKS)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_number_is_found_as_in_a_list(
    shared: LedgerFile, *, rows: list[MappedInvoice], value: str, series: str, issuer: str
) -> None:
    """By its own value or by that in the key, where neither series nor issuer is another one."""
    expected = [
        # the number in the key is kept only where it is another
        evolve(one, key_number="" if one.key_number == one.number_value else one.key_number)
        for one in rows
        if value in (one.number_value, one.key_number)
        and (not series or one.series in ("", series))
        and (not issuer or one.issuer in ("", issuer))
    ]
    found = table_of(shared, *rows).by_number(value, series=series, issuer=issuer)
    assert sorted(map(str, expected)) == sorted(map(str, found))
