"""One invoice of the feeds: all that they say of it, compared with what is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from vtex_tracking.facts import are_plain, date_of, fact_from, in_order, kept_text, update_of_facts
from vtex_tracking.ledger.sqlite.hearing import Heard, facts_max_of
from vtex_tracking.ledger.sqlite.knowledge import Kept
from vtex_tracking.ledger.states import SENDING, Disposition, State, disposition_of
from vtex_tracking.merge import Known, Volume, gather, join_volumes, update_of
from vtex_tracking.model import Event, FeedWarning, InvoiceKey, Reason, Update
from vtex_tracking.sense import doubts_of_invoice, is_beyond_doubt
from vtex_tracking.settings import Events, Settings

_BESIDE_EVENTS_BYTES_MAX: Final = 200  # of a body
_CHARACTER_BYTES_MAX: Final = 4  # in UTF-8


class Gathered(NamedTuple):
    """One invoice of the feeds, compared with what is known of it.

    `update` is what would be sent; None where it is too much to send, and where VTEX confirmed exactly that.
    `new_facts` and `new_volumes` are what the ledger does not hold; `facts` are those and all that it holds, in the order in
    which they are kept, and empty where VTEX confirmed all of them. `is_returned`: the feeds or the ledger say that
    something of the invoice goes back to the sender. `doubts` are told of what would be sent, and so not every night anew.
    """

    order_id: str
    invoice_number: str
    seq: int
    first_place: str
    disposition: Disposition
    kept: Kept | None
    reason: Reason = Reason.NONE
    update: Update | None = None
    is_delivered: bool = False
    facts: Sequence[str] = ()
    new_facts: Sequence[str] = ()
    new_volumes: tuple[Volume, ...] = ()
    is_returned: bool = False
    doubts: tuple[FeedWarning, ...] = ()

    @property
    def key(self) -> InvoiceKey:
        """Its name."""
        return InvoiceKey(self.order_id, self.invoice_number)


def compare(heard: Heard, kept: Kept | None, *, settings: Settings, now_s: float) -> Gathered:
    """What the feeds say is joined with what the ledger holds; what is new in it decides what to do."""
    if kept is not None and _is_unchanged(heard, kept, settings=settings):
        return Gathered(
            heard.order_id,
            heard.invoice_number,
            heard.seq,
            heard.first_place,
            Disposition.UNCHANGED,
            kept,
            is_delivered=bool(kept.is_delivered),
            is_returned=_is_returned(kept.volumes),
        )
    return _compare_update(
        heard, kept, are_facts_all=_are_facts_all(heard, kept, settings=settings), settings=settings, now_s=now_s
    )


def _compare_update(
    heard: Heard, kept: Kept | None, *, are_facts_all: bool, settings: Settings, now_s: float
) -> Gathered:
    """Make the update that says all of it, for only that tells what is new to VTEX and what is too much."""
    key = InvoiceKey(heard.order_id, heard.invoice_number)
    old = {} if kept is None else kept.run_of_facts()
    new_facts = [fact for fact in heard.facts if fact not in old] if old else heard.facts
    facts = in_order((*old, *new_facts)) if old else new_facts
    if are_facts_all:
        known, update = None, update_of_facts(key, facts)
    else:
        known = _known(heard, kept, facts=facts)
        confirmed = _confirmed(kept, old=old) if settings.events is Events.NEW else frozenset()
        update = update_of(key, known, confirmed=confirmed)
    reason = _too_much(known, update, facts=len(facts), settings=settings)
    is_returned = known is not None and known.is_returned
    heard_of = (heard.order_id, heard.invoice_number, heard.seq, heard.first_place)
    if reason:
        return Gathered(*heard_of, Disposition.REFUSED, kept, reason=reason, is_returned=is_returned)
    disposition = _disposition_of(update, kept, settings=settings, now_s=now_s)
    doubts: tuple[FeedWarning, ...] = ()
    if disposition in SENDING and (known or _may_be_doubtful(update, facts=facts, settings=settings, now_s=now_s)):
        known = known or _known(heard, kept, facts=facts)
        doubts = doubts_of_invoice(key, known, place=heard.first_place, now_s=now_s, settings=settings)
    return Gathered(
        *heard_of,
        disposition,
        kept,
        Reason.NONE,
        None if disposition is Disposition.UNCHANGED else update,
        update.is_delivered,
        facts,
        new_facts,
        () if known is None else tuple(known.volumes - (kept.volumes if kept else frozenset())),
        is_returned,
        doubts,
    )


def _are_facts_all(heard: Heard, kept: Kept | None, *, settings: Settings) -> bool:
    """Whether its facts are all that is known of an invoice, and all of them go into its body."""
    if kept is None:
        return not heard.volumes
    was_latched = kept.is_delivered and are_plain(kept.facts)
    return not (heard.volumes or kept.volumes or was_latched or settings.events is Events.NEW)


def _may_be_doubtful(update: Update, *, facts: Sequence[str], settings: Settings, now_s: float) -> bool:
    """Whether what is known has to be looked at, event by event."""
    return not is_beyond_doubt(date_of(facts[-1]), delivered=update.delivered_date, settings=settings, now_s=now_s)


def _is_returned(volumes: Collection[Volume]) -> bool:
    return bool(volumes) and any(volume.is_returned for volume in volumes)


def _known(heard: Heard, kept: Kept | None, *, facts: Sequence[str]) -> Known:
    return gather(
        map(fact_from, facts),
        volumes=join_volumes(kept.volumes if kept else (), heard.volumes.values()),
        was_delivered=kept is not None and bool(kept.is_delivered),
    )


def _confirmed(kept: Kept | None, *, old: dict[str, int]) -> frozenset[Event]:
    """The events that VTEX has."""
    if kept is None:
        return frozenset()
    return gather(fact_from(fact) for fact, run_no in old.items() if run_no <= kept.confirmed_run_no).events


def _disposition_of(update: Update, kept: Kept | None, *, settings: Settings, now_s: float) -> Disposition:
    """What to do with an update that is not too much."""
    if kept is None:
        return Disposition.NEW
    return disposition_of(
        State(kept.state),
        has_new_facts=update.fingerprint != kept.fingerprint,
        is_retrying_rejected=settings.is_retrying_rejected,
        reason=Reason(kept.reason),
        settled_ago_s=now_s - kept.settled_s,
        not_found_again_after_s=settings.not_found_again_after_s,
    )


def _too_much(known: Known | None, update: Update, *, facts: int, settings: Settings) -> Reason:
    """Why an update is refused here, before anything is sent."""
    events = update.events if known is None else len(known.events)
    if facts > facts_max_of(settings) or events > settings.events_max:
        return Reason.TOO_MANY_EVENTS
    if known is not None and len(known.volumes) > settings.volumes_max:
        named = sum(volume.number != "" for volume in known.volumes)
        if named > settings.volumes_max:
            return Reason.TOO_MANY_VOLUMES
    if len(update.body) > settings.body_bytes_max:
        return Reason.BODY_TOO_LARGE
    return Reason.NONE


def _is_unchanged(heard: Heard, kept: Kept, *, settings: Settings) -> bool:
    """Whether VTEX confirmed all of it, as can be told without making the update: what says nothing new is the same bytes.

    Limits may be lower now than they were when it was sent, but a few facts are below them whatever they say.
    """
    is_surely_not_too_much = (
        kept.facts.count("\n") < settings.events_max
        and len(kept.volumes) <= settings.volumes_max
        and _CHARACTER_BYTES_MAX * len(kept.facts) + _BESIDE_EVENTS_BYTES_MAX <= settings.body_bytes_max
    )
    if kept.state != State.SENT or not is_surely_not_too_much:
        return False
    if heard.volumes and join_volumes(kept.volumes, heard.volumes.values()) != kept.volumes:
        return False
    return kept_text(heard.facts) == kept.facts or kept.run_of_facts().keys() >= set(heard.facts)
