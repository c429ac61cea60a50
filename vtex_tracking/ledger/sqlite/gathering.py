"""One invoice of the feeds: all that they say of it, compared with what is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from vtex_tracking.ledger.sqlite.knowledge import FACT_COLUMNS, fact_from, facts_of, volume_from, volumes_of
from vtex_tracking.ledger.states import SENDING, Disposition, State, disposition_of
from vtex_tracking.merge import Fact, Known, Volume, gather, join_volume, join_volumes, update_of
from vtex_tracking.model import Event, FeedWarning, InvoiceKey, Reason, Update
from vtex_tracking.sense import doubts_of_invoice
from vtex_tracking.settings import Events, Settings

_FACT_SIZE: Final = len(FACT_COLUMNS.split(","))
_FACTS_PER_EVENT_MAX: Final = 4  # an event may come undelivered, delivered, and with a date that was corrected

_INVOICE: Final = """
SELECT invoice_id, state, fingerprint, reason, settled_s, confirmed_run_no, is_delivered FROM invoices
WHERE account = ? AND order_id = ? AND invoice_number = ?
"""
_NEVER_HEARD_OF: Final = (None, None, "", "", 0.0, 0, False)


@frozen(kw_only=True)
class Gathered:
    """One invoice of the feeds, compared with what is known of it. `update` is None where it is too much to send.

    `new_facts` and `new_volumes` are what the ledger does not hold; `is_returned`: the feeds or the ledger say that
    something of the invoice goes back to the sender. `doubts` are told of what would be sent, and so not every night anew.
    """

    key: InvoiceKey
    seq: int
    first_place: str
    disposition: Disposition
    reason: Reason
    update: Update | None
    invoice_id: int | None
    new_facts: tuple[Fact, ...]
    new_volumes: tuple[Volume, ...]
    is_returned: bool
    doubts: tuple[FeedWarning, ...]


@define
class Heard:
    """What the feeds say of one invoice; little more of it is held than may be sent, however many records there are."""

    settings: Settings
    seq: int = 0  # of its first record in the feeds
    first_place: str = ""
    events: int = 0
    duplicates: int = 0
    facts: list[Fact] = field(factory=list)
    volumes: dict[str, Volume] = field(factory=dict)
    _last: Sequence[Any] = field(default=(), init=False)

    def hear(self, rows: Iterable[Sequence[Any]]) -> None:
        """Equal records stand next to each other, so one pass tells facts from duplicates."""
        for _order_id, _invoice_number, rowid, place, *said in rows:
            if not self.seq or rowid < self.seq:
                self.seq, self.first_place = rowid, place
            if said == self._last:
                self.duplicates += 1
                continue
            self.events += 1
            fact, volume = said[:_FACT_SIZE], said[_FACT_SIZE:]
            if any(fact) and fact != self._last[:_FACT_SIZE]:
                self._add_fact(fact_from(fact))
            if any(volume):
                self._add_volume(volume_from(volume))
            self._last = said

    def _add_fact(self, fact: Fact) -> None:
        if len(self.facts) <= _facts_max(self.settings):
            self.facts.append(fact)

    def _add_volume(self, volume: Volume) -> None:
        known = self.volumes.get(volume.number)
        if known is not None:
            self.volumes[volume.number] = join_volume(known, volume)
        elif len(self.volumes) <= self.settings.volumes_max + 1:  # one of them without a number
            self.volumes[volume.number] = volume


def compare(sql: sqlite3.Connection, heard: Heard, *, key: InvoiceKey, settings: Settings, now_s: float) -> Gathered:
    """What the feeds say is joined with what is known; what is new in it decides what to do."""
    row = sql.execute(_INVOICE, (settings.account, key.order_id, key.invoice_number)).fetchone()
    invoice_id, state, fingerprint, reason, settled_s, confirmed_run_no, was_delivered = row or _NEVER_HEARD_OF
    known_facts = {} if invoice_id is None else facts_of(sql, invoice_id)
    known_volumes = frozenset() if invoice_id is None else volumes_of(sql, invoice_id)
    new_facts = tuple([fact for fact in heard.facts if fact not in known_facts] if known_facts else heard.facts)
    known = gather(
        (*known_facts, *new_facts),
        volumes=join_volumes(known_volumes, heard.volumes.values()),
        was_delivered=bool(was_delivered),
    )
    confirmed: frozenset[Event] = frozenset()
    if settings.events is Events.NEW:
        confirmed = gather(fact for fact, run_no in known_facts.items() if run_no <= confirmed_run_no).events
    update = update_of(key, known, confirmed=confirmed)
    refused = _too_much(known, update, facts=len(known_facts) + len(new_facts), settings=settings)
    disposition = disposition_of(
        None if state is None else State(state),
        has_new_facts=update.fingerprint != fingerprint,
        is_retrying_rejected=settings.is_retrying_rejected,
        reason=Reason(reason),
        settled_ago_s=now_s - settled_s,
        not_found_again_after_s=settings.not_found_again_after_s,
    )
    if refused:
        disposition = Disposition.REFUSED
    doubts: tuple[FeedWarning, ...] = ()
    if disposition in SENDING:
        doubts = doubts_of_invoice(key, known, place=heard.first_place, now_s=now_s, settings=settings)
    return Gathered(
        key=key,
        seq=heard.seq,
        first_place=heard.first_place,
        disposition=disposition,
        reason=refused,
        update=None if refused else update,
        invoice_id=invoice_id,
        new_facts=() if refused else new_facts,
        new_volumes=() if refused else tuple(known.volumes - known_volumes),
        is_returned=known.is_returned,
        doubts=doubts,
    )


def _too_much(known: Known, update: Update, *, facts: int, settings: Settings) -> Reason:
    """Why an update is refused here, before anything is sent."""
    if facts > _facts_max(settings) or len(known.events) > settings.events_max:
        return Reason.TOO_MANY_EVENTS
    if sum(volume.number != "" for volume in known.volumes) > settings.volumes_max:
        return Reason.TOO_MANY_VOLUMES
    if len(update.body) > settings.body_bytes_max:
        return Reason.BODY_TOO_LARGE
    return Reason.NONE


def _facts_max(settings: Settings) -> int:
    return _FACTS_PER_EVENT_MAX * settings.events_max
