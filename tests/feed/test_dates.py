"""Dates are ISO, day first, or as the user says; nothing is guessed."""

from __future__ import annotations

import time as systime
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.dates import add_time, check_not_ahead, in_utc, in_zone, read_date
from vtex_tracking.feed.defects import DefectCode, MonthFirstDate, ValueProblem
from vtex_tracking.model import event_date

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


def _code(read: object, *args: object, **options: object) -> DefectCode:
    assert callable(read)
    with pytest.raises(ValueProblem) as caught:
        read(*args, field="x", **options)
    assert not isinstance(caught.value, MonthFirstDate)
    assert caught.value.field == "x"
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-05", "2026-03-05"),
        (" 2026-03-05 ", "2026-03-05"),
        ("2026-03-05T14:30", "2026-03-05 14:30:00"),
        ("2026-03-05 14:30:15", "2026-03-05 14:30:15"),
        ("2026-03-05T14:30:15Z", "2026-03-05 14:30:15+00:00"),
        ("2026-03-05T14:30:15-03:00", "2026-03-05 14:30:15-03:00"),
        ("2026-03-05T14:30:15-0300", "2026-03-05 14:30:15-03:00"),
        ("2026-03-05T14:30:15.1234567+00:00", "2026-03-05 14:30:15.123456+00:00"),
        ("2026-03-05T14:30:15.5", "2026-03-05 14:30:15.500000"),
        ("05/03/2026", "2026-03-05"),
        ("5/3/2026", "2026-03-05"),
        ("05.03.2026 14:30", "2026-03-05 14:30:00"),
        ("05-03-2026 14:30:15", "2026-03-05 14:30:15"),
        ("29/02/2028", "2028-02-29"),
        ("31/12/2026", "2026-12-31"),
        ("05/12/2026", "2026-12-05"),
    ],
)
def test_a_date_is_iso_or_day_first(text: str, expected: str) -> None:
    """The time and the offset are kept as the carrier wrote them."""
    moment = read_date(text, field="x")
    assert moment is not None
    assert expected == event_date(moment)


@pytest.mark.parametrize("value", ["", "  ", None])
def test_an_empty_date_is_none(value: object) -> None:
    """Nothing said is not a problem here."""
    assert read_date(value, field="x") is None


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2026-02-30", "bad_date"),
        ("31/02/2026", "bad_date"),
        ("02/30/2026", "bad_date"),
        ("05/99/2026", "bad_date"),
        ("00/01/2026", "bad_date"),
        ("13/13/2026", "bad_date"),
        ("17/03/2026 25:00", "bad_date"),
        ("2026-03-05T24:00", "bad_date"),
        ("2026-03-05T14:30+99:00", "bad_date"),
        ("05/03/26", "bad_date"),
        ("05/03-2026", "bad_date"),
        ("1772409600", "bad_date"),
        ("20260305", "bad_date"),
        ("2026-W10-1", "bad_date"),
        ("2026/03/05", "bad_date"),
        ("ontem", "bad_date"),
        ("\u0660\u0665/\u0660\u0663/\u0662\u0660\u0662\u0666", "bad_date"),
        ("\ud800", "bad_date"),
        (1772409600, "bad_date"),
        (True, "bad_date"),
        ([], "bad_date"),
        ("#N/D", "spreadsheet_error"),
        ("1999-12-31", "date_range"),
        ("31/12/1999", "date_range"),
        ("9999-12-31", "date_range"),
        ("0001-01-01T00:00:00", "date_range"),
    ],
)
def test_anything_else_is_a_problem(value: object, code: str) -> None:
    """An impossible date, an epoch, and a year that says "never" are no dates."""
    assert code == _code(read_date, value)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("12/31/2026", "%m/%d/%Y"),
        ("12-31-2026", "%m-%d-%Y"),
        ("3/13/2026 10:00", "%m/%d/%Y %H:%M"),
        ("3/13/2026 10:00:59", "%m/%d/%Y %H:%M:%S"),
    ],
)
def test_a_date_that_only_month_first_can_read_puts_the_feed_in_doubt(text: str, form: str) -> None:
    """It says so with the format that would read it."""
    with pytest.raises(MonthFirstDate, match=f'--date-format "{form}"') as caught:
        read_date(text, field="x")
    assert (DefectCode.BAD_DATE, "x") == (caught.value.code, caught.value.field)
    assert read_date(text, field="x", formats=(form,)) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03/13/2026", "2026-03-13"),
        ("04/03/2026", "2026-04-03"),
        ("20260305 1430", "2026-03-05 14:30:00"),
        ("20260305 02:30 PM", "2026-03-05 14:30:00"),
        ("2026-03-05", "2026-03-05"),
    ],
)
def test_a_format_that_the_user_names_wins(text: str, expected: str) -> None:
    """The first that fits is taken, and ISO is always understood."""
    moment = read_date(text, field="x", formats=("%m/%d/%Y", "%Y%m%d %H%M", "%Y%m%d %I:%M %p"))
    assert moment is not None
    assert expected == event_date(moment)


