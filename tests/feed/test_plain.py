"""The short way of plain records gives what the long way gives, or leaves the record to it."""

from __future__ import annotations

from itertools import chain, product
from typing import TYPE_CHECKING, Final

import pytest
from any_records import CODES, SETTINGS, USUAL, VALUES
from attrs import asdict, frozen
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.columns import Field, find_columns
from vtex_tracking.feed.defects import DefectCode, ValueProblem
from vtex_tracking.feed.entries import Entries, Entry, Shape
from vtex_tracking.feed.mapped import Mapper
from vtex_tracking.feed.plain import PlainReader
from vtex_tracking.feed.records import RecordReader
from vtex_tracking.feed.tally import Tally
from vtex_tracking.feed.values import KEPT_CHARACTERS_MAX, KEPT_MAX
from vtex_tracking.model import PlainEvents, TrackingEvent
from vtex_tracking.settings import Code, FeedMapping, FeedSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

FEED: Final = "feed"
DELIVERY: Final = (*USUAL, Field.IS_DELIVERED, Field.DELIVERED_DATE)


@frozen
class _Short:
    """What the short way made of entries: events of its own, and those that it gave back."""

    blocks: list[PlainEvents]
    given_back: list[Entry]

    @property
    def events(self) -> list[TrackingEvent]:
        return [event for block in self.blocks for event in block.events()]


class _Ways:
    """Both ways of one feed."""

    def __init__(self, settings: FeedSettings, *, now: datetime) -> None:
        self.tally = Tally()
        self._records = RecordReader(now=now, settings=settings, tally=self.tally)
        self._mapper = Mapper(FEED, settings.mapping, {"99": Code(text="Em rota")})
        self.plain = PlainReader(FEED, mapper=self._mapper, records=self._records, settings=settings)

    def short(self, entries: Sequence[Entry]) -> _Short:
        found = list(self.plain.read([Entries.of(entries)]))
        blocks = [one for one in found if isinstance(one, PlainEvents)]
        return _Short(blocks, [one for one in found if isinstance(one, Entry)])

    def long(self, entry: Entry) -> TrackingEvent | None:
        try:
            record = self._mapper.record(entry)
            return None if record is None else self._records.read(record, place=f"{FEED}:{entry.number}")
        except ValueProblem:
            return None

    def check(self, entries: Sequence[Entry]) -> _Short:
        """What the short way says is what the long way says, in the order of the entries; what it leaves out is left out."""
        self.tally.skipped = 0
        short = self.short(entries)
        skipped = [entry for entry in entries if self._mapper.record(entry) is None]
        places = {event.place for event in short.events} | {f"{FEED}:{entry.number}" for entry in short.given_back}
        assert len(entries) == len(short.events) + len(short.given_back) + self.tally.skipped
        assert {f"{FEED}:{entry.number}" for entry in entries} - places <= {f"{FEED}:{one.number}" for one in skipped}
        entry_of = {f"{FEED}:{entry.number}": entry for entry in entries}
        for event in short.events:
            assert self.long(entry_of[event.place]) == event
            assert TrackingEvent(**asdict(event)) == event
        return short


def _shape(*fields: Field, is_table: bool = False) -> Shape:
    return Shape(columns=find_columns(fields, mapping={}), is_table=is_table)


def _entries(shape: Shape, rows: Sequence[Sequence[object]]) -> list[Entry]:
    return [Entry(number, shape, row) for number, row in enumerate(rows, start=2)]


def _rows(fields: Sequence[Field]) -> st.SearchStrategy[list[tuple[object, ...]]]:
    row = st.tuples(*(st.sampled_from([VALUES[field][0]] * 20 + VALUES[field]) for field in fields))
    return st.lists(row, min_size=1, max_size=40)


FIELDS: Final = st.lists(st.sampled_from([*VALUES]), unique=True).map(lambda more: list(dict.fromkeys([*USUAL, *more])))


@given(data=st.data(), fields=FIELDS, settings=st.sampled_from(SETTINGS), is_table=st.booleans())
def test_the_short_way_gives_what_the_long_way_gives(
    now: datetime, *, data: st.DataObject, fields: list[Field], settings: FeedSettings, is_table: bool
) -> None:
    """Or the record back: a defect, a count of what was mended and whatever is not plain are left to the long way."""
    rows = data.draw(_rows(fields))
    if is_table:
        rows = [tuple("" if value is None else value for value in row) for row in rows]
    ways = _Ways(settings, now=now)
    short = ways.short(entries := _entries(_shape(*fields, is_table=is_table), rows))
    assert 0 == ways.tally.cut_descriptions + ways.tally.stripped_characters
    assert sorted(entry.number for entry in short.given_back) == [entry.number for entry in short.given_back]
    ways.check(entries)


