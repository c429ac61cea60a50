"""The short way of the records that most feeds are made of: an event of an invoice, in values that are sent as they are.

What it returns is what the long way, `Mapper` and `RecordReader`, makes of the same entry; all that needs a closer look
it leaves to that.
"""

from __future__ import annotations

import datetime as dt
import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vtex_tracking.feed.columns import Columns, Field
from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.values import KEPT_CHARACTERS_MAX, KEPT_MAX, NOES, is_plain_text
from vtex_tracking.model import event_date
from vtex_tracking.model.checked import checked_event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vtex_tracking.feed.entries import Entry
    from vtex_tracking.feed.records import RecordReader
    from vtex_tracking.model import TrackingEvent
    from vtex_tracking.settings import FeedSettings

# A dot could make an id look like a number of a spreadsheet's, so an id with one takes the long way.
_ID: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?", re.ASCII)
_NOTHING: Final = frozenset(("", None))
_NOT_DELIVERED: Final = frozenset((None, *(form for text in NOES for form in (text, text.capitalize(), text.upper()))))
_MOMENT: Final = re.compile(r"20\d\d-\d\d-\d\d[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)
_DAY_CHARACTERS: Final = len("yyyy-mm-dd")
_PLANS_MAX: Final = 16  # kept at a time: objects may have other keys in every line, as long as the line

_NEEDED: Final = (Field.ORDER_ID, Field.INVOICE_NUMBER, Field.DATE, Field.DESCRIPTION)
_READ: Final = (*_NEEDED, Field.TIME, Field.CITY, Field.STATE, Field.IS_DELIVERED)
_SILENT: Final = (  # with a value in one of these, a record says more than an event
    Field.CITY_STATE,
    Field.DELIVERED_DATE,
    Field.DELIVERED_TIME,
    Field.EVENT_CODE,
    Field.VOLUME,
    Field.VOLUMES,
)


class _Plan(NamedTuple):
    """Where the values of one shape stand that are read, and those that must be empty."""

    pick: Callable[[Sequence[object]], tuple[Any, ...]]
    silent: Callable[[Sequence[object]], tuple[object, ...]] | None


class PlainReader:
    """Reads what is plain of one feed, and remembers the texts and dates that feeds say again and again."""

    def __init__(self, records: RecordReader, settings: FeedSettings) -> None:
        mapping = settings.mapping
        self._records = records
        self._is_plain = (
            not (mapping.constants or mapping.templates or mapping.skips) and mapping.invoice_digits is None
        )
        self._is_iso_first = not (settings.date_formats or settings.timezone or settings.to_timezone)
        self._plans: dict[Columns, _Plan | None] = {}
        self._texts: set[str] = set()
        self._days: set[str] = set()  # as ISO writes them; a century has no more than 36,525
        self._dates: dict[tuple[str, str], str] = {}  # all others, with their times

    def read(self, entry: Entry, *, place: str) -> TrackingEvent | None:
        """The event that an entry is; None where it may be more, less, or a defect."""
        columns = entry.shape.columns
        plan = self._plans[columns] if columns in self._plans else self._keep_plan(columns)
        if plan is None or entry.problem is not None:
            return None
        values = (*entry.values, "")
        order_id, number, date, description, time, city, state, said = plan.pick(values)
        texts = self._texts
        try:
            is_plain = (
                _ID.fullmatch(order_id)
                and _ID.fullmatch(number)
                and (description in texts or self._keep_text(description))
                and (city in texts or self._keep_text(city))
                and (state in texts or self._keep_text(state))
                and description
                and (said is False or said in _NOT_DELIVERED)
                and (plan.silent is None or _NOTHING.issuperset(plan.silent(values)))
            )
            moment = is_plain and self._moment(date, time)
        except TypeError:  # JSON has values that are no texts
            return None
        if not moment:
            return None
        return checked_event(
            order_id,
            invoice_number=number,
            date=moment,
            description=description,
            city=city,
            state=state,
            place=place,
        )

    def _keep_plan(self, columns: Columns) -> _Plan | None:
        plan = self._plan(columns) if self._is_plain else None
        if len(self._plans) >= _PLANS_MAX:
            self._plans.clear()
        self._plans[columns] = plan
        return plan

    def _plan(self, columns: Columns) -> _Plan | None:
        """None where no record of these columns can be plain."""
        indexes = columns.indexes
        if not indexes.keys() >= set(_NEEDED):
            return None
        silent = [indexes[field] for field in _SILENT if field in indexes]
        if silent:
            silent.append(-1)  # the empty value that is put behind them all: itemgetter makes no tuple of one
        return _Plan(
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
        """A date as it is sent; None for one that needs a closer look."""
        if time == "" and self._is_iso_first and _MOMENT.fullmatch(date):
            day = date[:_DAY_CHARACTERS]
            if day in self._days or self._keep_day(day):
                return date.replace("T", " ")
        return self._dates.get((date, time)) or self._keep_date(date, time)

    def _keep_day(self, text: str) -> bool:
        """Whether the calendar has a day; one that it has is remembered."""
        try:
            dt.date.fromisoformat(text)
        except ValueError:
            return False
        self._days.add(text)
        return True

    def _keep_date(self, date: str, time: str) -> str | None:
        """A date in any other form, as the long way reads it; a short one is remembered."""
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
