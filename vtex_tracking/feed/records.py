"""What a record says: from its raw values, whatever the format they came in, to a tracking event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.dates import Moment, add_time, check_not_ahead, in_zone, read_date
from vtex_tracking.feed.defects import DefectCode, ValueProblem
from vtex_tracking.feed.values import count_stripped, cut_text, read_bool, read_id, read_text, split_city_state
from vtex_tracking.model import DESCRIPTION_CHARACTERS_MAX, TEXT_CHARACTERS_MAX, InvoiceKey, TrackingEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from vtex_tracking.feed.tally import Tally


@frozen
class Record:
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


@frozen
class Delivery:
    """Whether a record says that its invoice is delivered, and when if it says so."""

    is_delivered: bool
    moment: Moment | None


_NOT_DELIVERED: Final = Delivery(is_delivered=False, moment=None)


@frozen(kw_only=True)
class RecordReader:
    """How the records of one feed are read. Every method raises ValueProblem for what cannot be taken."""

    now: datetime
    date_formats: Sequence[str]
    zone: tzinfo | None
    is_truncating: bool
    tally: Tally

    def read(self, record: Record, *, place: str) -> TrackingEvent:
        """A record is an event (date and description), or says that its invoice is delivered, or both."""
        key = self.read_key(record)
        date = self._moment(record.date, record.time, field=Field.DATE, time_field=Field.TIME)
        description = self._description(record.description)
        delivery = self.read_delivery(record)
        if date is None and description:
            raise ValueProblem(DefectCode.MISSING_FIELD, "is empty; an event needs its date", field=Field.DATE)
        if date is not None and not description:
            problem = "is empty; an event needs its description"
            raise ValueProblem(DefectCode.MISSING_FIELD, problem, field=Field.DESCRIPTION)
        self._check_delivery(delivery, date)
        city, state = self._city_and_state(record)
        return TrackingEvent(
            order_id=key.order_id,
            invoice_number=key.invoice_number,
            date=date,
            description=description or None,
            city=city,
            state=state,
            is_delivered=delivery.is_delivered,
            delivered_date=delivery.moment,
            place=place,
        )

    def read_key(self, record: Record) -> InvoiceKey:
        """A record says of which invoice of which order it speaks."""
        return InvoiceKey(
            read_id(record.order_id, field=Field.ORDER_ID), read_id(record.invoice_number, field=Field.INVOICE_NUMBER)
        )

    def read_delivery(self, record: Record) -> Delivery:
        """A delivered date says "delivered", unless the record itself says no, which is a contradiction."""
        said = read_bool(record.is_delivered, field=Field.IS_DELIVERED)
        moment = self._moment(
            record.delivered_date, record.delivered_time, field=Field.DELIVERED_DATE, time_field=Field.DELIVERED_TIME
        )
        if moment is None:
            return Delivery(is_delivered=True, moment=None) if said else _NOT_DELIVERED
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

    def _moment(self, date: object, time: object, *, field: Field, time_field: Field) -> Moment | None:
        moment = read_date(date, field=field, formats=self.date_formats)
        return None if moment is None else in_zone(add_time(moment, time, field=time_field), self.zone)

    def _description(self, value: object) -> str:
        try:
            return self._text(value, Field.DESCRIPTION, DESCRIPTION_CHARACTERS_MAX)
        except ValueProblem as problem:
            if not self.is_truncating or problem.code is not DefectCode.TEXT_TOO_LONG:
                raise
        self.tally.cut_descriptions += 1
        return cut_text(str(value), field=Field.DESCRIPTION, characters_max=DESCRIPTION_CHARACTERS_MAX)

    def _text(self, value: object, field: Field, characters_max: int) -> str:
        text = read_text(value, field=field, characters_max=characters_max)
        if isinstance(value, str):
            self.tally.stripped_characters += count_stripped(value)
        return text

    def _city_and_state(self, record: Record) -> tuple[str, str]:
        state = self._text(record.state, Field.STATE, TEXT_CHARACTERS_MAX)
        if not record.city_state:
            return self._text(record.city, Field.CITY, TEXT_CHARACTERS_MAX), state
        city, other = split_city_state(self._text(record.city_state, Field.CITY_STATE, TEXT_CHARACTERS_MAX))
        return city, state or other