def test_with_a_format_named_day_first_is_not_tried() -> None:
    """Where month comes first, the 13th month is a defect, not another guess."""
    assert "bad_date" == _code(read_date, "13/03/2026", formats=("%m/%d/%Y",))
    assert "date_range" == _code(read_date, "12/31/1999", formats=("%m/%d/%Y",))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1122026", "%d%m%Y"),
        ("112026", "%d%m%Y"),
        ("2026311", "%Y%m%d"),
        ("20260305 11500", "%Y%m%d %H%M%S"),
        ("05/03/2026 115", "%d/%m/%Y %H%M"),
        ("5/3/2026 11:500", "%d/%m/%Y %H:%M%S"),
        ("26 111", "%y %m%d"),
    ],
)
def test_numbers_side_by_side_have_all_their_digits(text: str, form: str) -> None:
    """Where a zero was lost nobody knows where one ends and the next begins."""
    assert "bad_date" == _code(read_date, text, formats=(form,))


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("01122026", "%d%m%Y", "2026-12-01"),
        ("20260305115001123", "%Y%m%d%H%M%S%f", "2026-03-05 11:50:01.123000"),
        ("20260305115001-03:00", "%Y%m%d%H%M%S%z", "2026-03-05 11:50:01-03:00"),
        ("5/3/2026 9:05", "%d/%m/%Y %H:%M", "2026-03-05 09:05:00"),
        ("5mar2026", "%d%b%Y", "2026-03-05"),
        ("2026064", "%Y%j", "2026-03-05"),
        ("5%3%2026", "%d%%%m%%%Y", "2026-03-05"),
    ],
)
def test_what_stands_apart_needs_no_zero(text: str, form: str, expected: str) -> None:
    """Nor do a fraction and a zone have one length only."""
    moment = read_date(text, field="x", formats=(form,))
    assert moment is not None
    assert expected == event_date(moment)


def test_a_format_that_needs_more_digits_leaves_the_text_to_the_next() -> None:
    """As one does that does not fit at all."""
    moment = read_date("112026", field="x", formats=("%d%m%Y", "%m%d%y"))
    assert date(2026, 11, 20) == moment


def test_a_format_is_shown_without_its_control_characters() -> None:
    """A message is one line, whatever the user's format holds."""
    with pytest.raises(ValueProblem, match=r"expected %d/%m/%Y\\t%H:%M or yyyy-mm-dd") as caught:
        read_date("x", field="x", formats=("%d/%m/%Y\t%H:%M",))
    assert caught.value.problem.isprintable()


@pytest.mark.parametrize(
    ("read", "problem"),
    [
        (
            partial(read_date, "2026-02-30"),
            '"2026-02-30" is not a date; expected dd/mm/yyyy or yyyy-mm-dd, with hh:mm or hh:mm:ss if the time is known',
        ),
        (
            partial(read_date, "12/31/1999", formats=("%m/%d/%Y",)),
            '"12/31/1999" is not a year from 2000 to 2099; check the date',
        ),
        (partial(add_time, date(2026, 3, 5), "14h30"), '"14h30" is not a time; expected hh:mm or hh:mm:ss'),
        (
            partial(add_time, datetime(2026, 3, 5, 10, 0), "14:30"),  # noqa: DTZ001
            '"14:30" is another time than the date\'s own, 10:00:00; leave one of them empty',
        ),
        (
            partial(check_not_ahead, date(2026, 3, 7), now=datetime(2026, 3, 5, tzinfo=UTC)),
            "2026-03-07 is still to come, so nothing was delivered then; is it the promised date?",
        ),
    ],
)
def test_a_problem_says_what_is_wrong_and_what_to_do(read: Callable[..., object], problem: str) -> None:
    """In words that a user can act on."""
    with pytest.raises(ValueProblem) as caught:
        read(field="x")
    assert problem == caught.value.problem