@pytest.mark.unmeasured
@pytest.mark.parametrize("settings", SETTINGS)
def test_one_value_that_is_not_plain_is_enough_for_the_long_way(now: datetime, *, settings: FeedSettings) -> None:
    """Every such value for itself, alone and among records that are plain."""
    for field, values in VALUES.items():
        fields = list(dict.fromkeys([*USUAL, field]))
        shape = _shape(*fields)
        usual = [VALUES[one][0] for one in fields]
        for value in values:
            odd = [value if one is field else VALUES[one][0] for one in fields]
            _Ways(settings, now=now).check(_entries(shape, [odd]))
            _Ways(settings, now=now).check(_entries(shape, [*[usual] * 20, odd, *[usual] * 20]))


@pytest.mark.unmeasured
@pytest.mark.parametrize("settings", SETTINGS)
def test_any_two_values_of_a_column_are_read_as_each_alone(now: datetime, *, settings: FeedSettings) -> None:
    """What one is taken for says nothing about the other, also where the two are equal and mean different things."""
    for field, values in VALUES.items():
        fields = list(dict.fromkeys([*USUAL, field]))
        shape = _shape(*fields)
        for pair in product(values, repeat=2):
            rows = [[value if one is field else VALUES[one][0] for one in fields] for value in pair]
            _Ways(settings, now=now).check(_entries(shape, rows))


def test_dates_and_the_times_beside_them_are_read_together(now: datetime) -> None:
    """Each of one with each of the other; a time is never left out."""
    shape = _shape(*USUAL, Field.TIME)
    pairs = list(product(VALUES[Field.DATE], VALUES[Field.TIME]))
    for settings in SETTINGS:
        ways = _Ways(settings, now=now)
        rows = [("1-01", "0001", date, "ok", time) for date, time in pairs]
        ways.check(_entries(shape, rows))
        for row in rows:
            ways.check(_entries(shape, [row]))


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2026-03-05 10:00:07", "2026-03-05 10:00:07"),
        ("2026-03-05T10:00:07", "2026-03-05 10:00:07"),
        ("2026-03-05 23:59", "2026-03-05 23:59:00"),
        ("05/03/2026 10:00", "2026-03-05 10:00:00"),
        ("05.03.2026 19:59:59", "2026-03-05 19:59:59"),
        ("05-03-2026", "2026-03-05"),
        ("2026-03-05", "2026-03-05"),
        ("2026-03-05 10:00:07-03:00", "2026-03-05 10:00:07-03:00"),
    ],
)
def test_most_records_go_the_short_way_all_at_once(now: datetime, *, written: str, sent: str) -> None:
    """With the columns that feeds have and leave empty."""
    shape = _shape(*USUAL, Field.CITY, Field.IS_DELIVERED, Field.DELIVERED_DATE)
    rows = [("1-01", "0001", written, "ok", "Itu", said, "") for said in ("", "Não", False) * 100]
    short = _Ways(FeedSettings(), now=now).short(_entries(shape, rows))
    assert ([300], []) == ([len(block.places) for block in short.blocks], short.given_back)
    assert {(sent, "Itu")} == {(event.date, event.city) for event in short.events}
    assert ["feed:2", "feed:301"] == [short.events[index].place for index in (0, -1)]


def test_dates_of_all_forms_go_the_short_way_together(now: datetime) -> None:
    """Each is read in its own form, and comes out in its own place."""
    dates = ["2026-03-05 10:00:07", "06/03/2026", "2026-03-07T10:00", "2026-03-08 10:00:07.5", "2026-03-09 08:00-03:00"]
    rows = [("1-01", "0001", date, "ok") for date in dates * 3]
    [block] = _Ways(FeedSettings(), now=now).short(_entries(_shape(*USUAL), rows)).blocks
    assert [
        "2026-03-05 10:00:07",
        "2026-03-06",
        "2026-03-07 10:00:00",
        "2026-03-08 10:00:07.500000",
        "2026-03-09 08:00:00-03:00",
    ] * 3 == list(block.dates)


def test_an_odd_record_holds_up_few_others(now: datetime) -> None:
    """What is before it and behind it stays together; the order stays too."""
    rows = [("1-01" if number != 300 else "1.5", "0001", "2026-03-05", "ok") for number in range(512)]
    ways = _Ways(FeedSettings(), now=now)
    short = ways.check(_entries(_shape(*USUAL), rows))
    assert [302, 303, 304, 305] == [entry.number for entry in short.given_back]
    assert [256, 32, 8, 4, 16, 64, 128] == [len(block.places) for block in short.blocks]


