"""The short way of the records that most feeds are made of: events and deliveries in values that are sent as they are.

Hundreds of records are looked at together, column by column, so that one operation checks a value of each of them. What
comes of it is what the long way, `Mapper` and `RecordReader`, makes of the same records one by one; all that needs a closer
look is left to that.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import frozen

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.entries import Entries, Entry
from vtex_tracking.feed.moments import MomentReader
from vtex_tracking.feed.records import Record
from vtex_tracking.feed.values import BOOLS, KEPT_CHARACTERS_MAX, KEPT_MAX, is_plain_text, split_city_state
from vtex_tracking.model import PlainEvents, delivered_date, event_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vtex_tracking.feed.mapped import Mapper
    from vtex_tracking.feed.records import RecordReader
    from vtex_tracking.settings import FeedSettings

Column: TypeAlias = "Sequence[Any]"  # JSON has values that are no texts
_ColumnOf: TypeAlias = "Callable[[str], Column | None]"

_FEW: Final = 4  # of them are not worth another look together
# A dot could make an id look like a number of a spreadsheet's, so an id with one takes the long way.
_IDS: Final = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_-]{0,63}(?<![-_])\n)*", re.ASCII)
_CLAIMS: Final[dict[object, bool | None]] = {
    True: True,
    False: False,
    **{form: said for text, said in BOOLS.items() for form in (text, text.capitalize(), text.upper())},
}
_CLAIM_TYPES: Final = frozenset((str, bool))  # 1.0 is no claim, though it equals True
_DAY_CHARACTERS: Final = len("yyyy-mm-dd")
_MINUTE_CHARACTERS: Final = len("yyyy-mm-dd hh:mm")
_SECOND_CHARACTERS: Final = len("yyyy-mm-dd hh:mm:ss")
_RETURNED: Final = "is_returned"  # what a code may say, beside the fields of a record
_IDS_IN: Final = frozenset((Field.ORDER_ID, Field.INVOICE_NUMBER))
_TEXTS: Final = (Field.DESCRIPTION, Field.CITY, Field.STATE, Field.CITY_STATE)
_SILENT: Final = (Field.VOLUME, Field.VOLUMES)  # with a value in one of these, a record says more
_TEXT: Final = frozenset((str,))
_NOTHING: Final = frozenset(("",))


@frozen
class _Some:
    """Some entries, and what they say, column by column; a field that they have not has no column."""

    entries: Entries
    columns: Mapping[str, Column]

    def part(self, start: int, end: int) -> _Some:
        columns = {field: column[start:end] for field, column in self.columns.items()}
        return _Some(self.entries.part(start, end), columns)


class PlainReader:
    """Reads what is plain of one feed, and remembers the texts and dates that feeds say again and again."""

    def __init__(self, name: str, *, mapper: Mapper, records: RecordReader, settings: FeedSettings) -> None:
        mapping = settings.mapping
        self._prefix = f"{name}:"
        self._mapper = mapper
        self._tally = records.tally
        self._is_plain = mapping.invoice_digits is None
        self._is_mapped = bool(mapping.templates or mapping.skips)
        self._constants = mapping.constants
        # In whatever zone a moment is told that reads as earlier than now in UTC, it is no 24 hours ahead.
        self._now = event_date(records.now.replace(tzinfo=None, microsecond=0))
        self._moments = MomentReader(records)
        self._texts: set[str] = set()

    def read(self, found: Iterable[Entry | Entries]) -> Iterator[PlainEvents | Entry]:
        """What entries say, in their order; one that may say more, less or nothing is given back, as is one alone."""
        for some in found:
            if isinstance(some, Entry):
                yield some
            elif not self._is_plain:
                yield from some
            else:
                yield from self._parts(self._some(some))

    def _parts(self, some: _Some) -> Iterator[PlainEvents | Entry]:
        """What is plain together; what is not is halved, until few records are left of it."""
        count = len(some.entries)
        plain = self._plain(some)
        if plain is not None:
            yield plain
        elif count <= _FEW:
            yield from some.entries
        else:
            yield from self._parts(some.part(0, count // 2))
            yield from self._parts(some.part(count // 2, count))

    def _some(self, entries: Entries) -> _Some:
        """Entries with their columns: as they stand in the feed, or of what the mapping makes of them."""
        shape = entries.shape
        if shape is None or self._is_mapped:
            return self._mapped(entries)
        columns = list(zip(*entries.rows, strict=True))
        read: dict[str, Column] = {field: columns[index] for field, index in shape.columns.indexes.items()}
        if not shape.is_table:
            read = _in_text(read)
        read |= {field: (value,) * len(entries) for field, value in self._constants.items()}
        if Field.EVENT_CODE in read and not self._decode(read):
            return self._mapped(entries)
        return _Some(entries, read)

    def _decode(self, columns: dict[str, Column]) -> bool:
        """Put into columns what their codes mean, each looked up once; False where that has to be done one by one."""
        codes = columns[Field.EVENT_CODE]
        nothing = ("",) * len(codes)
        texts, claims = columns.get(Field.DESCRIPTION, nothing), columns.get(Field.IS_DELIVERED, nothing)
        if not (_TEXT.issuperset(map(type, chain(codes, texts))) and _CLAIM_TYPES.issuperset(map(type, claims))):
            return False
        said = list(zip(codes, texts, claims, strict=True))
        meanings: dict[object, Record] = {}
        for one in set(said):
            code, text, claim = one
            record = self._mapper.decoded(Record(event_code=code, description=text, is_delivered=claim))
            if record is None:  # it is left out
                return False
            meanings[one] = record
        columns[Field.DESCRIPTION] = [meanings[one].description for one in said]
        columns[Field.IS_DELIVERED] = [meanings[one].is_delivered for one in said]
        columns[_RETURNED] = [meanings[one].is_returned for one in said]
        return True

    def _mapped(self, entries: Entries) -> _Some:
        """Without those that the mapping leaves out, which are counted as such."""
        record_of = self._mapper.record
        found = [(entry, record) for entry in entries if (record := record_of(entry)) is not None]
        self._tally.skipped += len(entries) - len(found)
        columns = zip(Record._fields, zip(*(record for _, record in found), strict=True), strict=False)
        return _Some(Entries.of([entry for entry, _ in found]), _in_text(dict(columns)))

    def _plain(self, some: _Some) -> PlainEvents | None:
        """What is sent of records as it is; None where one of them may be odd."""
        try:
            return self._events(some)
        except (KeyError, TypeError):  # a claim in no known word; JSON has values that are no texts
            return None

    def _events(self, some: _Some) -> PlainEvents | None:
        column_of, nothing = some.columns.get, ("",) * len(some.entries)
        order_ids, numbers = column_of(Field.ORDER_ID, nothing), column_of(Field.INVOICE_NUMBER, nothing)
        if not (
            not any(column_of(_RETURNED, nothing))
            and all(_NOTHING.issuperset(column) for column in map(column_of, _SILENT) if column)
            and _are_ids(order_ids)
            and _are_ids(numbers)
            and all(self._texts.issuperset(column) or self._keep(column) for column in map(column_of, _TEXTS) if column)
        ):
            return None
        dates = self._moments.read(column_of(Field.DATE, nothing), column_of(Field.TIME))
        deliveries = None if dates is None else self._deliveries(column_of, dates)
        descriptions = column_of(Field.DESCRIPTION, nothing)
        if dates is None or deliveries is None or not _say_something(dates, descriptions, deliveries):
            return None
        cities, states = column_of(Field.CITY, nothing), column_of(Field.STATE, nothing)
        if Field.CITY_STATE in some.columns:
            cities, states = _split(some.columns[Field.CITY_STATE], cities, states)
        places = [f"{self._prefix}{number}" for number in some.entries.numbers]
        return PlainEvents(order_ids, numbers, dates, descriptions, cities, states, deliveries, places)

    def _keep(self, column: Column) -> bool:
        """Whether texts are sent as they are; short ones are remembered."""
        new = set(column) - self._texts
        if not all(len(text) <= KEPT_CHARACTERS_MAX and is_plain_text(text) for text in new):
            return False
        if len(self._texts) + len(new) > KEPT_MAX:
            self._texts.clear()
        self._texts |= new
        return True

    def _deliveries(self, column_of: _ColumnOf, dates: Sequence[str]) -> dict[int, str] | None:
        """The delivered date of each record that says "delivered"; None where one may be contradicted, or still to come."""
        claims: Column = column_of(Field.IS_DELIVERED) or ()
        if not _CLAIM_TYPES.issuperset(map(type, claims)):
            return None
        said = {claim: _CLAIMS[claim] for claim in set(claims)}
        deliveries = {}
        if True in said.values():
            deliveries = {index: "" for index, claim in enumerate(claims) if said[claim]}
        stated: Column = column_of(Field.DELIVERED_DATE) or ()
        if not _NOTHING.issuperset(stated):
            indexes = [index for index, date in enumerate(stated) if date != ""]
            times = column_of(Field.DELIVERED_TIME)
            moments = self._moments.read(
                [stated[index] for index in indexes], None if times is None else [times[index] for index in indexes]
            )
            if (
                moments is None
                or max(moments) > self._now
                or (claims and any(said[claims[index]] is False for index in indexes))
            ):
                return None
            deliveries.update(zip(indexes, map(_in_minutes, moments), strict=True))
        implied = [dates[index] for index, date in deliveries.items() if not date]
        return deliveries if all("" < date <= self._now for date in implied) else None


def _in_text(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Columns with texts for what JSON says without: null is the empty text, and a whole number may be an id."""
    texts = {
        field: ["" if value is None else value for value in column] if None in column else column
        for field, column in columns.items()
    }
    for field in _IDS_IN.intersection(texts):
        texts[field] = [str(value) if type(value) is int and value else value for value in texts[field]]
    return texts


