"""The short way of plain records gives what the long way gives, or leaves the record to it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import pytest
from attrs import asdict
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.columns import Field, find_columns
from vtex_tracking.feed.defects import DefectCode, ValueProblem
from vtex_tracking.feed.entries import Entry, Shape
from vtex_tracking.feed.mapped import Mapper
from vtex_tracking.feed.plain import PlainReader
from vtex_tracking.feed.records import RecordReader
from vtex_tracking.feed.tally import Tally
from vtex_tracking.feed.values import KEPT_CHARACTERS_MAX, KEPT_MAX
from vtex_tracking.model import TrackingEvent
from vtex_tracking.settings import Code, FeedMapping, FeedSettings

if TYPE_CHECKING:
    from datetime import datetime

USUAL: Final = (Field.ORDER_ID, Field.INVOICE_NUMBER, Field.DATE, Field.DESCRIPTION)
VALUES: Final[dict[Field, list[object]]] = {
    Field.ORDER_ID: ["1-01", "v12", "1.5", "1.0", "a.b", "", "-1", "1 ", "x" * 65, 7, True],
    Field.INVOICE_NUMBER: ["0001", "7-A", "1,0", None, 12],
    Field.DATE: [
        "2026-03-05", "2026-03-05 10:00:07", "2026-03-05T10:00:07", "05/03/2026 10:00", "2026-02-30 10:00:07", "03/25/2026",
        "2026-03-05 24:00:00", "2026-03-05 10:00:07-03:00", "1999-03-05 10:00:07", "2099-12-31 23:59:59", "05/03/2026 10:00:07",
        "25/12/2026", "2026-11-23 12:00:00", "2026-11-24 12:00:01", "2026-11-24 11:00:00-03:00", "", None, " ", " " * (KEPT_CHARACTERS_MAX + 1), "#N/D", 5,
    ],
    Field.TIME: ["", "10:00", "10:00:07", "25:00", None],
    Field.DESCRIPTION: ["ok", "Objeto em trânsito", "Sa\u0303o", " ok", "ok\x07", "####", "", "a\tb", "\ud800", None, 5],
    Field.CITY: ["", "Curitiba", "Curitiba ", "x" * 301, None],
    Field.STATE: ["", "PR", "#REF!", ["PR"]],
    Field.CITY_STATE: ["", "Curitiba/PR", "Embu - Guaçu - SP", "Itu", "Itu/", " Itu/SP", "Ita\u0303o/SP", None, 0, 5],
    Field.IS_DELIVERED: ["", "não", "Não", "NAO", "0", False, 0, 0.0, None, "sim", "S", "talvez", True, 1, []],
    Field.DELIVERED_DATE: [
        "", None, "05/03/2026", "2026-03-05 10:00:07", "2026-03-05T10:00", "2026-11-23 12:00:01", "2026-11-24 12:00:01", "2026-11-25",
        "2026-11-24 11:00:00-03:00", "2026-11-24 11:00:00+03:00", "2026-03-05 10:00:07.5", "31/02/2026", 0,
    ],
    Field.DELIVERED_TIME: ["", "10:00", "10:00:07", "25:00", None],
    Field.EVENT_CODE: ["", None, "01", " 02", "03", "04", "05", "99", 0],
    Field.TRACKING_NUMBER: ["", "QB1BR", 3],
    Field.VOLUME: ["", None, "1/2", 0],
    Field.VOLUMES: ["", None, "2", 0],
}  # fmt: skip
CODES: Final = {
    "01": Code(text="Entregue", is_delivered=True),
    "02": Code(text="Saiu"),
    "03": Code(text="Devolvido", is_returned=True),
    "04": Code(is_skipped=True),
    "05": Code(),
}
SETTINGS: Final = [
    FeedSettings(),
    FeedSettings(timezone="America/Sao_Paulo"),
    FeedSettings(to_timezone="America/Sao_Paulo"),
    FeedSettings(date_formats=("%Y-%d-%m %H:%M:%S", "%d/%m/%Y")),
    FeedSettings(mapping=FeedMapping(constants={"city": "Itu"})),
    FeedSettings(mapping=FeedMapping(invoice_digits=9)),
    FeedSettings(mapping=FeedMapping(constants={"order_id": "2-02", "volume": "1"})),
    FeedSettings(mapping=FeedMapping(templates={"description": "{description} ({city})"})),
    FeedSettings(mapping=FeedMapping(skips={"state": ("PR",)})),
    FeedSettings(mapping=FeedMapping(codes=CODES)),
]


class _Ways:
    """Both ways of one feed."""

    def __init__(self, settings: FeedSettings, *, now: datetime) -> None:
        self.tally = Tally()
        self._records = RecordReader(now=now, settings=settings, tally=self.tally)
        self._mapper = Mapper("feed", settings.mapping, {"99": Code(text="Em rota")})
        self.plain = PlainReader(self._mapper, self._records, settings)

    def short(self, entry: Entry) -> TrackingEvent | None:
        return self.plain.read(entry, place="feed:2")

    def long(self, entry: Entry) -> TrackingEvent | None:
        try:
            record = self._mapper.record(entry)
            return None if record is None else self._records.read(record, place="feed:2")
        except ValueProblem:
            return None


def _shape(*fields: Field) -> Shape:
    return Shape(columns=find_columns(fields, mapping={}))


def _entries(fields: list[Field]) -> st.SearchStrategy[list[Entry]]:
    shape = _shape(*fields)
    row = st.tuples(*(st.sampled_from([VALUES[field][0]] * 20 + VALUES[field]) for field in fields))
    return st.lists(row.map(lambda values: Entry(2, shape, values)), min_size=1, max_size=20)


ENTRIES: Final = st.lists(st.sampled_from([*VALUES]), unique=True).map(
    lambda more: list(dict.fromkeys([*USUAL, *more]))
)


@given(entries=ENTRIES.flatmap(_entries), settings=st.sampled_from(SETTINGS))
def test_the_short_way_gives_what_the_long_way_gives(
    now: datetime, *, entries: list[Entry], settings: FeedSettings
) -> None:
    """Or nothing: a defect, a count of what was mended and whatever is not plain are left to the long way."""
    ways = _Ways(settings, now=now)
    for entry in entries:
        event = ways.short(entry)
        if event is not None:
            assert ways.long(entry) == event
            assert TrackingEvent(**asdict(event)) == event
    assert 0 == ways.tally.cut_descriptions


@pytest.mark.parametrize("settings", SETTINGS)
def test_one_value_that_is_not_plain_is_enough_for_the_long_way(now: datetime, *, settings: FeedSettings) -> None:
    """Every such value for itself, in a record that is plain otherwise."""
    for field, values in VALUES.items():
        fields = list(dict.fromkeys([*USUAL, field]))
        ways, shape = _Ways(settings, now=now), _shape(*fields)
        for value in values:
            entry = Entry(2, shape, [value if one is field else VALUES[one][0] for one in fields])
            event = ways.short(entry)
            assert event is None or ways.long(entry) == event


def test_dates_and_the_times_beside_them_are_read_together(now: datetime) -> None:
    """Each of one with each of the other; a time is never left out."""
    shape = _shape(*USUAL, Field.TIME)
    for settings in SETTINGS:
        ways = _Ways(settings, now=now)
        for date, time in product(VALUES[Field.DATE], VALUES[Field.TIME]):
            entry = Entry(2, shape, ("1-01", "0001", date, "ok", time))
            event = ways.short(entry)
            assert event is None or ways.long(entry) == event


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2026-03-05 10:00:07", "2026-03-05 10:00:07"),
        ("2026-03-05T10:00:07", "2026-03-05 10:00:07"),
        ("05/03/2026 10:00", "2026-03-05 10:00:00"),
        ("2026-03-05", "2026-03-05"),
    ],
)
def test_most_records_go_the_short_way(now: datetime, *, written: str, sent: str) -> None:
    """Again and again, with the columns that feeds have and leave empty."""
    shape = _shape(*USUAL, Field.CITY, Field.IS_DELIVERED, Field.DELIVERED_DATE)
    ways = _Ways(FeedSettings(), now=now)
    for said in ("", "Não", False):
        event = ways.short(Entry(2, shape, ("1-01", "0001", written, "ok", "Itu", said, "")))
        assert event is not None
        assert (sent, "Itu", "feed:2") == (event.date, event.city, event.place)
        with pytest.raises(FrozenInstanceError):
            event.city = "Salto"  # type: ignore[misc]


@pytest.mark.parametrize("event_date", ["2026-03-05 10:00:07", "2026-11-24 12:00:01", "", None])
def test_event_and_delivery_are_weighed_together(now: datetime, *, event_date: str | None) -> None:
    """Either may be there alone, and a delivery must have been, at a date of its own or its event's."""
    shape = _shape(*USUAL, Field.IS_DELIVERED, Field.DELIVERED_DATE)
    ways = _Ways(FeedSettings(), now=now)
    fields = (("ok", ""), VALUES[Field.IS_DELIVERED], VALUES[Field.DELIVERED_DATE])
    events = 0
    for description, said, delivered in product(*fields):
        entry = Entry(2, shape, ("1-01", "0001", event_date, description, said, delivered))
        event = ways.short(entry)
        assert event is None or ways.long(entry) == event
        events += event is not None
    assert events > 0


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
    """With an event or without, in the forms that feeds have."""
    shape = _shape(*USUAL, Field.IS_DELIVERED, Field.DELIVERED_DATE)
    event = _Ways(FeedSettings(), now=now).short(Entry(2, shape, ("1-01", "0001", *values)))
    assert event is not None
    assert expected == (event.date, event.description, event.is_delivered, event.delivered_date)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("01", ("Entregue", True)),
        (" 02", ("Saiu", False)),
        ("05", ("ok", False)),
        ("77", ("ok", False)),
        ("", ("ok", False)),
    ],
)
def test_events_by_their_codes_go_the_short_way(now: datetime, *, code: str, expected: tuple[str, bool]) -> None:
    """What the mapping makes of them is looked at as any record is."""
    ways = _Ways(FeedSettings(mapping=FeedMapping(codes=CODES)), now=now)
    event = ways.short(Entry(2, _shape(*USUAL, Field.EVENT_CODE), ("1-01", "0001", "2026-03-05", "ok", code)))
    assert event is not None
    assert expected == (event.description, event.is_delivered)


