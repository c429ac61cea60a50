"""What a map of invoices says: which order an invoice belongs to, and what it may be found by."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class MappedInvoice:
    """An invoice as VTEX has it, with what else is known of it; "" or None for what is not.

    `series`, `issuer`, `key`, `key_number` and `tracking_number` are in the forms in which they are compared; `place` is
    where the map says so.
    """

    order_id: str
    invoice_number: str
    city: str = ""
    state: str = ""
    volumes: int | None = None
    series: str = ""
    issuer: str = ""
    key: str = ""
    key_number: str = ""  # the invoice number in the key
    tracking_number: str = ""
    place: str = ""

    @property
    def number_value(self) -> str:
        """Its number without regard to zeros before it."""
        return number_value(self.invoice_number)


def number_value(number: str) -> str:
    """Digits without the zeros before them; any other text is its own value."""
    return number.lstrip("0") or "0" if number.isascii() and number.isdigit() else number