def _are_ids(column: Sequence[str]) -> bool:
    text = "\n".join(column) + "\n"
    return _IDS.fullmatch(text) is not None and text.count("\n") == len(column)


def _say_something(dates: Sequence[str], descriptions: Sequence[str], deliveries: Mapping[int, str]) -> bool:
    """Whether each record has a date and a description, or neither of them and a delivery."""
    if "" not in dates and "" not in descriptions:
        return True
    return all(
        (date != "" and text != "") or (date == text == "" and index in deliveries)
        for index, (date, text) in enumerate(zip(dates, descriptions, strict=True))
    )


def _split(texts: Sequence[str], cities: Sequence[str], states: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Cities and states where a column has both; a state of its own comes first."""
    parts = {text: split_city_state(text) for text in set(texts)}
    return (
        [parts[text][0] if text else city for text, city in zip(texts, cities, strict=True)],
        [state or parts[text][1] for text, state in zip(texts, states, strict=True)],
    )


def _in_minutes(moment: str) -> str:
    """A moment as `deliveredDate` has it; the plainest, which are the most, are only cut."""
    if len(moment) == _SECOND_CHARACTERS:
        return moment[:_MINUTE_CHARACTERS]
    return f"{moment} 00:00" if len(moment) == _DAY_CHARACTERS else delivered_date(moment)
