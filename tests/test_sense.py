"""What is doubtful about an invoice, about many of them, and about a run beside earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from vtex_tracking.facts import FactTexts
from vtex_tracking.merge import Fact, Known, Volume, gather
from vtex_tracking.model import FeedWarning, InvoiceKey, delivered_date, event_date
from vtex_tracking.sense import Crowds, Findings, Usual, doubts_of_invoice, doubts_of_run, is_beyond_doubt
from vtex_tracking.settings import Settings

KEY = InvoiceKey("1-01", "7")
NOW_S = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()
SETTINGS = Settings(account="mystore")
RETURNED = Volume(is_returned=True)


def known_of(
    *dates: str, delivered: str = "", stated: str = "", volumes: Iterable[Volume] = (), was_delivered: bool = False
) -> Known:
    """An invoice with these events, and one that says "delivered" where a date for it is given."""
    facts = [Fact(date, f"event {number}") for number, date in enumerate(dates)]
    if delivered or stated:
        facts.append(Fact(delivered, "Entregue" if delivered else "", is_delivered=True, delivered_date=stated))
    return gather(facts, volumes=volumes, was_delivered=was_delivered)


def doubts(known: Known) -> list[FeedWarning]:
    return list(doubts_of_invoice(KEY, known, place="feed.csv:2", now_s=NOW_S, settings=SETTINGS))


def codes(known: Known) -> list[str]:
    return [str(warning.code) for warning in doubts(known)]


def test_an_invoice_without_a_doubt_says_nothing() -> None:
    """Events of the past, then the delivery."""
    assert [] == codes(known_of("2026-03-01", "2026-03-02 08:15:00", delivered="2026-03-03 11:20:00"))


@pytest.mark.parametrize(
    ("date", "is_doubtful"),
    [
        ("2026-03-11 12:00:00", False),
        ("2026-03-11 12:00:01", True),
        ("2026-03-11", False),
        ("2026-03-12", True),
        ("2026-03-11 23:59:59+12:00", False),
        ("2026-03-11 09:00:01-03:00", True),
        ("2026-03-11 00:00:00-14:00", True),
        ("2026-03-10 23:00:00-14:00", True),
        ("2026-03-10 23:00:00-13:00", False),
        ("9999-12-31 23:59:59-23:59", True),
        ("0001-01-01 00:00:00+23:59", False),
    ],
)
def test_an_event_a_day_ahead_of_now_is_doubtful(date: str, *, is_doubtful: bool) -> None:
    """Now is noon of the tenth; where it is known, the offset counts."""
    assert (["event_in_future"] if is_doubtful else []) == codes(known_of("2026-03-01", date))


def test_a_warning_says_of_which_invoice_and_event() -> None:
    """The place is where the feed first speaks of it; of several events the last is named, of a long text the start."""
    (warning,) = doubts(gather([Fact("2027-01-01", "Em rota"), Fact("2027-01-02", "x" * 100)]))
    problem = f'order 1-01, invoice 7: "{"x" * 80}" of 2027-01-02 lies in the future'
    assert FeedWarning(code="event_in_future", place="feed.csv:2", problem=problem) == warning
    assert (f"feed.csv:2: {problem}", problem) == (str(warning), str(evolve(warning, place="")))


@pytest.mark.parametrize(
    ("stated", "date", "is_before"),
    [
        ("2026-03-02 08:14", "2026-03-02 08:15:00", True),
        ("2026-03-02 08:15", "2026-03-02 08:15:59", False),
        ("2026-03-02 08:15", "2026-03-02", False),
        ("2026-03-01 08:15", "2026-03-02", True),
        ("2026-03-02 00:00", "2026-03-02 23:59:59", False),
        ("2026-03-02 00:00", "2026-03-03 00:00:00", True),
        ("2026-03-02 10:00-03:00", "2026-03-02 13:00:59+00:00", False),
        ("2026-03-02 10:00-03:00", "2026-03-02 13:01:00+00:00", True),
        ("2026-03-02 10:00-03:00", "2026-03-03 13:00:00", False),
        ("2026-03-02 10:00-03:00", "2026-03-03 13:01:00", True),
        ("2026-03-02 00:00", "2026-03-04 00:00:00+00:00", True),
        ("2026-03-02 00:00", "2026-03-03 23:59:59+00:00", False),
    ],
)
def test_moments_are_compared_as_coarsely_as_they_are_known(stated: str, date: str, *, is_before: bool) -> None:
    """A day by its day, a minute by its minute; a day is allowed for where one alone has an offset."""
    expected = ["delivered_before_events"] if is_before else []
    assert expected == codes(known_of(date, stated=stated))


def test_a_delivery_stands_behind_the_first_event_and_before_none() -> None:
    """Before all of them is another doubt than before some."""
    before, after = (
        known_of("2026-03-02", "2026-03-03", stated="2026-03-01 00:00"),
        known_of("2026-03-01", "2026-03-03", stated="2026-03-02 00:00"),
    )
    assert (
        'is delivered on 2026-03-01 00:00, before its first event: "event 0" of 2026-03-02' in doubts(before)[0].problem
    )
    assert ["event_after_delivery"] == codes(after)
    assert '2026-03-02 00:00, and "event 1" of 2026-03-03 comes after that' in doubts(after)[0].problem


def test_the_event_that_says_delivered_may_be_entered_later() -> None:
    """Up to a day; a volume's own as well."""
    assert [] == codes(known_of("2026-03-01", delivered="2026-03-03 11:31:00", stated="2026-03-03 11:20"))
    assert [] == codes(known_of(delivered="2026-03-04 11:20:59", stated="2026-03-03 11:20"))
    assert ["delivered_before_events"] == codes(known_of(delivered="2026-03-04 11:21:00", stated="2026-03-03 11:20"))
    volume = Volume("1", stated_date="2026-03-03 11:20", implied_date="2026-03-03 11:31:00")
    assert [] == codes(known_of("2026-03-01", "2026-03-03 11:31:00", volumes=[volume]))
    assert ["event_after_delivery"] == codes(known_of("2026-03-01", "2026-03-03 11:32:00", volumes=[volume]))