@pytest.mark.parametrize("event_date", ["2026-03-05 10:00:07", "2026-11-24 12:00:01", "", None])
def test_event_and_delivery_are_weighed_together(now: datetime, *, event_date: str | None) -> None:
    """Either may be there alone, and a delivery must have been, at a date of its own or its event's."""
    shape = _shape(*DELIVERY)
    fields = (("ok", ""), VALUES[Field.IS_DELIVERED], VALUES[Field.DELIVERED_DATE])
    rows = [("1-01", "0001", event_date, *some) for some in product(*fields)]
    ways = _Ways(FeedSettings(), now=now)
    ways.check(_entries(shape, rows))
    alone = [event for row in rows for event in ways.check(_entries(shape, [row])).events]
    ways.check(_entries(shape, [row for row in rows if ways.short(_entries(shape, [row])).events]))
    assert 0 < len(alone)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("2026-03-05 10:00:07", "Entregue", "sim", ""), ("2026-03-05 10:00:07", "Entregue", True, None)),
        (("2026-03-05", "Entregue", True, None), ("2026-03-05", "Entregue", True, None)),
        (("05/03/2026 10:00", "ok", "", "06/03/2026"), ("2026-03-05 10:00:00", "ok", True, "2026-03-06 00:00")),
        (("", "", "", "2026-03-06T10:00:07"), (None, None, True, "2026-03-06 10:00")),
        ((None, "", "S", "06/03/2026 10:00:07"), (None, None, True, "2026-03-06 10:00")),
        (("", "", None, "2026-11-23 12:00:00"), (None, None, True, "2026-11-23 12:00")),
        (("", "", None, "2026-03-06 10:00-03:00"), (None, None, True, "2026-03-06 10:00-03:00")),
    ],
)
def test_most_deliveries_go_the_short_way(
    now: datetime, *, values: tuple[object, ...], expected: tuple[object, ...]
) -> None:
    """With an event or without, in the forms that feeds have, between records that say nothing of a delivery."""
    other = ("1-01", "0001", "2026-03-05 10:00:07", "ok", "", "")
    rows = [other, ("1-01", "0001", *values), other]
    short = _Ways(FeedSettings(), now=now).check(_entries(_shape(*DELIVERY), rows))
    assert [] == short.given_back
    event = short.events[1]
    assert expected == (event.date, event.description, event.is_delivered, event.delivered_date)
    assert [1] == list(short.blocks[0].deliveries)


def test_deliveries_with_their_times_need_no_event(now: datetime) -> None:
    """As a feed has them that tells of nothing else."""
    shape = _shape(Field.ORDER_ID, Field.INVOICE_NUMBER, Field.DELIVERED_DATE, Field.DELIVERED_TIME)
    rows = [("1-01", "0001", "06/03/2026", "10:00"), ("1-01", "0002", "07/03/2026", "")]
    [block] = _Ways(FeedSettings(), now=now).check(_entries(shape, rows)).blocks
    assert {0: "2026-03-06 10:00", 1: "2026-03-07 00:00"} == block.deliveries
    assert [("", "", "", "")] * 2 == list(zip(block.dates, block.descriptions, block.cities, block.states, strict=True))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("01", ("Entregue", True)),
        (" 02", ("Saiu", False)),
        ("05", ("ok", False)),
        ("77", ("ok", False)),
        ("99", ("ok", False)),
        ("", ("ok", False)),
    ],
)
def test_events_by_their_codes_go_the_short_way(now: datetime, *, code: str, expected: tuple[str, bool]) -> None:
    """What they mean is looked up once, and looked at as any record is."""
    ways = _Ways(FeedSettings(mapping=FeedMapping(codes=CODES)), now=now)
    rows = [("1-01", "0001", "2026-03-05", "ok", one) for one in (code, "77", code)]
    short = ways.check(_entries(_shape(*USUAL, Field.EVENT_CODE), rows))
    assert [3] == [len(block.places) for block in short.blocks]
    assert [expected, ("ok", False), expected] == [(event.description, event.is_delivered) for event in short.events]


def test_what_goes_back_takes_the_long_way(now: datetime) -> None:
    """It says more than an event."""
    ways = _Ways(FeedSettings(mapping=FeedMapping(codes=CODES)), now=now)
    rows = [("1-01", "0001", "2026-03-05", "ok", code) for code in ("02", "03")]
    short = ways.short(_entries(_shape(*USUAL, Field.EVENT_CODE), rows))
    assert ([], 2) == (short.events, len(short.given_back))


