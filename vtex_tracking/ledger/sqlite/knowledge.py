"""What is known of an invoice: its facts and its volumes, out of their tables and into them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from vtex_tracking.merge import Fact, Volume

FACT_COLUMNS: Final = "date, description, city, state, is_delivered, delivered_date"
VOLUME_COLUMNS: Final = "volume, stated_date, implied_date, volumes, is_returned"

_FACTS: Final = f"SELECT {FACT_COLUMNS}, run_no FROM facts WHERE invoice_id = ?"  # noqa: S608 - our own words
_VOLUMES: Final = f"SELECT {VOLUME_COLUMNS} FROM volumes WHERE invoice_id = ?"  # noqa: S608 - our own words
_KNOW_FACT: Final = "INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_KNOW_VOLUME: Final = "INSERT OR REPLACE INTO volumes VALUES (?, ?, ?, ?, ?, ?)"


def facts_of(sql: sqlite3.Connection, invoice_id: int) -> dict[Fact, int]:
    """Each fact of an invoice, and the number of the run that brought it."""
    return {fact_from(said): run_no for *said, run_no in sql.execute(_FACTS, (invoice_id,))}


def volumes_of(sql: sqlite3.Connection, invoice_id: int) -> frozenset[Volume]:
    """Each volume of an invoice that was heard of; most invoices have none."""
    return frozenset(map(volume_from, sql.execute(_VOLUMES, (invoice_id,))))


def know(
    sql: sqlite3.Connection, invoice_id: int, *, facts: Iterable[Fact], volumes: Iterable[Volume], run_no: int
) -> None:
    """Keep facts that were not known, and volumes as they are known now."""
    sql.executemany(_KNOW_FACT, ((invoice_id, *columns_of_fact(fact), run_no) for fact in facts))
    sql.executemany(_KNOW_VOLUME, ((invoice_id, *columns_of_volume(volume)) for volume in volumes))


def columns_of_fact(fact: Fact) -> tuple[str | bool, ...]:
    """A fact as six columns."""
    return (fact.date, fact.description, fact.city, fact.state, fact.is_delivered, fact.delivered_date)


def columns_of_volume(volume: Volume) -> tuple[str | int, ...]:
    """A volume as five columns."""
    return (volume.number, volume.stated_date, volume.implied_date, volume.volumes, volume.is_returned)


def fact_from(said: Sequence[Any]) -> Fact:
    """Six columns of SQLite, which has no booleans, as a fact."""
    date, description, city, state, is_delivered, delivered_date = said
    return Fact(date, description, city, state, bool(is_delivered), delivered_date)


def volume_from(said: Sequence[Any]) -> Volume:
    """Five columns of SQLite as a volume."""
    number, stated_date, implied_date, volumes, is_returned = said
    return Volume(number, stated_date, implied_date, volumes, bool(is_returned))