def test_what_was_delivered_without_a_date_that_is_known_has_no_order() -> None:
    """It was accepted so, and the records that said so are forgotten."""
    assert [] == codes(known_of("2026-03-02", was_delivered=True))


def test_a_delivery_and_a_return_do_not_go_together() -> None:
    """Either alone is as it should be."""
    assert [] == codes(known_of("2026-03-01", volumes=[RETURNED]))
    assert [] == codes(known_of(delivered="2026-03-01"))
    assert ["delivered_and_returned"] == codes(known_of(delivered="2026-03-01", volumes=[RETURNED]))


MOMENTS = st.one_of(
    st.dates().map(event_date),
    st.datetimes(timezones=st.none() | st.timezones()).map(event_date),
)


@given(st.lists(MOMENTS, max_size=4), MOMENTS | st.just(""), MOMENTS.map(delivered_date) | st.just(""))
def test_any_moments_can_be_compared(dates: list[str], delivered: str, stated: str) -> None:
    """From the first year to the last, with whatever offset: at most one doubt about the order."""
    found = codes(known_of(*dates, delivered=delivered, stated=stated))
    assert len(found) == len(set(found)) <= 2


NEAR = st.one_of(
    st.dates(date(2026, 3, 1), date(2026, 3, 4)).map(event_date),
    st.builds(
        "{}T{}{}".format,
        st.dates(date(2026, 3, 1), date(2026, 3, 4)),
        st.times(),
        st.sampled_from(["", "", "+00:00", "-03:00", "-23:59", "+23:59"]),
    ).map(event_date),
)


@settings(max_examples=300)
@given(st.lists(NEAR, min_size=1, max_size=3), st.none() | NEAR.map(delivered_date), st.sampled_from([0.0, NOW_S]))
def test_what_is_beyond_doubt_is_not_doubtful(dates: list[str], delivered: str | None, now_s: float) -> None:
    """Told by a glance at its last date, whatever offsets they have."""
    said = [Fact(date, f"event {number}") for number, date in enumerate(dates)]
    if delivered is not None:
        said.append(Fact(is_delivered=True, delivered_date=delivered))
    if is_beyond_doubt(max(dates), delivered=delivered, now_s=now_s, settings=SETTINGS):
        assert () == doubts_of_invoice(KEY, gather(said), place="feed.csv:2", now_s=now_s, settings=SETTINGS)


@pytest.mark.parametrize(
    ("dates", "delivered", "expected"),
    [
        (["2026-03-01", "2026-03-02 10:00:00"], None, True),
        (["2026-03-01", "2030-01-01"], None, False),
        (["2026-03-01", "2026-03-02 10:00:59"], "2026-03-02 10:00", True),
        (["2026-03-01", "2026-03-02 10:01:00"], "2026-03-02 10:00", False),
        (["2026-03-01 10:00:00-23:59", "2026-03-02"], "2026-03-02 10:00", True),
        (["2026-03-01 10:00:00", "2026-03-02"], "2026-03-03 10:00-03:00", False),
    ],
)
def test_most_invoices_are_beyond_doubt(dates: list[str], delivered: str | None, *, expected: bool) -> None:
    """Nothing lies ahead, and nothing comes after a delivery; one with an offset needs a closer look."""
    assert expected == is_beyond_doubt(max(dates), delivered=delivered, now_s=NOW_S, settings=SETTINGS)


