"""What is doubtful about what the feeds say. It is told and stops nothing: a carrier may well be right.

Moments are texts as `merge` keeps them: a day or a time, with an offset or without. They are compared as coarsely as the
coarser of two has it, and where only one of them has an offset a day is allowed for.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from statistics import median
from typing import Final, NamedTuple

from attrs import define, field, frozen

from vtex_tracking.facts import date_of, fact_from
from vtex_tracking.merge import Known
from vtex_tracking.model import Event, FeedWarning, InvoiceKey, WarningCode
from vtex_tracking.settings import Settings

_DAY_S: Final = 86_400
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAY_CHARACTERS: Final = len("yyyy-mm-dd")
_MINUTE_CHARACTERS: Final = len("yyyy-mm-dd hh:mm")
_SHOWN_CHARACTERS_MAX: Final = 80
_BUCKETS: Final = 1 << 20  # a power of two; 4 MB, whatever the size of the feeds


class _Span(NamedTuple):
    """A moment as it is known: from its first second to the one behind its last, since 1970."""

    first_s: int
    end_s: int
    has_offset: bool

    def is_before(self, other: _Span, *, allowing_s: int = 0) -> bool:
        """Whether all of it certainly lies before the other."""
        zone_s = _DAY_S if self.has_offset is not other.has_offset else 0
        return self.end_s + zone_s + allowing_s <= other.first_s


def has_time(moment: str) -> bool:
    """A day has none, and midnight without an offset is a day: so one is written where a time is asked for."""
    return moment[_DAY_CHARACTERS:] not in ("", " 00:00", " 00:00:00")


def _span(moment: str) -> _Span:
    clock = datetime.fromisoformat(moment)
    first_s = (clock.toordinal() - _EPOCH_DAY) * _DAY_S
    if not has_time(moment):
        return _Span(first_s, first_s + _DAY_S, has_offset=False)
    offset = clock.utcoffset()
    first_s += clock.hour * 3600 + clock.minute * 60 + clock.second
    first_s -= 0 if offset is None else round(offset.total_seconds())
    length_s = 1 if moment[_MINUTE_CHARACTERS : _MINUTE_CHARACTERS + 1] == ":" else 60
    return _Span(first_s, first_s + length_s, has_offset=offset is not None)


def doubts_of_invoice(
    key: InvoiceKey, known: Known, *, place: str, now_s: float, settings: Settings
) -> tuple[FeedWarning, ...]:
    """What is doubtful about an invoice as it is known now, each kind of doubt once."""
    found = (_future(known, latest_s=now_s + settings.ahead_max_s), _order(known), _return(known))
    if not any(found):
        return ()
    return tuple(
        FeedWarning(
            code=doubt.code,
            place=place,
            problem=f"order {key.order_id}, invoice {key.invoice_number}: {doubt.problem}",
        )
        for doubt in found
        if doubt is not None
    )


@frozen
class _Doubt:
    code: WarningCode
    problem: str


def is_beyond_doubt(last: str, *, delivered: str | None, now_s: float, settings: Settings) -> bool:
    """Whether it needs no closer look that nothing is doubtful about an invoice of which nothing goes back.

    `last` is the date of its events that is the last one as a text. An event that is no later than a delivery, as they are
    written, may be later by no more than its offset, and for that a day is allowed; not where the delivery has one too.
    """
    if last >= _day_before(now_s + settings.ahead_max_s):
        return False
    return delivered is None or (last[:_MINUTE_CHARACTERS] <= delivered and len(delivered) == _MINUTE_CHARACTERS)


def _future(known: Known, *, latest_s: float) -> _Doubt | None:
    """An event may be a little ahead of now, for clocks and zones differ."""
    day = _day_before(latest_s)
    ahead = [event for event in known.events if event.date >= day and _span(event.date).first_s > latest_s]
    return _Doubt(WarningCode.EVENT_IN_FUTURE, f"{_shown(max(ahead))} lies in the future") if ahead else None


@lru_cache(1)  # a whole feed is asked about the same one
def _day_before(moment_s: float) -> str:
    """Most events are of the past, which their text tells: no offset is a day or more."""
    return date.fromordinal(_EPOCH_DAY + int(moment_s // _DAY_S) - 1).isoformat()


def _order(known: Known) -> _Doubt | None:
    """An invoice is delivered behind its first event, and no event comes behind that.

    The event that says "delivered" may be entered up to a day later.
    """
    if known.delivered_date is None:
        return None
    delivered = _span(known.delivered_date)
    entered = {known.implied_date, *(volume.implied_date for volume in known.volumes)}
    after = [
        event
        for event in known.events
        if delivered.is_before(_span(event.date), allowing_s=_DAY_S if event.date in entered else 0)
    ]
    if not after:
        return None
    said = f"is delivered on {known.delivered_date}"
    if len(after) == len(known.events):
        return _Doubt(WarningCode.DELIVERED_BEFORE_EVENTS, f"{said}, before its first event: {_shown(min(after))}")
    return _Doubt(WarningCode.EVENT_AFTER_DELIVERY, f"{said}, and {_shown(max(after))} comes after that")


def _return(known: Known) -> _Doubt | None:
    """What goes back to the sender was not delivered, or not to whom it was meant for."""
    if not (known.is_delivered and known.is_returned):
        return None
    return _Doubt(WarningCode.DELIVERED_AND_RETURNED, "is delivered, and goes back to the sender")


def _shown(event: Event) -> str:
    return f'"{event.description[:_SHOWN_CHARACTERS_MAX]}" of {event.date}'


# ---------------------------------------------------------------- many invoices


@define
class _Crowd:
    invoices: int = 0
    seq: int = 0
    place: str = ""


@define(kw_only=True)
class Crowds:
    """Counts the invoices that have the same event at the same second, and what it holds does not grow with the feeds.

    First every record is heard, and only moments that may be on too many invoices are kept: there are as many counters as
    memory allows, and a moment that shares one with others is kept too often, never too rarely. Then each invoice is
    counted, of those moments alone.
    """

    invoices_max: int
    moments_max: int
    _heard: array[int] = field(factory=lambda: array("I", bytes(4 * _BUCKETS)), init=False, repr=False)
    _crowds: dict[tuple[str, str], _Crowd] = field(factory=dict, init=False)
    _dates: set[str] = field(factory=set, init=False)

    def hear(self, moments: Iterable[tuple[str, str]]) -> None:
        """Each record says one of these: a date, which may be empty, and a text."""
        heard, last, often = self._heard, _BUCKETS - 1, self.invoices_max
        for moment in moments:
            bucket = hash(moment) & last
            heard[bucket] = times = heard[bucket] + 1
            if times > often and len(self._crowds) < self.moments_max and has_time(moment[0]):
                self._crowds[moment] = _Crowd()

    def begin(self) -> None:
        """Count the invoices, from the first one on."""
        self._crowds = {moment: _Crowd() for moment in self._crowds}
        self._dates = {date for date, _ in self._crowds}

    @property
    def are_any(self) -> bool:
        """Whether there is a moment that may be on too many invoices."""
        return bool(self._crowds)

    def count(self, facts: Iterable[str], *, seq: int, place: str) -> None:
        """An invoice has these facts; the first one in the feeds, by `seq`, gives the place."""
        said = [fact_from(fact) for fact in facts if date_of(fact) in self._dates]
        for moment in {(fact.date, fact.description) for fact in said} & self._crowds.keys():
            crowd = self._crowds[moment]
            crowd.invoices += 1
            if crowd.invoices == 1 or seq < crowd.seq:
                crowd.seq, crowd.place = seq, place

    def doubts(self) -> Iterator[FeedWarning]:
        """One for each moment that too many invoices have."""
        for (moment, text), crowd in sorted(self._crowds.items()):
            if crowd.invoices > self.invoices_max:
                event = Event(date=moment, description=text)
                problem = f"{_shown(event)} is on {crowd.invoices} invoices at the same second"
                yield FeedWarning(code=WarningCode.SAME_MOMENT, place=crowd.place, problem=problem)


@frozen(kw_only=True)
class Usual:
    """What earlier runs of the account had, the latest first: their records, and their shares of delivered invoices."""

    records: tuple[int, ...] = ()
    delivered_shares: tuple[float, ...] = ()


def doubts_of_run(
    name: str, *, records: int, invoices: int, delivered: int, usual: Usual, settings: Settings
) -> Iterator[FeedWarning]:
    """What is doubtful about a run beside earlier ones; `name` is that of its feeds."""
    usual_records = median(usual.records) if usual.records else 0
    if not records and usual_records >= settings.usual_records_min:
        text = f"holds no records, where the last runs had {usual_records:.0f}"
        yield FeedWarning(code=WarningCode.FEED_EMPTY, place=name, problem=text)
    shares = usual.delivered_shares
    if invoices < settings.usual_invoices_min or len(shares) < settings.usual_shares_min:
        return
    share = delivered / invoices
    if min(abs(share - other) for other in shares) > settings.delivered_share_apart_max:
        text = (
            f"{share:.0%} of the invoices are delivered, where the last runs had {min(shares):.0%} to {max(shares):.0%}"
        )
        yield FeedWarning(code=WarningCode.DELIVERED_SHARE, place=name, problem=text)


@define
class Findings:
    """Warnings as they are found: all are counted, and of each code no more are listed than `listed_max`."""

    listed_max: int
    counts: Counter[str] = field(factory=Counter, init=False)
    listed: list[FeedWarning] = field(factory=list, init=False)

    def add(self, warnings: Iterable[FeedWarning]) -> None:
        """Count these, and list them as long as there is room."""
        for warning in warnings:
            self.counts[warning.code] += 1
            if self.counts[warning.code] <= self.listed_max:
                self.listed.append(warning)
