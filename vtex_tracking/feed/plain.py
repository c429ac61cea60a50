"""The short way of the records that most feeds are made of: events and deliveries in values that are sent as they are.

What it returns is what the long way, `Mapper` and `RecordReader`, makes of the same entry; all that needs a closer look
it leaves to that.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vtex_tracking.feed.columns import Columns, Field
from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.values import BOOLS, KEPT_CHARACTERS_MAX, KEPT_MAX, is_plain_text, split_city_state
from vtex_tracking.model import delivered_date, event_date
from vtex_tracking.model.checked import checked_event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vtex_tracking.feed.entries import Entry
    from vtex_tracking.feed.mapped import Mapper
    from vtex_tracking.feed.records import Record, RecordReader
    from vtex_tracking.model import TrackingEvent
    from vtex_tracking.settings import FeedSettings

# A dot could make an id look like a number of a spreadsheet's, so an id with one takes the long way.
_ID: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?", re.ASCII)
_NOTHING: Final = frozenset(("", None))
_CLAIMS: Final[dict[str | None, bool | None]] = {
    None: None,
    **{form: said for text, said in BOOLS.items() for form in (text, text.capitalize(), text.upper())},
}
_MOMENT: Final = re.compile(r"(?:\d{4}-\d\d-\d\d[ T]|\d\d/\d\d/\d{4} )(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?", re.ASCII)
_DAY_CHARACTERS: Final = len("yyyy-mm-dd")
_MINUTE_CHARACTERS: Final = len("yyyy-mm-dd hh:mm")
_SECOND_CHARACTERS: Final = len("yyyy-mm-dd hh:mm:ss")
_PLANS_MAX: Final = 16  # kept at a time: objects may have other keys in every line, as long as the line

_READ: Final = (
    Field.ORDER_ID,
    Field.INVOICE_NUMBER,
    Field.DATE,
    Field.TIME,
    Field.DESCRIPTION,
    Field.CITY,
    Field.STATE,
    Field.CITY_STATE,
    Field.IS_DELIVERED,
    Field.DELIVERED_DATE,
    Field.DELIVERED_TIME,
)
_SILENT: Final = (Field.VOLUME, Field.VOLUMES)  # with a value in one of these, a record says more


class _Plan(NamedTuple):
    """Where the values of one shape stand that are read, and those that must be empty: in the entry, or in its record."""

    is_mapped: bool
    pick: Callable[[Sequence[object]], tuple[Any, ...]]
    silent: Callable[[Sequence[object]], tuple[object, ...]] | None


_FIELDS: Final = tuple(Field)
_MAPPED: Final = _Plan(
    is_mapped=True, pick=itemgetter(*map(_FIELDS.index, _READ)), silent=itemgetter(*map(_FIELDS.index, _SILENT))
)


class PlainReader:
    """Reads what is plain of one feed, and remembers the texts and dates that feeds say again and again."""

    def __init__(self, mapper: Mapper, records: RecordReader, settings: FeedSettings) -> None:
        mapping = settings.mapping
        self._mapper = mapper
        self._records = records
        self._is_plain = mapping.invoice_digits is None
        self._is_mapped = bool(mapping.constants or mapping.templates or mapping.skips)
        self._is_zoned = bool(settings.date_formats or settings.timezone or settings.to_timezone)
        # In whatever zone a moment is told that reads as earlier than now in UTC, it is no 24 hours ahead.
        self._now = event_date(records.now.replace(tzinfo=None, microsecond=0))
        self._plans: dict[Columns, _Plan | None] = {}
        self._texts: set[str] = set()
        self._days: dict[str, str] = {}
        self._dates: dict[tuple[str, str], str] = {}  # with the times beside them

    def read(self, entry: Entry, *, place: str) -> TrackingEvent | None:
        """What an entry says; None where that may be more, less, or a defect."""
        columns = entry.shape.columns
        plan = self._plans[columns] if columns in self._plans else self._keep_plan(columns)
        if plan is None or entry.problem is not None:
            return None
        values = self._record(entry) if plan.is_mapped else (*entry.values, "")
        if values is None:
            return None
        order_id, number, date, time, description, city, state, city_state, said, delivered, hour = plan.pick(values)
        texts = self._texts
        try:
            is_plain = (
                _ID.fullmatch(order_id)
                and _ID.fullmatch(number)
                and (description in texts or self._keep_text(description))
                and (city in texts or self._keep_text(city))
                and (state in texts or self._keep_text(state))
                and (not city_state or city_state in texts or self._keep_text(city_state))
                and (plan.silent is None or _NOTHING.issuperset(plan.silent(values)))
            )
            moment = self._moment(date, time) if is_plain else None
            if moment is None or (moment == "") != (description == ""):
                return None
            is_delivered = said if type(said) is bool else _CLAIMS[said]
            arrival = None
            if is_delivered or moment == "" or delivered not in _NOTHING:
                arrival = self._moment(delivered, hour)
                if arrival is None or is_delivered is False or not "" < (arrival or moment) <= self._now:
                    return None
                is_delivered = True
        except (KeyError, TypeError):  # a claim in no known word; JSON has values that are no texts
            return None
        if city_state:
            city, other = split_city_state(city_state)
            state = state or other
        return checked_event(
            order_id,
            invoice_number=number,
            date=moment or None,
            description=description or None,
            city=city,
            state=state,
            is_delivered=is_delivered or False,
            delivered_date=_in_minutes(arrival) if arrival else None,
            place=place,
        )

    def _record(self, entry: Entry) -> Record | None:
        """What the mapping makes of an entry; None where it leaves it out, or says that the parcel goes back."""
        record = self._mapper.record(entry)
        return None if record is None or record.is_returned else record

    def _keep_plan(self, columns: Columns) -> _Plan | None:
        plan = self._plan(columns) if self._is_plain else None
        if len(self._plans) >= _PLANS_MAX:
            self._plans.clear()
        self._plans[columns] = plan
        return plan

    def _plan(self, columns: Columns) -> _Plan | None:
        """None where no record of these columns can be plain."""
        if self._is_mapped:
            return _MAPPED
        indexes = columns.indexes
        if Field.ORDER_ID not in indexes or Field.INVOICE_NUMBER not in indexes:
            return None
        if Field.EVENT_CODE in indexes:
            return _MAPPED
        silent = [indexes[field] for field in _SILENT if field in indexes]
        if silent:
            silent.append(-1)  # the empty value that is put behind them all: itemgetter makes no tuple of one
        return _Plan(
            is_mapped=False,
            pick=itemgetter(*(indexes.get(field, -1) for field in _READ)),
            silent=itemgetter(*silent) if silent else None,
        )

    def _keep_text(self, text: str) -> bool:
        """Whether a text is sent as it is; a short one is remembered."""
        if len(text) > KEPT_CHARACTERS_MAX or not is_plain_text(text):
            return False
        if len(self._texts) >= KEPT_MAX:
            self._texts.clear()
        self._texts.add(text)
        return True

    def _moment(self, date: str, time: str) -> str | None:
        """A date as it is sent, or nothing; None for one that needs a closer look."""
        if date in _NOTHING:
            return ""
        written = date if time == "" else date + " " + time
        if self._is_zoned or not _MOMENT.fullmatch(written):
            return self._dates.get((date, time)) or self._keep_date(date, time)
        text = written[:_DAY_CHARACTERS]
        day = self._days.get(text) or self._keep_day(text)
        if day is None:
            return None
        clock = written[_DAY_CHARACTERS + 1 :]
        return f"{day} {clock}" if len(written) == _SECOND_CHARACTERS else f"{day} {clock}:00"

    def _keep_day(self, text: str) -> str | None:
        """A day as the long way reads it, remembered: a century has no more than 36,525 of them, in two forms."""
        day = self._keep_date(text, "")
        if day is not None:
            self._days[text] = day
        return day

    def _keep_date(self, date: str, time: str) -> str | None:
        """A date as the long way reads it; a short one is remembered."""
        if len(date) + len(time) > KEPT_CHARACTERS_MAX:
            return None
        try:
            moment = self._records.read_moment(date, time, field=Field.DATE, time_field=Field.TIME)
        except ValueProblem:
            return None
        if moment is None:
            return None
        if len(self._dates) >= KEPT_MAX:
            self._dates.clear()
        written = self._dates[date, time] = event_date(moment)
        return written


def _in_minutes(moment: str) -> str:
    """A moment as `deliveredDate` has it; the plainest, which are the most, are only cut."""
    return moment[:_MINUTE_CHARACTERS] if len(moment) == _SECOND_CHARACTERS else delivered_date(moment)
