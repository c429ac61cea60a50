"""A record finds the one invoice that it means, or it is a defect that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.finding import ALIKE_MAX, find_invoice, read_ids
from vtex_tracking.feed.keys import check_digit
from vtex_tracking.feed.records import Record
from vtex_tracking.model import MappedInvoice

if TYPE_CHECKING:
    from collections.abc import Sequence


@frozen
class Rows:
    """A map in a list."""

    rows: Sequence[MappedInvoice]

    def by_key(self, key: str) -> list[MappedInvoice]:
        return [row for row in self.rows if row.key == key]

    def by_tracking_number(self, number: str) -> list[MappedInvoice]:
        return [row for row in self.rows if row.tracking_number == number]

    def by_number(self, value: str, *, series: str, issuer: str) -> list[MappedInvoice]:
        return [
            row
            for row in self.rows
            if value in (row.number_value, row.key_number)
            and (not series or row.series in ("", series))
            and (not issuer or row.issuer in ("", issuer))
        ]


def key_of(number: int, *, issuer: str = "11222333000181", model: str = "55") -> str:
    text = f"352603{issuer}{model}001{number:09}112345678"
    return text + check_digit(text)


KEY: Final = key_of(643797)


def row(order_id: str, invoice_number: str, *, place: str = "map.csv:2", **known: Any) -> MappedInvoice:
    return MappedInvoice(order_id=order_id, invoice_number=invoice_number, place=place, **known)


def found(record: Record, *rows: MappedInvoice) -> str:
    """The order that is found, or the code of the defect."""
    try:
        return find_invoice(record, index=Rows(rows)).order_id
    except ValueProblem as problem:
        return problem.code


@pytest.mark.parametrize(
    ("written", "mapped"),
    [("643797", "643797"), ("00643797", "643797"), ("643797", "000643797"), (643797, "643797"), ("A-17", "A-17")],
)
def test_a_number_is_found_exactly_or_by_value(written: object, mapped: str) -> None:
    """Zeros before it are the layout's, not the invoice's."""
    assert "A" == found(Record(invoice_number=written), row("A", mapped), row("B", "643798"))


def test_the_very_number_goes_before_one_of_the_same_value() -> None:
    """Exactly first, by value only then."""
    rows = (row("A", "643797"), row("B", "00643797"))
    assert "B" == found(Record(invoice_number="00643797"), *rows)
    assert "ambiguous_invoice" == found(Record(invoice_number="000643797"), *rows)


def test_a_number_that_is_no_digits_has_no_value() -> None:
    """Only digits have zeros to lose."""
    assert "order_not_found" == found(Record(invoice_number="0A-17"), row("A", "A-17"))


def test_series_and_issuer_count_where_both_sides_have_them() -> None:
    """Two series of one issuer, or two issuers, may have the same number."""
    rows = (row("A", "7", series="1", issuer="11222333000181"), row("B", "7", series="2", issuer="11222333000181"))
    assert "B" == found(Record(invoice_number="7", invoice_series="002"), *rows)
    assert "ambiguous_invoice" == found(Record(invoice_number="7"), *rows)
    assert "order_not_found" == found(Record(invoice_number="7", issuer="99.888.777/0001-66"), *rows)
    assert "A" == found(Record(invoice_number="7", invoice_series="9", issuer="9"), row("A", "7"))


def test_the_key_goes_before_all_else() -> None:
    """With the same key, what else is written of the invoice does not count."""
    rows = (row("A", "1", key=KEY, key_number="643797", series="U"), row("B", "643797", tracking_number="QB1BR"))
    assert "A" == found(Record(invoice_key=KEY, invoice_number="643797", tracking_number="QB1BR"), *rows)


def test_a_tracking_number_goes_before_the_number() -> None:
    """It is compared without case and spaces."""
    rows = (row("A", "1", tracking_number="QB123BR"), row("B", "7"))
    assert "A" == found(Record(invoice_number="7", tracking_number="qb 123 br"), *rows)
    assert "B" == found(Record(invoice_number="7", tracking_number="QB999BR"), *rows)


def test_two_invoices_of_one_parcel_are_told_apart_by_their_number() -> None:
    """A tracking number may stand for several; the record's own number decides then."""
    rows = (row("A", "000001", tracking_number="QB1BR"), row("B", "2", tracking_number="QB1BR"))
    assert "A" == found(Record(invoice_number="1", tracking_number="QB1BR"), *rows)
    assert "ambiguous_invoice" == found(Record(tracking_number="QB1BR"), *rows)
    assert "ambiguous_invoice" == found(Record(invoice_number="3", tracking_number="QB1BR"), *rows)


def test_the_number_in_a_key_is_found_among_numbers() -> None:
    """And a number among keys: digits 26 to 34 are the number."""
    assert "A" == found(Record(invoice_key=KEY), row("A", "643797"), row("B", "643798"))
    assert "A" == found(Record(invoice_number="643797"), row("A", "V-1", key=KEY, key_number="643797"))
    other = key_of(643797, issuer="99888777000166")
    assert "order_not_found" == found(Record(invoice_key=other), row("A", "643797", key=KEY, key_number="643797"))
    assert "order_not_found" == found(Record(invoice_key=other), row("A", "643797", issuer="11222333000181"))


def test_the_key_of_a_carriers_own_document_says_no_number() -> None:
    """The number in it is not the invoice's."""
    assert "order_not_found" == found(Record(invoice_key=key_of(643797, model="57")), row("A", "643797"))