@pytest.mark.parametrize("code", ["03", "04"])
def test_what_goes_back_or_is_left_out_takes_the_long_way(now: datetime, *, code: str) -> None:
    """Neither is an event as most are."""
    ways = _Ways(FeedSettings(mapping=FeedMapping(codes=CODES)), now=now)
    assert ways.short(Entry(2, _shape(*USUAL, Field.EVENT_CODE), ("1-01", "0001", "2026-03-05", "ok", code))) is None


def test_a_city_with_its_state_goes_the_short_way(now: datetime) -> None:
    """A state of its own comes first."""
    ways = _Ways(FeedSettings(), now=now)
    shape = _shape(*USUAL, Field.CITY_STATE, Field.STATE)
    events = [
        ways.short(Entry(2, shape, ("1-01", "0001", "2026-03-05", "ok", "Itu/SP", state))) for state in ("", "PR")
    ]
    assert [("Itu", "SP"), ("Itu", "PR")] == [(event.city, event.state) for event in events if event is not None]


def test_an_entry_with_a_problem_has_no_short_way(now: datetime) -> None:
    """Whatever its values are."""
    entry = Entry(2, _shape(*USUAL), ("1-01", "0001", "2026-03-05", "ok"))
    ways = _Ways(FeedSettings(), now=now)
    assert ways.short(entry) is not None
    assert ways.short(entry._replace(problem=ValueProblem(DefectCode.BAD_DATE, "is bad"))) is None


def test_a_shape_without_an_order_has_no_short_way(now: datetime) -> None:
    """Its orders are found in a map of invoices."""
    shape = _shape(Field.INVOICE_NUMBER, Field.DATE, Field.DESCRIPTION)
    assert _Ways(FeedSettings(), now=now).short(Entry(2, shape, ("0001", "2026-03-05", "ok"))) is None


def test_what_the_short_way_remembers_does_not_grow(now: datetime) -> None:
    """A feed that says nothing twice, in ever other columns, is remembered no longer than any other."""
    plain = _Ways(FeedSettings(), now=now).plain
    for number in range(KEPT_MAX + 10):
        values = ("1", "2", f"05.03.{2000 + number % 100} {number % 24}:{number // 100:02}", f"step {number}")
        shape = _shape(*USUAL) if number % 100 else Shape(columns=find_columns([*USUAL, f"x{number}"], mapping={}))
        plain.read(Entry(2, shape, values), place="")
    assert (
        plain.read(Entry(2, _shape(*USUAL), ("1", "2", "2026-03-05", "x" * (KEPT_CHARACTERS_MAX + 1))), place="")
        is None
    )
    assert max(len(plain._texts), len(plain._dates)) <= KEPT_MAX
    assert len(plain._plans) <= 16
