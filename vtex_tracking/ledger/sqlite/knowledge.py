"""What is known of invoices: their facts and their volumes, out of their tables and into them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from vtex_tracking.ledger.states import State
from vtex_tracking.merge import Fact, Volume
from vtex_tracking.model import InvoiceKey, Reason

FACT_COLUMNS: Final = "date, description, city, state, is_delivered, delivered_date"
_VOLUME_COLUMNS: Final = "volume, stated_date, implied_date, volumes, is_returned"

_FACTS: Final = f"SELECT {FACT_COLUMNS}, run_no FROM facts WHERE invoice_id = ?"  # noqa: S608 - our own words
_VOLUMES: Final = f"SELECT {_VOLUME_COLUMNS} FROM volumes WHERE invoice_id = ?"  # noqa: S608 - our own words

# Many at once, their keys and ids as JSON: a statement for each invoice would cost more than its answer.
_INVOICES: Final = """
SELECT order_id, invoice_number, invoice_id, invoices.state, fingerprint, reason, settled_s, confirmed_run_no, is_delivered
FROM json_each(:keys) AS asked CROSS JOIN invoices
ON account = :account AND order_id = asked.value ->> 0 AND invoice_number = asked.value ->> 1
"""
_FACTS_OF_MANY: Final = f"""
SELECT invoice_id, run_no, {FACT_COLUMNS} FROM facts WHERE invoice_id IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - our own words
_VOLUMES_OF_MANY: Final = f"""
SELECT {_VOLUME_COLUMNS}, invoice_id FROM volumes WHERE invoice_id IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - our own words


@frozen
class Kept:
    """What the ledger holds of an invoice: each fact with the number of the run that brought it, and each volume."""

    invoice_id: int
    state: State
    fingerprint: str
    reason: Reason
    settled_s: float
    confirmed_run_no: int
    is_delivered: bool
    facts: dict[Fact, int] = field(factory=dict)
    volumes: set[Volume] = field(factory=set)


def kept_of(sql: sqlite3.Connection, *, account: str, keys: Sequence[InvoiceKey]) -> Mapping[InvoiceKey, Kept]:
    """What the ledger holds of these invoices, without those that it has never heard of."""
    asked = json.dumps([(key.order_id, key.invoice_number) for key in keys])
    found: dict[InvoiceKey, Kept] = {}
    for order_id, invoice_number, invoice_id, state, fingerprint, reason, *last in sql.execute(
        _INVOICES, {"account": account, "keys": asked}
    ):
        settled_s, confirmed_run_no, is_delivered = last
        found[InvoiceKey(order_id, invoice_number)] = Kept(
            invoice_id, State(state), fingerprint, Reason(reason), settled_s, confirmed_run_no, bool(is_delivered)
        )
    if found:
        by_id = {kept.invoice_id: kept for kept in found.values()}
        ids = json.dumps(list(by_id))
        for row in sql.execute(_FACTS_OF_MANY, (ids,)):
            by_id[row[0]].facts[Fact._make(row[2:])] = row[1]
        for *volume, invoice_id in sql.execute(_VOLUMES_OF_MANY, (ids,)):
            by_id[invoice_id].volumes.add(volume_from(volume))
    return found


def facts_of(sql: sqlite3.Connection, invoice_id: int) -> dict[Fact, int]:
    """Each fact of an invoice, and the number of the run that brought it."""
    return {Fact._make(said): run_no for *said, run_no in sql.execute(_FACTS, (invoice_id,))}


def volumes_of(sql: sqlite3.Connection, invoice_id: int) -> frozenset[Volume]:
    """Each volume of an invoice that was heard of; most invoices have none."""
    return frozenset(map(volume_from, sql.execute(_VOLUMES, (invoice_id,))))


def columns_of_volume(volume: Volume) -> tuple[str | int, ...]:
    """A volume as five columns."""
    return (volume.number, volume.stated_date, volume.implied_date, volume.volumes, volume.is_returned)


def volume_from(said: Iterable[Any]) -> Volume:
    """Five columns of SQLite, which has no booleans, as a volume."""
    number, stated_date, implied_date, volumes, is_returned = said
    return Volume(number, stated_date, implied_date, volumes, bool(is_returned))
