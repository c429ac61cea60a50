"""What a record says: from its raw values, whatever the format they came in, to a tracking event."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from attrs import define, frozen

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.dates import Moment, add_time, check_not_ahead, in_zone, moved, read_date
from vtex_tracking.feed.defects import DefectCode, MonthFirstDate, ValueProblem, show
from vtex_tracking.feed.values import (
    count_stripped,
    cut_text,
    read_bool,
    read_count,
    read_id,
    read_text,
    split_city_state,
    stripped,
)
from vtex_tracking.model import (
    DESCRIPTION_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    VOLUME_CHARACTERS_MAX,
    MappedInvoice,
    TrackingEvent,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vtex_tracking.feed.tally import Tally
    from vtex_tracking.settings import FeedSettings


class Record(NamedTuple):
    """The values of one record as the feed has them, in the order of `Field`; "" or None for what it has not."""

    order_id: object = ""
    invoice_number: object = ""
    date: object = ""
    time: object = ""
    city: object = ""
    state: object = ""
    city_state: object = ""
    description: object = ""
    is_delivered: object = ""
    delivered_date: object = ""
    delivered_time: object = ""
    event_code: object = ""
    invoice_key: object = ""
    invoice_series: object = ""
    issuer: object = ""
    tracking_number: object = ""
    volume: object = ""
    volumes: object = ""
    is_returned: bool = False  # by its event's code


class NamedInvoice(NamedTuple):
    """The invoice of a record that names it; a `MappedInvoice` knows more of one."""

    order_id: str
    invoice_number: str
    city: str = ""
    state: str = ""
    volumes: int | None = None


@frozen
class Delivery:
    """Whether a record says that its invoice is delivered, and when if it says so."""

    is_delivered: bool
    moment: Moment | None


_DELIVERED: Final = Delivery(is_delivered=True, moment=None)
_NOT_DELIVERED: Final = Delivery(is_delivered=False, moment=None)


@define(eq=False, kw_only=True)
class RecordReader:
    """How the records of one feed are read. Every method raises ValueProblem for what cannot be taken."""

    now: datetime
    settings: FeedSettings
    tally: Tally
    find: Callable[[Record], MappedInvoice] | None = None  # looks up a record that does not name its order

    def read(self, record: Record, *, place: str) -> TrackingEvent:
        """A record is an event (date and description), or says that its invoice is delivered, or both.

        A date that only month-first can read is what is wrong with a record, whatever else is.
        """
        try:
            return self._event(record, place=place)
        except ValueProblem:
            self._check_not_month_first(record)
            raise

    def _check_not_month_first(self, record: Record) -> None:
        for field, date in ((Field.DATE, record.date), (Field.DELIVERED_DATE, record.delivered_date)):
            try:
                read_date(date, field=field, formats=self.settings.date_formats)
            except MonthFirstDate:
                raise
            except ValueProblem:
                pass  # the record has a problem already

    def _event(self, record: Record, *, place: str) -> TrackingEvent:
        invoice = self.read_invoice(record)
        date = self.read_moment(record.date, record.time, field=Field.DATE, time_field=Field.TIME)
        description = self._description(record.description)
        delivery = self.read_delivery(record)
        _check_event(record, date, description)
        self._check_delivery(delivery, date)
        city, state = self._city_and_state(record)
        return TrackingEvent(
            order_id=invoice.order_id,
            invoice_number=invoice.invoice_number,
            date=date,
            description=description or None,
            city=city or invoice.city,
            state=state or invoice.state,
            is_delivered=delivery.is_delivered,
            delivered_date=delivery.moment,
            place=place,
            volume=self._volume(record.volume),
            volumes=read_count(record.volumes, field=Field.VOLUMES) if stripped(record.volumes) else invoice.volumes,
            is_returned=record.is_returned,
        )

    def read_invoice(self, record: Record) -> MappedInvoice | NamedInvoice:
        """A record says of which invoice of which order it speaks, or is found by what it says."""
        if self.find is not None and not (stripped(record.order_id) and stripped(record.invoice_number)):
            return self.find(record)
        return NamedInvoice(
            order_id=read_id(record.order_id, field=Field.ORDER_ID),
            invoice_number=self._in_digits(read_id(record.invoice_number, field=Field.INVOICE_NUMBER)),
        )

    def read_delivery(self, record: Record) -> Delivery:
        """A delivered date says "delivered", unless the record itself says no, which is a contradiction."""
        said = read_bool(record.is_delivered, field=Field.IS_DELIVERED)
        moment = self.read_moment(
            record.delivered_date, record.delivered_time, field=Field.DELIVERED_DATE, time_field=Field.DELIVERED_TIME
        )
        if moment is None:
            return _DELIVERED if said else _NOT_DELIVERED
        if said is False:
            problem = "says not delivered, but the record has a delivered date; empty one of them"
            raise ValueProblem(DefectCode.DELIVERED_CONTRADICTION, problem, field=Field.IS_DELIVERED)
        check_not_ahead(moment, now=self.now, field=Field.DELIVERED_DATE)
        return Delivery(is_delivered=True, moment=moment)

    def _check_delivery(self, delivery: Delivery, date: Moment | None) -> None:
        """A record says something, and a delivery has a date that is not still to come."""
        if date is None and not delivery.is_delivered:
            problem = "says neither an event (a date and a description) nor a delivery (a delivered date)"
            raise ValueProblem(DefectCode.MISSING_FIELD, problem)
        if delivery.is_delivered and delivery.moment is None:
            if date is None:
                problem = "is empty, and there is no event to take the date from; a delivery needs its date"
                raise ValueProblem(DefectCode.MISSING_DELIVERED_DATE, problem, field=Field.DELIVERED_DATE)
            check_not_ahead(date, now=self.now, field=Field.DATE)

    def read_moment(self, date: object, time: object, *, field: Field, time_field: Field) -> Moment | None:
        """A date, with the time that stands beside it, in the feed's zone; None where there is none."""
        if date == "":
            return None
        moment = read_date(date, field=field, formats=self.settings.date_formats)
        if moment is None:
            return None
        if time != "":
            moment = add_time(moment, time, field=time_field)
        return moved(in_zone(moment, self._zone), self._to_zone)

    @cached_property
    def _zone(self) -> ZoneInfo | None:
        name = self.settings.timezone
        return None if name is None else ZoneInfo(name)

    @cached_property
    def _to_zone(self) -> ZoneInfo | None:
        name = self.settings.to_timezone
        return None if name is None else ZoneInfo(name)

    def _in_digits(self, number: str) -> str:
        """An invoice number with as many zeros before it as VTEX has, where the mapping says how many that are."""
        digits = self.settings.mapping.invoice_digits
        if digits is None or not (number.isascii() and number.isdigit()):
            return number
        return number.lstrip("0").rjust(max(digits, 1), "0")

    def _description(self, value: object) -> str:
        try:
            return self._text(value, Field.DESCRIPTION, DESCRIPTION_CHARACTERS_MAX)
        except ValueProblem as problem:
            if not self.settings.is_truncating or problem.code is not DefectCode.TEXT_TOO_LONG:
                raise
        self.tally.cut_descriptions += 1
        return cut_text(str(value), field=Field.DESCRIPTION, characters_max=DESCRIPTION_CHARACTERS_MAX)

    def _volume(self, value: object) -> str:
        """A volume is named by a short text, which JSON may write as a whole number; what cannot be seen names nothing."""
        text = str(value) if type(value) is int else value
        name = self._text(text, Field.VOLUME, VOLUME_CHARACTERS_MAX) if text else ""
        if not name.isprintable():
            raise ValueProblem(DefectCode.BAD_ID, f"{show(name)} cannot be printed whole", field=Field.VOLUME)
        return name

    def _text(self, value: object, field: Field, characters_max: int) -> str:
        if value == "":
            return ""
        text = read_text(value, field=field, characters_max=characters_max)
        if text != value and isinstance(value, str):
            self.tally.stripped_characters += count_stripped(value)
        return text

    def _city_and_state(self, record: Record) -> tuple[str, str]:
        state = self._text(record.state, Field.STATE, TEXT_CHARACTERS_MAX)
        if not stripped(record.city_state):
            return self._text(record.city, Field.CITY, TEXT_CHARACTERS_MAX), state
        city, other = split_city_state(self._text(record.city_state, Field.CITY_STATE, TEXT_CHARACTERS_MAX))
        return city, state or other


def _check_event(record: Record, date: Moment | None, description: str) -> None:
    """A date and a description come together, or not at all."""
    if date is None and description:
        raise ValueProblem(DefectCode.MISSING_FIELD, "is empty; an event needs its date", field=Field.DATE)
    if date is None or description:
        return
    if stripped(record.event_code) not in ("", None):
        problem = (
            f"{show(str(record.event_code))} is in no table of codes, and the record has no description; say what it "
            "means in a mapping, under [codes]"
        )
        raise ValueProblem(DefectCode.UNKNOWN_CODE, problem, field=Field.EVENT_CODE)
    problem = "is empty; an event needs its description"
    raise ValueProblem(DefectCode.MISSING_FIELD, problem, field=Field.DESCRIPTION)
