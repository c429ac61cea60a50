"""JSON Lines, or one JSON document: an event in every object, or an invoice in VTEX's own form with a list of events."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from vtex_tracking.feed.columns import NO_COLUMNS, Columns, Field, normal_name
from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.entries import NO_SHAPE, Entries, Entry, Reading, Shape, together
from vtex_tracking.feed.formats.objects import Found, Objects, check_events, check_object, read_many_objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vtex_tracking.feed.content import Content

_EVENTS: Final = "events"
_SHAPES_MAX: Final = 16  # kept at a time; the keys of a shape may be as long as a line
_DELIVERY: Final = (Field.IS_DELIVERED, Field.DELIVERED_DATE, Field.DELIVERED_TIME)
_OF_EVENTS: Final = frozenset((Field.DATE, Field.TIME, Field.DESCRIPTION, Field.EVENT_CODE, Field.CITY, Field.STATE))


def read_jsonl(content: Content, reading: Reading) -> Iterator[Entry | Entries]:
    """Yield one entry for each event in an object's list of events; for one without such a list, or with a defect, one."""
    objects = _ObjectReader(reading)
    for some in read_many_objects(content, reading):
        if isinstance(some, Objects):
            yield from objects.read_many(some)
        else:
            yield from together(chain.from_iterable(map(objects.read, some)))


@frozen
class _Keys:
    """What the keys of an object mean, and which of them has the list of events."""

    shape: Shape
    events: str | None


class _ObjectReader:
    """Reads one object after another; objects with the same keys share what the keys mean."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._keys = lru_cache(maxsize=_SHAPES_MAX)(self._find_keys)
        self._event_columns = lru_cache(maxsize=_SHAPES_MAX)(self._find_event_columns)
        self._delivering_columns = lru_cache(maxsize=_SHAPES_MAX)(_find_delivering_columns)

    def read_many(self, objects: Objects) -> Iterator[Entry | Entries]:
        """Of objects that all have the same keys, and no list of events, the values under each key."""
        found = list(map(tuple, objects.values))
        keys = self._keys_of_all(found)
        if keys is None or keys.events is not None:
            return together(chain.from_iterable(map(self.read, objects.each())))
        numbers = range(objects.number, objects.number + len(found))
        rows = list(map(tuple, map(dict.values, objects.values)))
        return iter([Entries(numbers, (keys.shape,) * len(found), rows, objects.texts)])

    def _keys_of_all(self, found: Sequence[tuple[str, ...]]) -> _Keys | None:
        if found.count(found[0]) < len(found):
            return None
        try:
            return self._keys(found[0])
        except ValueProblem:  # which each of them has
            return None

    def read(self, found: Found) -> list[Entry]:
        shape = NO_SHAPE
        try:
            if found.problem is not None:
                raise found.problem
            values = found.value
            keys = self._keys(tuple(values))
            shape = keys.shape
            events = None if keys.events is None else values.pop(keys.events)
            invoice = Entry(found.number, shape, tuple(values.values()), found.text)
            return self._read_invoice(invoice, events, key=str(keys.events)) if events else [invoice]
        except ValueProblem as problem:
            return [Entry(found.number, shape, text=found.text, problem=problem)]

    def _read_invoice(self, invoice: Entry, events: object, *, key: str) -> list[Entry]:
        """An invoice with a list of events: "delivered" is said of the invoice, and goes with its newest event.

        Where it has no date of its own and an event is a defect, no one knows which event is the newest: then nothing
        is said to be delivered until the line comes back mended.
        """
        listed = check_events(events, key=key, limit=self._reading.settings.events_of_line_max)
        judge = self._reading.judge
        is_delivered = judge.is_delivered(invoice)
        entries = [self._event(invoice, event, prefix=f"{key}[{index}].") for index, event in enumerate(listed)]
        if not is_delivered:
            return entries
        moments = [judge.moment(entry) for entry in entries]
        dated = [moment for moment in moments if moment is not None]
        has_date = any(_value(invoice, field) for field in (Field.DELIVERED_DATE, Field.DELIVERED_TIME))
        if not dated or (not has_date and len(dated) < len(entries)):
            return entries
        newest = moments.index(max(dated))
        entries[newest] = self._delivering(entries[newest], invoice)
        return entries

    def _event(self, invoice: Entry, event: object, *, prefix: str) -> Entry:
        """An event of the list; what it does not say of its invoice, the object around it does."""
        shape = Shape(columns=NO_COLUMNS, prefix=prefix)
        try:
            found = check_object(event, "a date and a description")
            columns = self._event_columns(tuple(found), invoice.shape)
            shape = Shape(columns=columns, prefix=prefix)
            inherited = (_value(invoice, Field(name)) for name in columns.names[len(found) :])
            return Entry(invoice.number, shape, (*found.values(), *inherited), invoice.text)
        except ValueProblem as problem:
            return Entry(invoice.number, shape, text=invoice.text, problem=problem)

    def _delivering(self, event: Entry, invoice: Entry) -> Entry:
        """The event, which also says what its invoice says of the delivery."""
        shape = Shape(columns=self._delivering_columns(event.shape.columns), prefix=event.shape.prefix)
        said = (True, _value(invoice, Field.DELIVERED_DATE), _value(invoice, Field.DELIVERED_TIME))
        return event._replace(shape=shape, values=(*event.values, *said))

    def _find_keys(self, keys: tuple[str, ...]) -> _Keys:
        events = next((key for key in keys if normal_name(key) == _EVENTS), None)
        return _Keys(self._reading.shape([key for key in keys if key != events]), events)

    def _find_event_columns(self, keys: tuple[str, ...], invoice: Shape) -> Columns:
        """The event's own keys, and behind them the fields that the invoice has for all of its events."""
        own = self._reading.shape(keys).columns
        ids = (Field.ORDER_ID, Field.INVOICE_NUMBER)
        fields = [
            field
            for field in invoice.columns.indexes
            if field in ids or field not in {*own.indexes, *_OF_EVENTS, *_DELIVERY}
        ]
        places = {field: len(keys) + index for index, field in enumerate(fields)}
        return evolve(own, names=(*own.names, *fields), indexes={**own.indexes, **places})


def _value(entry: Entry, field: Field) -> object:
    index = entry.shape.columns.indexes.get(field)
    return "" if index is None else entry.values[index]


def _find_delivering_columns(columns: Columns) -> Columns:
    places = {field: len(columns.names) + index for index, field in enumerate(_DELIVERY)}
    return evolve(columns, names=(*columns.names, *_DELIVERY), indexes={**columns.indexes, **places})
