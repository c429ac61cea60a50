"""The orders of the sandbox: which exist, and what their invoices were told."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from vtex_tracking.errors import SettingsError
from vtex_tracking.sandbox.tracking import CourierEvent, Tracking


@frozen(kw_only=True)
class Package:
    """What one invoice was told: equal to another when it was told the same."""

    is_delivered: bool
    delivered_date: str | None
    events: tuple[CourierEvent, ...]
    updated_at: datetime = field(eq=False)


class Orders:
    """With `known`, only those orders and invoices exist; without, every one does.

    An update replaces what the invoice was told before. Appending, its events come after those and delivered stays
    delivered: which of the two VTEX does is not documented.
    """

    def __init__(self, known: Mapping[str, Collection[str]] | None, *, is_appending: bool) -> None:
        self._known = None if known is None else {order_id: frozenset(numbers) for order_id, numbers in known.items()}
        self._is_appending = is_appending
        self._packages: dict[str, dict[str, Package]] = {}

    @property
    def packages(self) -> Mapping[str, Mapping[str, Package]]:
        """Order id → invoice number → package, of the invoices that were told something."""
        return self._packages

    def has_order(self, order_id: str) -> bool:
        """Every order exists where none is named as known."""
        return self._known is None or order_id in self._known

    def has_invoice(self, order_id: str, invoice_number: str) -> bool:
        """Every invoice exists where none is named as known."""
        return self._known is None or invoice_number in self._known.get(order_id, ())

    def apply(self, tracking: Tracking, *, order_id: str, invoice_number: str, at: datetime) -> None:
        """Keep what an invoice is told: in place of, or after, what it was told before."""
        packages = self._packages.setdefault(order_id, {})
        before = packages.get(invoice_number)
        if before is not None and self._is_appending:
            tracking = Tracking(
                is_delivered=before.is_delivered or tracking.is_delivered,
                delivered_date=tracking.delivered_date or before.delivered_date,
                events=before.events + tracking.events,
            )
        packages[invoice_number] = Package(
            is_delivered=tracking.is_delivered,
            delivered_date=tracking.delivered_date,
            events=tracking.events,
            updated_at=at,
        )

    def order(self, order_id: str) -> dict[str, Any]:
        """Show an order as VTEX does: a known invoice that was told nothing has no courier status."""
        packages = self._packages.get(order_id, {})
        known = () if self._known is None else sorted(self._known[order_id])
        numbers = dict.fromkeys((*known, *packages))
        return {
            "orderId": order_id,
            "status": "invoiced",
            "packageAttachment": {"packages": [_vtex_package(number, packages.get(number)) for number in numbers]},
        }

    def state(self) -> dict[str, Any]:
        """The packages as plain values for JSON."""
        return {
            order_id: {number: _plain_package(package) for number, package in packages.items()}
            for order_id, packages in self._packages.items()
        }


def read_known(text: str, *, name: str) -> dict[str, frozenset[str]]:
    """Read one order a line, `{"order_id": "…", "invoices": ["…"]}`; lines of the same order add up.

    Raises SettingsError that names every line which is not one.
    """
    known: dict[str, frozenset[str]] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match _document(line):
            case {"order_id": str(order_id), "invoices": list(invoices)} if all(type(item) is str for item in invoices):
                known[order_id] = known.get(order_id, frozenset()) | frozenset(invoices)
            case _:
                problems.append(f'{name}:{number}: expected {{"order_id": "a text", "invoices": ["texts"]}}')
    if problems:
        raise SettingsError("\n".join(problems))
    return known


def _document(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _plain_package(package: Package) -> dict[str, Any]:
    return {
        "is_delivered": package.is_delivered,
        "delivered_date": package.delivered_date,
        "events": [
            {"date": event.date, "city": event.city, "state": event.state, "description": event.description}
            for event in package.events
        ],
    }


def _vtex_package(invoice_number: str, package: Package | None) -> dict[str, Any]:
    return {
        "invoiceNumber": invoice_number,
        "invoiceKey": None,
        "courier": None,
        "trackingNumber": None,
        "trackingUrl": None,
        "type": "Output",
        "courierStatus": None if package is None else _courier_status(package),
    }


def _courier_status(package: Package) -> dict[str, Any]:
    return {
        "status": "delivered" if package.is_delivered else "in transit",
        "finished": package.is_delivered,
        "deliveredDate": None if package.delivered_date is None else _vtex_date(package.delivered_date),
        "data": [
            {
                "lastChange": _vtex_date(event.date),
                "city": event.city,
                "state": event.state,
                "description": event.description,
                "createDate": package.updated_at.isoformat(),
            }
            for event in package.events
        ],
    }


def _vtex_date(text: str) -> str:
    """A time without an offset comes back as the same wall time with `+00:00`."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).isoformat()
