"""A map of invoices for the length of one reading: in a temporary table, so that it may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

from attrs import frozen

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import MappedInvoice

_BATCH_MAX: Final = 5000  # rows in memory before they go to the table
_CACHE_KIB: Final = 32 << 10

_TABLE: Final = """
DROP TABLE IF EXISTS temp.map;
CREATE TEMP TABLE map (
    order_id TEXT NOT NULL,
    invoice_number TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    volumes INTEGER,
    series TEXT NOT NULL,
    issuer TEXT NOT NULL,
    key TEXT,                   -- NULL where there is none, also below: what is NULL is in no index
    key_number TEXT,            -- only where it is not that of the invoice
    tracking_number TEXT,
    place TEXT NOT NULL,
    number_value TEXT NOT NULL
) STRICT;
"""
_INDEXES: Final = """
CREATE INDEX temp.map_key ON map (key) WHERE key IS NOT NULL;
CREATE INDEX temp.map_tracking_number ON map (tracking_number) WHERE tracking_number IS NOT NULL;
CREATE INDEX temp.map_number_value ON map (number_value);
CREATE INDEX temp.map_key_number ON map (key_number) WHERE key_number IS NOT NULL;
"""
_INSERT: Final = "INSERT INTO map VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT: Final = """
SELECT order_id, invoice_number, city, state, volumes, series, issuer, key, key_number, tracking_number, place FROM map
"""
_BY_KEY: Final = f"{_SELECT} WHERE key = ? LIMIT ?"
_BY_TRACKING_NUMBER: Final = f"{_SELECT} WHERE tracking_number = ? LIMIT ?"
_BY_NUMBER: Final = f"""{_SELECT} WHERE (number_value = :value OR key_number = :value)
    AND (:series = '' OR series IN ('', :series)) AND (:issuer = '' OR issuer IN ('', :issuer)) LIMIT :alike_max
"""
_CONTRADICTED: Final = """
SELECT min(place), max(place) FROM map
JOIN (SELECT {mark} AS twice FROM map WHERE {mark} IS NOT NULL GROUP BY {mark} HAVING count(*) > 1) ON {mark} = twice
GROUP BY twice HAVING count(DISTINCT order_id || ' ' || invoice_number) > 1 LIMIT ?
"""


@frozen
class Contradiction:
    """Two rows of a map that say different invoices of the same key or tracking number; there may be more of them."""

    mark: str
    place: str
    other_place: str


class InvoiceTable:
    """The rows of a map, to be asked once all of them are in. `alike_max` bounds what one answer holds."""

    def __init__(self, ledger: LedgerFile, *, alike_max: int) -> None:
        self._ledger = ledger
        self._alike_max = alike_max
        with ledger.reading() as sql:
            sql.execute(f"PRAGMA temp.cache_size = -{_CACHE_KIB}")
            sql.executescript(_TABLE)

    def take_in(self, invoices: Iterable[MappedInvoice]) -> None:
        """Keep these rows, and no others; then they can be asked for."""
        rows = map(_row, invoices)
        while batch := list(islice(rows, _BATCH_MAX)):
            with self._ledger.reading() as sql:
                sql.execute("BEGIN")
                sql.executemany(_INSERT, batch)
                sql.execute("COMMIT")
        with self._ledger.reading() as sql:
            sql.executescript(_INDEXES)  # at the end: far quicker than row by row

    def contradictions(self, *, count_max: int) -> list[Contradiction]:
        """The first keys and tracking numbers that stand for more than one invoice: nothing is found by them."""
        with self._ledger.reading() as sql:
            return [
                Contradiction(mark.replace("_", " "), *places)
                for mark in ("key", "tracking_number")
                for places in sql.execute(_CONTRADICTED.format(mark=mark), (count_max,))
            ]

    def by_key(self, key: str) -> list[MappedInvoice]:
        """The rows with this key."""
        return self._ask(_BY_KEY, (key, self._alike_max))

    def by_tracking_number(self, number: str) -> list[MappedInvoice]:
        """The rows with this tracking number."""
        return self._ask(_BY_TRACKING_NUMBER, (number, self._alike_max))

    def by_number(self, value: str, *, series: str, issuer: str) -> list[MappedInvoice]:
        """The rows with a number of this value, itself or in the key, and no other series or issuer than these."""
        asked = {"value": value, "series": series, "issuer": issuer, "alike_max": self._alike_max}
        return self._ask(_BY_NUMBER, asked)

    def _ask(self, query: str, asked: Any) -> list[MappedInvoice]:
        with self._ledger.reading() as sql:
            return [_invoice(row) for row in sql.execute(query, asked)]


def _row(invoice: MappedInvoice) -> tuple[object, ...]:
    value = invoice.number_value
    return (
        invoice.order_id,
        invoice.invoice_number,
        invoice.city,
        invoice.state,
        invoice.volumes,
        invoice.series,
        invoice.issuer,
        invoice.key or None,
        invoice.key_number if invoice.key_number not in ("", value) else None,
        invoice.tracking_number or None,
        invoice.place,
        value,
    )


def _invoice(row: Sequence[Any]) -> MappedInvoice:
    order_id, invoice_number, city, state, volumes, series, issuer, key, key_number, tracking_number, place = row
    return MappedInvoice(
        order_id=order_id,
        invoice_number=invoice_number,
        city=city,
        state=state,
        volumes=volumes,
        series=series,
        issuer=issuer,
        key=key or "",
        key_number=key_number or "",
        tracking_number=tracking_number or "",
        place=place,
    )
