"""A map of invoices gives every row that can be used; what is wrong with the others is said with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from workbook_writers import write_workbook

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.invoices import InvoiceReader
from vtex_tracking.model import MappedInvoice
from vtex_tracking.settings import FeedMapping, FeedSettings

if TYPE_CHECKING:
    from pathlib import Path

KEY: Final = "35260311222333000181550010006437971123456782"


def reader_of(folder: Path, data: bytes | str, **settings: Any) -> InvoiceReader:
    path = folder / "map.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return InvoiceReader(str(path), settings=FeedSettings(**settings))


def test_a_row_says_what_its_invoice_may_be_found_by(tmp_path: Path) -> None:
    """In the forms that are compared; what it does not say is empty."""
    text = (
        "Pedido;NF;Série;CNPJ emitente;Chave NF-e;Rastreio;Cidade/UF;Qtd volumes;Cliente\n"
        f"A-01;V-1;001;11.222.333/0001-81;{KEY};qb 1 br;Recife/PE;2;Ana\nB-01;000643798;;;;;;;\n"
    )
    whole = MappedInvoice(
        order_id="A-01",
        invoice_number="V-1",
        city="Recife",
        state="PE",
        volumes=2,
        series="1",
        issuer="11222333000181",
        key=KEY,
        key_number="643797",
        tracking_number="QB1BR",
        place="map.csv:2",
    )
    reader = reader_of(tmp_path, text)
    assert [whole, MappedInvoice(order_id="B-01", invoice_number="000643798", place="map.csv:3")] == list(reader)
    info = reader.info
    assert ("invoices", 2, len(text.encode()), (), ()) == (
        info.format,
        info.records,
        info.size_bytes,
        info.unused_columns,
        info.warnings,
    )


def test_a_count_of_spaces_is_none(tmp_path: Path) -> None:
    """The row can be used all the same."""
    reader = reader_of(tmp_path, "Pedido;NF;Qtd volumes\nA;7; \nB;8;\n")
    assert [None, None] == [invoice.volumes for invoice in reader]


@pytest.mark.parametrize(
    "data",
    [
        '{"orderId": "A", "invoiceNumber": "7", "city": "Recife", "state": "PE"}\n',
        '[{"order_id": "A", "invoice_number": 7, "events": [{"date": "2026-03-05", "city": "Recife", "state": "PE"}]}]',
        write_workbook({"A": [["Pedido", "NF", "Cidade", "UF"], ["A", "7", "Recife", "PE"]]}),
    ],
)
def test_a_map_may_be_any_table_or_json(tmp_path: Path, data: bytes | str) -> None:
    """Found by what it holds, as a feed is."""
    [invoice] = reader_of(tmp_path, data)
    assert ("A", "7", "Recife", "PE") == (invoice.order_id, invoice.invoice_number, invoice.city, invoice.state)


def test_how_feeds_are_read_does_not_hold_for_the_map(tmp_path: Path) -> None:
    """Only the limits do."""
    mapping = FeedMapping(columns={"order_id": "X"}, constants={"invoice_number": "9"})
    reader = reader_of(
        tmp_path, "Pedido;NF\nA;7\n", format="ocoren", delimiter=",", encoding="utf-16", sheet="X", mapping=mapping
    )
    assert ["7"] == [invoice.invoice_number for invoice in reader]


def test_a_row_with_a_fault_is_left_out_and_named(tmp_path: Path) -> None:
    """With its place and column; the others are used."""
    rows = ["A;1,7E+12;", ";7;", "B;7", f"C;8;{KEY[:-1]}9", "D;9;"]
    reader = reader_of(tmp_path, "Pedido;NF;Chave NF-e\n" + "\n".join(rows))
    assert ["D"] == [invoice.order_id for invoice in reader]
    warnings = reader.info.warnings
    assert 5 == len(warnings)
    assert '/map.csv:2: column "NF": "1,7E+12" is what a spreadsheet makes' in warnings[0]
    assert [f"/map.csv:{number}:" in warning for number, warning in enumerate(warnings[:4], start=2)] == [True] * 4
    assert warnings[4].endswith("/map.csv: 4 rows cannot be used")


def test_the_faults_that_are_listed_have_an_end(tmp_path: Path) -> None:
    """The last line says how many there are."""
    reader = reader_of(tmp_path, "Pedido;NF\n" + "A;/\n" * 500 + "A;7\n")
    list(reader)
    warnings = reader.info.warnings
    assert (100, True) == (len(warnings), warnings[-1].endswith("500 rows cannot be used"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no invoices; is it the right file for --invoices"),
        ("Pedido;NF\n", "holds no invoices"),
        ("Pedido;NF\nA;/\n", "holds no invoices"),
        (
            "Pedido;Cidade\nA;Recife\n",
            r"no column for invoice_number(?s:.*)call those of the order order_id and invoice_number",
        ),
        ("Pedido;Order;NF\nA;B;7\n", 'columns "Pedido" and "Order" may each be the order_id'),
        (
            "000LOJA\n340X\n341X\n3421122233300018100100643797010503202608",
            r"is a feed \(ocoren\), and no map of invoices",
        ),
    ],
)
def test_what_is_no_map_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """Before a feed is read by it."""
    with pytest.raises(FeedError, match=problem):
        list(reader_of(tmp_path, text))


def test_a_map_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """As a feed is."""
    with pytest.raises(FeedError, match="does not exist"):
        list(InvoiceReader(str(tmp_path / "none.csv"), settings=FeedSettings()))
