"""One invoice of the feeds: all that they say of it, compared with what is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from vtex_tracking.ledger.sqlite.knowledge import Kept, volume_from
from vtex_tracking.ledger.states import SENDING, Disposition, State, disposition_of
from vtex_tracking.merge import Fact, Known, Volume, gather, join_volume, join_volumes, update_of
from vtex_tracking.model import (
    DESCRIPTION_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    Event,
    FeedWarning,
    InvoiceKey,
    Reason,
    Update,
)
from vtex_tracking.sense import doubts_of_invoice
from vtex_tracking.settings import Events, Settings

_FACT_SIZE: Final = len(Fact._fields)
_FACTS_PER_EVENT_MAX: Final = 4  # an event may come undelivered, delivered, and with a date that was corrected
_EVENT_BYTES_MAX: Final = 200 + 6 * (
    DESCRIPTION_CHARACTERS_MAX + 2 * TEXT_CHARACTERS_MAX
)  # in a body, every one escaped


@frozen(kw_only=True)
class Gathered:
    """One invoice of the feeds, compared with what is known of it.

    `update` is what would be sent; None where it is too much to send, and where VTEX confirmed exactly that.
    `new_facts` and `new_volumes` are what the ledger does not hold; `is_returned`: the feeds or the ledger say that
    something of the invoice goes back to the sender. `doubts` are told of what would be sent, and so not every night anew.
    """

    key: InvoiceKey
    seq: int
    first_place: str
    disposition: Disposition
    invoice_id: int | None
    reason: Reason = Reason.NONE
    update: Update | None = None
    is_delivered: bool = False
    new_facts: tuple[Fact, ...] = ()
    new_volumes: tuple[Volume, ...] = ()
    is_returned: bool = False
    doubts: tuple[FeedWarning, ...] = ()


@define
class Heard:
    """What the feeds say of one invoice; little more of it is held than may be sent, however many records there are."""

    key: InvoiceKey
    settings: Settings
    seq: int = 0  # of its first record in the feeds
    first_place: str = ""
    events: int = 0
    duplicates: int = 0
    facts: list[Fact] = field(factory=list)
    volumes: dict[str, Volume] = field(factory=dict)

    def hear(self, rows: Iterable[Sequence[Any]]) -> None:
        """Equal records stand next to each other, so one pass tells facts from duplicates."""
        facts_max = _facts_max(self.settings)
        last_said: Sequence[Any] = ()
        last_fact: Sequence[Any] = ()
        for row in rows:
            if not self.seq or row[2] < self.seq:
                self.seq, self.first_place = row[2], row[3]
            said = row[4:]
            if said == last_said:
                self.duplicates += 1
                continue
            last_said = said
            self.events += 1
            fact, volume = said[:_FACT_SIZE], said[_FACT_SIZE]
            if fact != last_fact and any(fact) and len(self.facts) <= facts_max:
                self.facts.append(Fact._make(fact))
            last_fact = fact
            if volume:
                self._add_volume(volume_from(json.loads(volume)))

    def _add_volume(self, volume: Volume) -> None:
        known = self.volumes.get(volume.number)
        if known is not None:
            self.volumes[volume.number] = join_volume(known, volume)
        elif len(self.volumes) <= self.settings.volumes_max + 1:  # one of them without a number
            self.volumes[volume.number] = volume


def compare(heard: Heard, kept: Kept | None, *, settings: Settings, now_s: float) -> Gathered:
    """What the feeds say is joined with what the ledger holds; what is new in it decides what to do."""
    volumes = join_volumes(() if kept is None else kept.volumes, heard.volumes.values())
    if kept is not None and _is_unchanged(heard, kept, volumes=volumes, settings=settings):
        return Gathered(
            key=heard.key,
            seq=heard.seq,
            first_place=heard.first_place,
            disposition=Disposition.UNCHANGED,
            invoice_id=kept.invoice_id,
            is_delivered=kept.is_delivered,
            is_returned=any(volume.is_returned for volume in volumes),
        )
    return _compare_update(heard, kept, volumes=volumes, settings=settings, now_s=now_s)


def _compare_update(
    heard: Heard, kept: Kept | None, *, volumes: frozenset[Volume], settings: Settings, now_s: float
) -> Gathered:
    """Make the update that says all of it, for only that tells what is new to VTEX and what is too much."""
    known_facts = {} if kept is None else kept.facts
    new_facts = tuple([fact for fact in heard.facts if fact not in known_facts] if known_facts else heard.facts)
    known = gather((*known_facts, *new_facts), volumes=volumes, was_delivered=kept is not None and kept.is_delivered)
    confirmed: frozenset[Event] = frozenset()
    if kept is not None and settings.events is Events.NEW:
        confirmed = gather(fact for fact, run_no in known_facts.items() if run_no <= kept.confirmed_run_no).events
    update = update_of(heard.key, known, confirmed=confirmed)
    reason = _too_much(known, update, facts=len(known_facts) + len(new_facts), settings=settings)
    if reason:
        return Gathered(
            key=heard.key,
            seq=heard.seq,
            first_place=heard.first_place,
            disposition=Disposition.REFUSED,
            invoice_id=None if kept is None else kept.invoice_id,
            reason=reason,
            is_returned=known.is_returned,
        )
    disposition = _disposition_of(update, kept, settings=settings, now_s=now_s)
    is_sending = disposition in SENDING
    return Gathered(
        key=heard.key,
        seq=heard.seq,
        first_place=heard.first_place,
        disposition=disposition,
        invoice_id=None if kept is None else kept.invoice_id,
        update=None if disposition is Disposition.UNCHANGED else update,
        is_delivered=update.is_delivered,
        new_facts=new_facts,
        new_volumes=tuple(known.volumes if kept is None else known.volumes - kept.volumes),
        is_returned=known.is_returned,
        doubts=doubts_of_invoice(heard.key, known, place=heard.first_place, now_s=now_s, settings=settings)
        if is_sending
        else (),
    )


def _disposition_of(update: Update, kept: Kept | None, *, settings: Settings, now_s: float) -> Disposition:
    """What to do with an update that is not too much."""
    if kept is None:
        return Disposition.NEW
    return disposition_of(
        kept.state,
        has_new_facts=update.fingerprint != kept.fingerprint,
        is_retrying_rejected=settings.is_retrying_rejected,
        reason=kept.reason,
        settled_ago_s=now_s - kept.settled_s,
        not_found_again_after_s=settings.not_found_again_after_s,
    )


def _too_much(known: Known, update: Update, *, facts: int, settings: Settings) -> Reason:
    """Why an update is refused here, before anything is sent."""
    if facts > _facts_max(settings) or len(known.events) > settings.events_max:
        return Reason.TOO_MANY_EVENTS
    if len(known.volumes) > settings.volumes_max:
        named = sum(volume.number != "" for volume in known.volumes)
        if named > settings.volumes_max:
            return Reason.TOO_MANY_VOLUMES
    if len(update.body) > settings.body_bytes_max:
        return Reason.BODY_TOO_LARGE
    return Reason.NONE


def _is_unchanged(heard: Heard, kept: Kept, *, volumes: frozenset[Volume], settings: Settings) -> bool:
    """Whether VTEX confirmed all of it, as can be told without making the update: what says nothing new is the same bytes.

    Limits may be lower now than they were when it was sent, but a few facts are below them whatever they say.
    """
    facts = len(kept.facts)
    is_surely_not_too_much = (
        facts <= settings.events_max
        and len(kept.volumes) <= settings.volumes_max
        and (facts + 1) * _EVENT_BYTES_MAX <= settings.body_bytes_max
    )
    says_nothing_new = volumes == kept.volumes and kept.facts.keys() >= set(heard.facts)
    return kept.state is State.SENT and says_nothing_new and is_surely_not_too_much


def _facts_max(settings: Settings) -> int:
    return _FACTS_PER_EVENT_MAX * settings.events_max
