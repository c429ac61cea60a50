"""Finding the order of a record that does not name it, in a map of invoices: what counts as the same, and what is a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from attrs import evolve, frozen

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.defects import DefectCode, ValueProblem, show
from vtex_tracking.feed.keys import AccessKey, issuer_value, read_key
from vtex_tracking.feed.values import read_id, read_text
from vtex_tracking.model import TEXT_CHARACTERS_MAX, MappedInvoice, number_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vtex_tracking.feed.records import Record

ALIKE_MAX: Final = 1000  # rows of a map with the same number that are looked at; with more of them it is in doubt
_LISTED_MAX: Final = 5


class InvoiceIndex(Protocol):
    """A map of invoices to ask. Each answer has at most `ALIKE_MAX` rows and one more, in no order that means anything."""

    def by_key(self, key: str) -> Sequence[MappedInvoice]:
        """The rows with this key."""
        ...

    def by_tracking_number(self, number: str) -> Sequence[MappedInvoice]:
        """The rows with this tracking number."""
        ...

    def by_number(self, value: str, *, series: str, issuer: str) -> Sequence[MappedInvoice]:
        """The rows with a number of this value, itself or in the key, and no other series or issuer than these."""
        ...


@frozen(kw_only=True)
class InvoiceIds:
    """What a record says of its invoice, in the forms in which it is compared with a map; "" for what it does not say."""

    order_id: str
    number: str  # as it is written
    series: str
    issuer: str
    key: AccessKey | None
    tracking_number: str

    @property
    def number_value(self) -> str:
        """The number by value: its own, or else that in its key."""
        if self.number:
            return number_value(self.number)
        return self.key.number if self.key is not None and self.key.is_of_invoice else ""


def read_ids(record: Record) -> InvoiceIds:
    """Series and numbers are compared by value, issuers by digits, tracking numbers without case and spaces."""
    key = read_key(record.invoice_key, field=Field.INVOICE_KEY)
    series = number_value(_text(record.invoice_series, Field.INVOICE_SERIES).casefold())
    issuer = issuer_value(_text(record.issuer, Field.ISSUER))
    if key is not None and key.is_of_invoice:
        series, issuer = series or key.series, issuer or key.issuer
    return InvoiceIds(
        order_id=_id(record.order_id, Field.ORDER_ID),
        number=_id(record.invoice_number, Field.INVOICE_NUMBER),
        series=series,
        issuer=issuer,
        key=key,
        tracking_number="".join(_text(record.tracking_number, Field.TRACKING_NUMBER).upper().split()),
    )


def find_invoice(record: Record, *, index: InvoiceIndex) -> MappedInvoice:
    """The one invoice of the map that a record means: by its key, else its tracking number, else its number.

    Raises ValueProblem where the map has none, and where it has several that may be meant.
    """
    ids = read_ids(record)
    for candidates in _lookups(ids, index):
        if len(candidates) > ALIKE_MAX:
            raise _ambiguous(ids, candidates[:ALIKE_MAX], f"more than {ALIKE_MAX}")
        found = _closest([invoice for invoice in candidates if _agrees(ids, invoice)], ids)
        invoices = {(invoice.order_id, invoice.invoice_number) for invoice in found}
        if len(invoices) > 1:
            raise _ambiguous(ids, found, str(len(invoices)))
        if found:
            return _merged(found)
    raise _not_found(ids)


def _lookups(ids: InvoiceIds, index: InvoiceIndex) -> Iterator[Sequence[MappedInvoice]]:
    if ids.key is not None:
        yield index.by_key(ids.key.text)
    if ids.tracking_number:
        yield index.by_tracking_number(ids.tracking_number)
    if ids.number_value:
        yield index.by_number(ids.number_value, series=ids.series, issuer=ids.issuer)


def _agrees(ids: InvoiceIds, invoice: MappedInvoice) -> bool:
    """Nothing that both sides know of the invoice is different; with the same key, its other marks do not count."""
    if ids.order_id not in ("", invoice.order_id):
        return False
    if ids.key is not None and invoice.key:
        return ids.key.text == invoice.key
    return _may_be_same(ids.series, invoice.series) and _may_be_same(ids.issuer, invoice.issuer)


def _may_be_same(one: str, other: str) -> bool:
    return not one or not other or one == other


def _closest(candidates: Sequence[MappedInvoice], ids: InvoiceIds) -> Sequence[MappedInvoice]:
    """Those with the very number that the record has; else those with its value; else all of them."""
    value = ids.number_value
    if not value:
        return candidates
    exact = [one for one in candidates if one.invoice_number == ids.number]
    return exact or [one for one in candidates if value in (one.number_value, one.key_number)] or candidates


def _merged(rows: Sequence[MappedInvoice]) -> MappedInvoice:
    """Several rows of one invoice say together what they do not contradict, whichever comes first."""
    first = rows[0]
    if len(rows) == 1:
        return first
    places = {(row.city, row.state) for row in rows if row.city or row.state}
    city, state = places.pop() if len(places) == 1 else ("", "")
    volumes = {row.volumes for row in rows if row.volumes is not None}
    return evolve(first, city=city, state=state, volumes=volumes.pop() if len(volumes) == 1 else None)


def _ambiguous(ids: InvoiceIds, candidates: Iterable[MappedInvoice], count: str) -> ValueProblem:
    field, text = _named(ids)
    listed = sorted({f"{one.order_id} invoice {one.invoice_number} ({one.place})" for one in candidates})
    more = ", …" if len(listed) > _LISTED_MAX else ""
    problem = (
        f"{show(text)} may be {count} invoices of the map: {', '.join(listed[:_LISTED_MAX])}{more}; "
        "name the series, the issuer or the key in the map"
    )
    return ValueProblem(DefectCode.AMBIGUOUS_INVOICE, problem, field=field)


def _not_found(ids: InvoiceIds) -> ValueProblem:
    field, text = _named(ids)
    if not text:
        problem = "is empty, and so are key and tracking number; a record without an order id needs one of them"
        return ValueProblem(DefectCode.MISSING_FIELD, problem, field=field)
    problem = f"{show(text)} is no invoice of the map that agrees with this record; add it there (--invoices)"
    return ValueProblem(DefectCode.ORDER_NOT_FOUND, problem, field=field)


def _named(ids: InvoiceIds) -> tuple[Field, str]:
    """What a message calls the invoice by."""
    if ids.number or not (ids.key or ids.tracking_number):
        return Field.INVOICE_NUMBER, ids.number
    if ids.tracking_number:
        return Field.TRACKING_NUMBER, ids.tracking_number
    return Field.INVOICE_KEY, ids.key.text if ids.key is not None else ""


def _id(value: object, field: Field) -> str:
    is_blank = value is None or (isinstance(value, str) and not value.strip())
    return "" if is_blank else read_id(value, field=field)


def _text(value: object, field: Field) -> str:
    """A text, or the digits of a whole number."""
    if value is None or value == "":
        return ""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return read_text(text, field=field, characters_max=TEXT_CHARACTERS_MAX)