@pytest.mark.parametrize("left_out", [1, 3])
def test_what_a_mapping_leaves_out_is_counted_and_holds_up_no_others(now: datetime, *, left_out: int) -> None:
    """By its code or by its column; where nothing else is left, there is nothing."""
    by_code = FeedSettings(mapping=FeedMapping(codes=CODES))
    by_column = FeedSettings(mapping=FeedMapping(skips={Field.EVENT_CODE: ("04",)}))
    for settings in (by_code, by_column):
        ways = _Ways(settings, now=now)
        rows = [("1-01", "0001", "2026-03-05", "ok", code) for code in ["04"] * left_out + ["01"] * (3 - left_out)]
        short = ways.short(_entries(_shape(*USUAL, Field.EVENT_CODE), rows))
        assert (3 - left_out, 0, left_out) == (len(short.events), len(short.given_back), ways.tally.skipped)


def test_a_city_with_its_state_goes_the_short_way(now: datetime) -> None:
    """A state of its own comes first."""
    shape = _shape(*USUAL, Field.CITY_STATE, Field.STATE)
    rows = [("1-01", "0001", "2026-03-05", "ok", "Itu/SP", state) for state in ("", "PR")]
    short = _Ways(FeedSettings(), now=now).check(_entries(shape, rows))
    assert [("Itu", "SP"), ("Itu", "PR")] == [(event.city, event.state) for event in short.events]


def test_ids_that_are_whole_numbers_go_the_short_way(now: datetime) -> None:
    """As JSON may have them; they are exact, but a zero may have been meant for nothing."""
    rows = [(7, number, "2026-03-05", "ok") for number in (30711, "000030712", 10**43)]
    [block] = _Ways(FeedSettings(), now=now).check(_entries(_shape(*USUAL), rows)).blocks
    assert (["7"] * 3, ["30711", "000030712", str(10**43)]) == (block.order_ids, block.invoice_numbers)


def test_entries_of_several_shapes_go_the_short_way_together(now: datetime) -> None:
    """As objects have keys that others have not."""
    shapes = (
        _shape(*USUAL),
        _shape(*USUAL, Field.CITY),
        _shape(Field.ORDER_ID, Field.INVOICE_NUMBER, Field.DELIVERED_DATE),
    )
    rows = (("1-01", "1", "2026-03-05", "ok"), ("1-01", "1", "2026-03-05", "ok", None), ("1-01", "1", "2026-03-05"))
    entries = [Entry(2 + index, shape, row) for index, (shape, row) in enumerate([*zip(shapes, rows, strict=True)] * 2)]
    assert [6] == [len(block.places) for block in _Ways(FeedSettings(), now=now).check(entries).blocks]


def test_an_entry_alone_is_given_back(now: datetime) -> None:
    """It has a problem, or comes from where nothing comes fast."""
    alone = Entry(
        2, _shape(*USUAL), ("1-01", "0001", "2026-03-05", "ok"), problem=ValueProblem(DefectCode.BAD_DATE, "x")
    )
    assert [alone] == list(_Ways(FeedSettings(), now=now).plain.read([alone]))


def test_a_shape_without_an_order_has_no_short_way(now: datetime) -> None:
    """Its orders are found in a map of invoices."""
    shape = _shape(Field.INVOICE_NUMBER, Field.DATE, Field.DESCRIPTION)
    short = _Ways(FeedSettings(), now=now).short(_entries(shape, [("0001", "2026-03-05", "ok")] * 20))
    assert (0, 20) == (len(short.blocks), len(short.given_back))


def test_what_the_short_way_remembers_does_not_grow(now: datetime) -> None:
    """A feed that says nothing twice is remembered no longer than any other."""
    ways = _Ways(FeedSettings(), now=now)
    for start in range(0, KEPT_MAX + 1000, 500):
        rows = [
            ("1", "2", f"2026-03-05 10:00:07.{number:06}", f"step {number}") for number in range(start, start + 500)
        ]
        assert 500 == len(ways.short(_entries(_shape(*USUAL), rows)).events)
    reader = ways.plain
    assert max(len(reader._texts), len(reader._moments._kept)) <= KEPT_MAX
    long = [
        ("1", "2", "2026-03-05", "x" * (KEPT_CHARACTERS_MAX + 1)),
        ("1", "2", " " * KEPT_CHARACTERS_MAX + "2026-03-05", "x"),
    ]
    assert [] == list(chain.from_iterable(ways.short(_entries(_shape(*USUAL), [row])).events for row in long))