@given(MOMENTS, st.sampled_from(["%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]))
def test_a_moment_reads_back_in_every_form(moment: datetime, form: str) -> None:
    """What is written is what is read."""
    assert moment == read_date(moment.strftime(form), field="x")
    assert moment == read_date(moment.strftime(form), field="x", formats=(form,))


@given(st.text(st.sampled_from("0123456789/-.:T +Z ")) | st.text())
def test_any_text_is_a_date_or_a_problem(text: str) -> None:
    """Nothing else is ever raised, and a date is one that an event can have."""
    try:
        moment = read_date(text, field="x")
    except ValueProblem:
        return
    assert moment is None or event_date(moment)


@pytest.mark.parametrize(
    ("moment", "text", "expected"),
    [
        (date(2026, 3, 5), "14:30", "2026-03-05 14:30:00"),
        (date(2026, 3, 5), " 4:30:15 ", "2026-03-05 04:30:15"),
        (date(2026, 3, 5), "", "2026-03-05"),
        (datetime(2026, 3, 5), "14:30", "2026-03-05 14:30:00"),  # noqa: DTZ001
        (datetime(2026, 3, 5, 14, 30), "14:30", "2026-03-05 14:30:00"),  # noqa: DTZ001
        (datetime(2026, 3, 5, tzinfo=UTC), "14:30", "2026-03-05 14:30:00+00:00"),
    ],
)
def test_a_time_of_its_own_completes_the_day(moment: date, text: str, expected: str) -> None:
    """Midnight in the date is how a spreadsheet writes a date without a time."""
    assert expected == event_date(add_time(moment, text, field="x"))


@pytest.mark.parametrize("text", ["25:00", "14h30", "1430", "14:60", "meio-dia", 1430])
def test_what_is_no_time_is_a_problem(text: object) -> None:
    """A time is hh:mm or hh:mm:ss."""
    assert "bad_date" == _code(add_time, date(2026, 3, 5), text)
    assert "spreadsheet_error" == _code(add_time, date(2026, 3, 5), "#N/D")


def test_two_times_that_differ_are_a_problem() -> None:
    """No one knows which is right."""
    assert "bad_date" == _code(add_time, datetime(2026, 3, 5, 10, 0), "14:30")  # noqa: DTZ001


def test_a_zone_is_given_only_to_times_that_have_none() -> None:
    """What the carrier wrote stays; a day has no offset."""
    zone = ZoneInfo("America/Sao_Paulo")
    assert "2026-03-05 14:30:00-03:00" == event_date(in_zone(datetime(2026, 3, 5, 14, 30), zone))  # noqa: DTZ001
    assert "2026-03-05 14:30:00+00:00" == event_date(in_zone(datetime(2026, 3, 5, 14, 30, tzinfo=UTC), zone))
    assert "2026-03-05 14:30:00" == event_date(in_zone(datetime(2026, 3, 5, 14, 30), None))  # noqa: DTZ001
    assert date(2026, 3, 5) == in_zone(date(2026, 3, 5), zone)


def test_moments_are_compared_in_utc() -> None:
    """A day is its midnight, and a time without an offset counts as UTC."""
    assert datetime(2026, 3, 5, tzinfo=UTC) == in_utc(date(2026, 3, 5))
    assert datetime(2026, 3, 5, 1, tzinfo=UTC) == in_utc(datetime(2026, 3, 5, 1))  # noqa: DTZ001
    assert datetime(2026, 3, 5, 4, tzinfo=UTC) == in_utc(datetime.fromisoformat("2026-03-05T01:00-03:00"))


def test_the_zone_of_this_machine_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed means the same wherever it is read."""
    monkeypatch.setenv("TZ", "<-03>3")
    systime.tzset()
    try:
        found = [in_utc(datetime(2026, 3, 5, 1)), in_utc(datetime.fromisoformat("2026-03-05T01:00-03:00"))]  # noqa: DTZ001
    finally:
        monkeypatch.undo()
        systime.tzset()
    assert ["2026-03-05T01:00:00+00:00", "2026-03-05T04:00:00+00:00"] == [moment.isoformat() for moment in found]


def test_nothing_was_delivered_more_than_a_day_from_now(now: datetime) -> None:
    """24 hours ahead may be another zone; more is a promise."""
    check_not_ahead(now + timedelta(hours=24), now=now, field="x")
    check_not_ahead(datetime.combine(now.date(), time(23, 59)), now=now, field="x")
    assert "date_range" == _code(check_not_ahead, now + timedelta(hours=24, seconds=1), now=now)


def test_the_same_text_may_be_two_dates() -> None:
    """What was read of it before counts only for the same forms."""
    text = "05/03/2026"
    american = ("%m/%d/%Y",)
    found = [read_date(text, field="x"), read_date(text, field="x", formats=american), read_date(text, field="x")]
    assert [date(2026, 3, 5), date(2026, 5, 3), date(2026, 3, 5)] == found


@pytest.mark.parametrize("text", ["31/02/2026", "12/31/2026", "05/03/1999"])
def test_a_bad_date_is_bad_every_time(text: str) -> None:
    """With the field that it stands in now."""
    for field in ("date", "delivered_date", "date"):
        with pytest.raises(ValueProblem) as caught:
            read_date(text, field=field)
        assert field == caught.value.field


def test_spaces_around_a_time_do_not_count() -> None:
    """However many there are."""
    assert datetime(2026, 3, 5, 8, 15) == add_time(date(2026, 3, 5), f"{' ' * 100}08:15 ", field="x")  # noqa: DTZ001