def test_an_order_that_is_named_must_be_the_one_found() -> None:
    """A record may name its order, and leave the invoice to be found."""
    rows = (row("A", "7"), row("B", "7"))
    assert "B" == found(Record(order_id="B", invoice_number="7"), *rows)
    assert "order_not_found" == found(Record(order_id="C", invoice_number="7"), *rows)


@pytest.mark.parametrize(
    ("record", "code", "field"),
    [
        (Record(), "missing_field", "invoice_number"),
        (Record(invoice_number="  ", invoice_key=None), "missing_field", "invoice_number"),
        (Record(invoice_number="8"), "order_not_found", "invoice_number"),
        (Record(tracking_number="QB8BR"), "order_not_found", "tracking_number"),
        (Record(invoice_key=key_of(8)), "order_not_found", "invoice_key"),
        (Record(invoice_key=KEY[:-1] + "9", invoice_number="7"), "bad_key", "invoice_key"),
        (Record(invoice_number="1,7E+12"), "scientific_notation", "invoice_number"),
        (Record(invoice_number="7", tracking_number=True), "bad_type", "tracking_number"),
    ],
)
def test_a_record_that_finds_nothing_says_why(record: Record, code: str, field: str) -> None:
    """In the column that a person would look at."""
    with pytest.raises(ValueProblem) as caught:
        find_invoice(record, index=Rows([row("A", "7")]))
    assert (code, field) == (caught.value.code, caught.value.field)


def test_a_doubt_lists_the_candidates_with_their_places() -> None:
    """At most five of them, in an order that says nothing."""
    rows = [row(f"order-{number}", "7", place=f"map.csv:{number}") for number in range(7, 0, -1)]
    with pytest.raises(
        ValueProblem, match=r'^"7" may be 7 invoices of the map: order-1 invoice 7 \(map.csv:1\)'
    ) as caught:
        find_invoice(Record(invoice_number="7"), index=Rows(rows))
    assert "order-5 invoice 7 (map.csv:5), …; name the series" in str(caught.value)


def test_a_map_with_too_many_alike_is_a_doubt() -> None:
    """However many of them are one invoice: nobody has looked at the rest."""
    rows = [row("A", "7")] * (ALIKE_MAX + 1)
    with pytest.raises(ValueProblem, match="may be more than 1000 invoices of the map: A invoice 7"):
        find_invoice(Record(invoice_number="7"), index=Rows(rows))


def test_rows_of_one_invoice_say_together_what_they_do_not_contradict() -> None:
    """A row for each parcel of an invoice is no doubt."""
    rows = (
        row("A", "7", tracking_number="QB1BR", city="Recife", state="PE", volumes=2),
        row("A", "7", tracking_number="QB2BR"),
    )
    invoice = find_invoice(Record(invoice_number="7"), index=Rows(rows))
    assert ("Recife", "PE", 2) == (invoice.city, invoice.state, invoice.volumes)
    other = evolve(rows[1], city="Olinda", state="PE", volumes=3)
    invoice = find_invoice(Record(invoice_number="7"), index=Rows([rows[0], other]))
    assert ("", "", None) == (invoice.city, invoice.state, invoice.volumes)


IDS: Final = st.sampled_from(["1", "01", "2", "A"])
MARKS: Final = st.sampled_from(["", "1", "2"])
KEYS: Final = st.sampled_from(["", key_of(1), key_of(2), key_of(1, issuer="99888777000166")])


def _mapped(order_id: str, *, number: str, series: str, tracking_number: str, key: str, city: str) -> MappedInvoice:
    ids = read_ids(Record(invoice_key=key, invoice_series=series))
    return row(
        order_id,
        number,
        series=ids.series,
        issuer=ids.issuer,
        tracking_number=tracking_number,
        key=key,
        key_number=ids.key.number if ids.key is not None else "",
        city=city,
    )


ROWS: Final = st.lists(
    st.builds(_mapped, st.sampled_from("ABC"), number=IDS, series=MARKS, tracking_number=MARKS, key=KEYS, city=MARKS),
    max_size=6,
)


def _record(said: dict[str, str]) -> Record:
    return Record(
        order_id=said["order_id"],
        invoice_number=said["invoice_number"],
        invoice_key=said["invoice_key"],
        invoice_series=said["invoice_series"],
        tracking_number=said["tracking_number"],
    )


RECORDS: Final = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["", "A"]),
        "invoice_number": st.just("") | IDS,
        "invoice_key": KEYS,
        "invoice_series": MARKS,
        "tracking_number": MARKS,
    }
).map(_record)


@given(record=RECORDS, rows=ROWS, data=st.data())
def test_the_order_of_a_map_changes_nothing(record: Record, rows: list[MappedInvoice], data: st.DataObject) -> None:
    """Neither what is found, nor what is said of the city, nor a doubt."""

    def said(index: Rows) -> object:
        try:
            invoice = find_invoice(record, index=index)
        except ValueProblem as problem:
            return problem.code, problem.problem
        return invoice.order_id, invoice.invoice_number, invoice.city, invoice.state, invoice.volumes

    assert said(Rows(rows)) == said(Rows(data.draw(st.permutations(rows))))


@given(record=RECORDS, rows=ROWS)
def test_no_row_that_fits_as_well_is_passed_over_in_silence(record: Record, rows: list[MappedInvoice]) -> None:
    """What is found stays what it is, or becomes a doubt, when its own row comes again with another order."""
    try:
        invoice = find_invoice(record, index=Rows(rows))
    except ValueProblem:
        return
    twin = evolve(invoice, order_id=str(record.order_id) or "twin")
    expected = invoice.order_id if twin.order_id == invoice.order_id else "ambiguous_invoice"
    assert expected == found(record, *rows, twin)
