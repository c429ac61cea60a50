"""What is known of invoices: their facts and their volumes, out of their tables and into them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
SELECT invoice_id, run_no, {FACT_COLUMNS} FROM facts WHERE invoice_id IN (SELECT value FROM json_each(?)) LIMIT ?
"""  # noqa: S608 - our own words
_VOLUMES_OF_MANY: Final = f"""
SELECT invoice_id, {_VOLUME_COLUMNS} FROM volumes WHERE invoice_id IN (SELECT value FROM json_each(?)) LIMIT ?
"""  # noqa: S608 - our own words
_LOOKED_UP_MAX: Final = 5000  # facts, or volumes, at once; of one invoice all of them


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


def kept_of(sql: sqlite3.Connection, *, account: str, keys: Sequence[InvoiceKey]) -> Iterator[Kept | None]:
    """What the ledger holds of each of these invoices; None where it has never heard of it.

    Where that is much, half of them are looked up at a time, so that little of it is in memory at once.
    """
    found = _look_up(sql, account=account, keys=keys)
    if found is None:
        half = len(keys) // 2
        yield from kept_of(sql, account=account, keys=keys[:half])
        yield from kept_of(sql, account=account, keys=keys[half:])
    else:
        yield from map(found.get, keys)


def _look_up(sql: sqlite3.Connection, *, account: str, keys: Sequence[InvoiceKey]) -> Mapping[InvoiceKey, Kept] | None:
    """Those of the invoices that the ledger has heard of; None where it knows too much of them to tell it at once."""
    found = _heads_of(sql, account=account, keys=keys)
    if not found:
        return found
    by_id = {kept.invoice_id: kept for kept in found.values()}
    asked = (json.dumps(list(by_id)), _LOOKED_UP_MAX if len(keys) > 1 else -1)
    facts = sql.execute(_FACTS_OF_MANY, asked).fetchall()
    volumes = sql.execute(_VOLUMES_OF_MANY, asked).fetchall()
    if len(keys) > 1 and _LOOKED_UP_MAX in (len(facts), len(volumes)):
        return None
    for row in facts:
        by_id[row[0]].facts[Fact._make(row[2:])] = row[1]
    for invoice_id, *volume in volumes:
        by_id[invoice_id].volumes.add(volume_from(volume))
    return found


def _heads_of(sql: sqlite3.Connection, *, account: str, keys: Sequence[InvoiceKey]) -> dict[InvoiceKey, Kept]:
    """Those of the invoices that the ledger has heard of, still without facts and volumes."""
    asked = json.dumps([(key.order_id, key.invoice_number) for key in keys])
    found = {}
    for order_id, invoice_number, invoice_id, state, fingerprint, reason, *last in sql.execute(
        _INVOICES, {"account": account, "keys": asked}
    ):
        settled_s, confirmed_run_no, is_delivered = last
        found[InvoiceKey(order_id, invoice_number)] = Kept(
            invoice_id, State(state), fingerprint, Reason(reason), settled_s, confirmed_run_no, bool(is_delivered)
        )
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
