"""Strict reading of dates: ISO 8601, day first, or as the user says; never guessed record by record."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from vtex_tracking.feed.defects import DefectCode, MonthFirstDate, ValueProblem, escaped, show
from vtex_tracking.feed.values import KEPT_CHARACTERS_MAX, KEPT_MAX, check_spreadsheet, string

if TYPE_CHECKING:
    from collections.abc import Sequence

Moment: TypeAlias = date | datetime  # a day, or a day with its time

EARLIEST_YEAR: Final = 2000
LATEST_YEAR: Final = 2099  # 9999-12-31 is how some systems say "never"
DELIVERED_AHEAD_MAX: Final = timedelta(hours=24)

_TIME: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
_ISO: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[T ]" + _TIME + r" ?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_DAY_FIRST: Final = re.compile(
    r"(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})(?:[T ]+" + _TIME + r")?", re.ASCII
)
_TIME_ONLY: Final = re.compile(_TIME, re.ASCII)
_SIDE_BY_SIDE: Final = re.compile("(?:%[dHIjmMSyY]){2,}")


def read_date(value: object, *, field: str, formats: tuple[str, ...] = ()) -> Moment | None:
    """A date is ISO 8601, or with slashes, dots or dashes day first; with formats it is one of these, or ISO.

    Nothing is guessed record by record: a date that only month-first can read raises MonthFirstDate, for then the feed
    itself is in doubt. None for an empty value.
    """
    plain = _plain_date(value, formats) if type(value) is str and len(value) <= KEPT_CHARACTERS_MAX else None
    return _read_date(value, field, formats) if plain is None else plain


@lru_cache(KEPT_MAX)
def _plain_date(text: str, formats: tuple[str, ...]) -> Moment | None:
    """What a text says that can be read as a date; None for one that needs a closer look."""
    try:
        return _read_date(text, "", formats)
    except ValueProblem:
        return None


def _read_date(value: object, field: str, formats: tuple[str, ...]) -> Moment | None:
    text = string(value, DefectCode.BAD_DATE, field).strip()
    if not text:
        return None
    check_spreadsheet(text, field)
    for form in formats:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - a zone is attached later, or none
        except ValueError:
            continue
        if _is_whole(text, moment, form):
            return _in_years(moment if _has_time(form) else moment.date(), text, field)
    if match := _ISO.fullmatch(text):
        return _in_years(_moment(match, text, field), text, field)
    if not formats and (match := _DAY_FIRST.fullmatch(text)):
        if _is_month_first(match):
            problem = f'{show(text)} can only be read month first; if the feed is so, say --date-format "{_month_first_form(match)}"'
            raise MonthFirstDate(DefectCode.BAD_DATE, problem, field=field)
        return _in_years(_moment(match, text, field), text, field)
    raise _date_problem(text, field, formats)


def _date_problem(text: str, field: str, formats: Sequence[str] = ()) -> ValueProblem:
    expected = " or ".join([*map(escaped, formats), "yyyy-mm-dd"] if formats else ["dd/mm/yyyy", "yyyy-mm-dd"])
    problem = f"{show(text)} is not a date; expected {expected}, with hh:mm or hh:mm:ss if the time is known"
    return ValueProblem(DefectCode.BAD_DATE, problem, field=field)


def _is_month_first(match: re.Match[str]) -> bool:
    try:
        date(int(match["year"]), int(match["day"]), int(match["month"]))
    except ValueError:
        return False
    return int(match["month"]) > date.max.month


def _month_first_form(match: re.Match[str]) -> str:
    form = match["mark"].join(("%m", "%d", "%Y"))
    if match["hour"] is None:
        return form
    return f"{form} %H:%M" if match["second"] is None else f"{form} %H:%M:%S"


def _is_whole(text: str, moment: datetime, form: str) -> bool:
    """Numbers with nothing between them have all their digits, or none could tell where one ends: 1122026 is no %d%m%Y."""
    return all(moment.strftime(part) in text for part in _numbers(form))


@lru_cache(KEPT_MAX)
def _numbers(form: str) -> tuple[str, ...]:
    """The parts of a format that are such numbers."""
    return tuple(_SIDE_BY_SIDE.findall(form.replace("%%", " ")))


def _has_time(form: str) -> bool:
    return "%H" in form or "%I" in form


def _moment(match: re.Match[str], text: str, field: str) -> Moment:
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        return day if match["hour"] is None else datetime.combine(day, _time(match))
    except ValueError:
        raise _date_problem(text, field) from None


def _time(match: re.Match[str]) -> time:
    # Digits past the microsecond are cut, as VTEX's own seven digits need it.
    fraction = match["fraction"]
    zone = match["zone"] if "zone" in match.re.groupindex else None
    microsecond = int(fraction.ljust(6, "0")[:6]) if fraction else 0
    return time(
        int(match["hour"]), int(match["minute"]), int(match["second"] or 0), microsecond, _zone(zone) if zone else None
    )


@lru_cache(KEPT_MAX)
def _zone(offset: str) -> tzinfo | None:
    return datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo


def _in_years(moment: Moment, text: str, field: str) -> Moment:
    if EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return moment
    problem = f"{show(text)} is not a year from {EARLIEST_YEAR} to {LATEST_YEAR}; check the date"
    raise ValueProblem(DefectCode.DATE_RANGE, problem, field=field)


def add_time(moment: Moment, value: object, *, field: str) -> Moment:
    """A time that stands in a column of its own completes its day; an empty one leaves it as it is.

    Spreadsheets write midnight into a date without a time, so midnight gives way; any other time must be the same.
    """
    text = string(value, DefectCode.BAD_DATE, field).strip()
    if not text:
        return moment
    clock = _clock(text[:KEPT_CHARACTERS_MAX])  # no time is longer
    if clock is None:
        check_spreadsheet(text, field)
        raise ValueProblem(DefectCode.BAD_DATE, f"{show(text)} is not a time; expected hh:mm or hh:mm:ss", field=field)
    if not isinstance(moment, datetime):
        return datetime.combine(moment, clock)
    if moment.time() not in (time(), clock):
        problem = f"{show(text)} is another time than the date's own, {moment.time()}; leave one of them empty"
        raise ValueProblem(DefectCode.BAD_DATE, problem, field=field)
    return datetime.combine(moment, clock, moment.tzinfo)


@lru_cache(KEPT_MAX)
def _clock(text: str) -> time | None:
    match = _TIME_ONLY.fullmatch(text)
    try:
        return None if match is None else _time(match)
    except ValueError:
        return None


def in_zone(moment: Moment, zone: tzinfo | None) -> Moment:
    """A time without an offset gets the zone's; a day has none, and a time that has one keeps it."""
    if zone is None or not isinstance(moment, datetime) or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=zone)


def moved(moment: Moment, zone: tzinfo | None) -> Moment:
    """A time that has an offset is told as another zone has it; a day, and a time of no zone, stay as they are."""
    if zone is None or not isinstance(moment, datetime) or moment.tzinfo is None:
        return moment
    return moment.astimezone(zone)


def in_utc(moment: Moment) -> datetime:
    """A moment to compare with others: a day is its midnight, and a time without an offset counts as UTC."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def check_not_ahead(moment: Moment, *, now: datetime, field: str) -> None:
    """Nothing was delivered more than 24 hours from now."""
    if in_utc(moment) > now + DELIVERED_AHEAD_MAX:
        problem = f"{moment} is still to come, so nothing was delivered then; is it the promised date?"
        raise ValueProblem(DefectCode.DATE_RANGE, problem, field=field)