# ---------------------------------------------------------------- many invoices


def crowd_of(*invoices: list[Fact], invoices_max: int = 2, moments_max: int = 10) -> list[FeedWarning]:
    crowds = Crowds(invoices_max=invoices_max, moments_max=moments_max)
    crowds.hear((fact.date, fact.description) for facts in invoices for fact in facts)
    texts = FactTexts()
    for _ in range(2):  # a strict run looks twice
        crowds.begin()
        for seq in sorted(range(len(invoices)), key=lambda seq: (seq != 2, seq)):  # in another order than the feed's
            crowds.count(map(texts.of, invoices[seq]), seq=seq, place=f"feed.csv:{seq + 2}")
    return list(crowds.doubts())


FACT = Fact("2026-03-01 08:15:00", "Postado")


def test_the_same_event_at_the_same_second_on_too_many_invoices_is_doubtful() -> None:
    """One warning, with how many there are, at the first of them in the feeds."""
    assert [] == crowd_of([FACT], [FACT])
    problem = '"Postado" of 2026-03-01 08:15:00 is on 3 invoices at the same second'
    expected = FeedWarning(code="same_moment", place="feed.csv:3", problem=problem)
    assert [expected] == crowd_of([Fact("2026-03-01", "x")], [FACT], [FACT], [FACT])


def test_another_text_second_or_invoice_makes_the_crowd() -> None:
    """Records of one invoice are not many; a day alone is no moment, and neither is midnight."""
    assert [] == crowd_of([FACT, FACT, FACT._replace(city="Santos")], [FACT])
    assert [] == crowd_of([FACT], [FACT], [FACT._replace(description="x")], [FACT._replace(date="2026-03-01 08:15:01")])
    for day in ("2026-03-01", "2026-03-01 00:00:00", ""):
        assert [] == crowd_of(*[[FACT._replace(date=day)]] * 5)


def test_no_more_moments_are_kept_than_allowed() -> None:
    """The first ones that were heard too often."""
    crowds = [[FACT._replace(description=f"text {number}")] for number in range(5)] * 3
    assert 5 == len(crowd_of(*crowds))
    assert 2 == len(crowd_of(*crowds, moments_max=2))


USUAL = Usual(records=(5000, 900, 1100), delivered_shares=(0.4, 0.5, 0.45))


def run_codes(
    *,
    records: int = 5000,
    invoices: int = 100,
    delivered: int = 50,
    usual: Usual = USUAL,
    settings: Settings = SETTINGS,
) -> list[str]:
    found = doubts_of_run(
        "feed.csv", records=records, invoices=invoices, delivered=delivered, usual=usual, settings=settings
    )
    return [str(warning) for warning in found]


def test_no_records_where_there_were_thousands_are_doubtful() -> None:
    """By the middle of the last runs; one large run among small ones says nothing."""
    expected = "feed.csv: holds no records, where the last runs had 1100"
    assert [expected] == run_codes(records=0, invoices=0, delivered=0)
    for records in ((), (999,), (0, 0, 5000)):
        assert [] == run_codes(records=0, invoices=0, delivered=0, usual=Usual(records=records))
    assert [] == run_codes(records=1, invoices=1, delivered=0)


@pytest.mark.parametrize(("delivered", "is_doubtful"), [(9, True), (11, False), (45, False), (79, False), (81, True)])
def test_a_share_of_delivered_far_from_that_of_each_run_is_doubtful(delivered: int, *, is_doubtful: bool) -> None:
    """More than 30 points away from the nearest."""
    expected = f"feed.csv: {delivered}% of the invoices are delivered, where the last runs had 40% to 50%"
    assert ([expected] if is_doubtful else []) == run_codes(delivered=delivered)


def test_a_share_is_compared_where_there_is_enough_of_it() -> None:
    """A hundred invoices, and three runs that had as many."""
    assert 1 == len(run_codes(invoices=100, delivered=100))
    assert [] == run_codes(invoices=99, delivered=99)
    assert [] == run_codes(delivered=100, usual=evolve(USUAL, delivered_shares=(0.4, 0.5)))


def test_all_warnings_are_counted_and_some_are_listed() -> None:
    """The first ones of each code."""
    found = Findings(2)
    warnings = [FeedWarning(code=code, place="feed.csv", problem=str(number)) for number in range(3) for code in "ab"]
    found.add(warnings)
    assert {"a": 3, "b": 3} == dict(found.counts)
    assert warnings[:4] == found.listed
