"""What is known of invoices: their facts and their volumes, out of their tables and into them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from vtex_tracking.facts import facts_in
from vtex_tracking.ledger.states import UNSETTLED, State
from vtex_tracking.merge import Volume

_VOLUME_COLUMNS: Final = "volume, stated_date, implied_date, volumes, is_returned"
_VOLUMES: Final = f"SELECT {_VOLUME_COLUMNS} FROM volumes WHERE invoice_id = ?"  # noqa: S608 - our own words

# Many at once: a statement for each invoice would cost more than its answer.
_INVOICES: Final = """
WITH asked (order_id, invoice_number) AS (VALUES {asked})
SELECT order_id, invoice_number, invoice_id, invoices.state, fingerprint, reason, settled_s, known_run_no, confirmed_run_no,
    is_delivered, body IS NOT NULL, facts, fact_runs
FROM asked CROSS JOIN invoices USING (order_id, invoice_number) WHERE account = ?
"""
_VOLUMES_OF_MANY: Final = f"""
SELECT invoice_id, {_VOLUME_COLUMNS} FROM volumes WHERE invoice_id IN (SELECT value FROM json_each(?)) LIMIT ?
"""  # noqa: S608 - our own words
_FACT_CHARACTERS_MAX: Final = 1_000_000  # looked up at once; of one invoice all of them
_VOLUMES_MAX: Final = 5000  # likewise

Found = dict[tuple[str, str], "Kept"]


class Kept(NamedTuple):
    """What the ledger holds of an invoice, as it lies there."""

    invoice_id: int
    state: str
    fingerprint: str
    reason: str
    settled_s: float
    known_run_no: int
    confirmed_run_no: int
    is_delivered: int
    has_body: int
    facts: str
    fact_runs: str | None  # None: all of them came with the run `known_run_no`
    volumes: frozenset[Volume] = frozenset()

    def is_left(self, *, is_retrying_rejected: bool) -> bool:
        """Whether a push sends it although no feed names it."""
        return self.state in UNSETTLED or (
            is_retrying_rejected and self.state == State.REJECTED and bool(self.has_body)
        )

    def run_of_facts(self) -> dict[str, int]:
        """Each fact, in the order in which they are kept, and the number of the run that brought it."""
        facts = facts_in(self.facts)
        if self.fact_runs is None:
            return dict.fromkeys(facts, self.known_run_no)
        return dict(zip(facts, json.loads(self.fact_runs), strict=True))


class Knowledge:
    """What the ledger held of an account's invoices when the feeds began to be gathered."""

    def __init__(self, sql: sqlite3.Connection, *, account: str) -> None:
        self._sql = sql
        self._account = account
        self._has_invoices = _any(sql, "SELECT 1 FROM invoices WHERE account = ?", account)
        self._has_volumes = _any(sql, "SELECT 1 FROM volumes")

    def of(self, keys: Sequence[tuple[str, str]]) -> Iterator[Kept | None]:
        """What is known of each of these invoices, an order and a number each; None where the ledger has never heard of it.

        Where that is much, half of them are looked up at a time, so that little of it is in memory at once.
        """
        found = self._look_up(keys) if self._has_invoices else {}
        if found is None:
            half = len(keys) // 2
            yield from self.of(keys[:half])
            yield from self.of(keys[half:])
        else:
            yield from map(found.get, keys)

    def _look_up(self, keys: Sequence[tuple[str, str]]) -> Found | None:
        """Those of the invoices that the ledger has heard of; None where it knows too much of them to tell it at once."""
        found: Found = {}
        characters = 0
        question = _INVOICES.format(asked=", ".join(["(?, ?)"] * len(keys)))
        for row in self._sql.execute(question, (*chain.from_iterable(keys), self._account)):
            found[row[:2]] = one = Kept(*row[2:])
            characters += len(one.facts)
            if characters > _FACT_CHARACTERS_MAX and len(keys) > 1:
                return None
        return self._with_volumes(found, is_one=len(keys) == 1) if self._has_volumes and found else found

    def _with_volumes(self, found: Found, *, is_one: bool) -> Found | None:
        ids = json.dumps([kept.invoice_id for kept in found.values()])
        rows = self._sql.execute(_VOLUMES_OF_MANY, (ids, -1 if is_one else _VOLUMES_MAX)).fetchall()
        if len(rows) == _VOLUMES_MAX and not is_one:
            return None
        volumes: dict[int, set[Volume]] = {}
        for invoice_id, *volume in rows:
            volumes.setdefault(invoice_id, set()).add(volume_from(volume))
        return {
            key: kept._replace(volumes=frozenset(volumes[kept.invoice_id])) if kept.invoice_id in volumes else kept
            for key, kept in found.items()
        }


def _any(sql: sqlite3.Connection, question: str, *values: str) -> bool:
    return sql.execute(f"{question} LIMIT 1", values).fetchone() is not None


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
