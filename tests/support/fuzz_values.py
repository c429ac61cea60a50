"""What holds for the readers of single values, whatever text they are given; a check raises where a rule is broken."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from vtex_tracking.feed import DefectCode
from vtex_tracking.feed.dates import add_time, in_utc, in_zone, read_date
from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.formats.objects import parse_object
from vtex_tracking.feed.lines import Line
from vtex_tracking.feed.values import count_stripped, cut_text, read_bool, read_id, read_text, split_city_state
from vtex_tracking.model import DESCRIPTION_CHARACTERS_MAX, clean_text, delivered_date, event_date

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ID_ENDS: Final = frozenset(string.ascii_letters + string.digits)
ID_CHARACTERS: Final = ID_ENDS | set("-_.")
LINE_BREAKS: Final = frozenset("\t\r\n")
DATE_FORMATS: Final[tuple[tuple[str, ...], ...]] = ((), ("%m/%d/%Y", "%d.%m.%y %H:%M:%S"), ("%A, %d %B %Y %I:%M %p",))
ZONE: Final = ZoneInfo("America/Sao_Paulo")
YES: Final = frozenset(("true", "1", "sim", "s", "yes", "y", "verdadeiro"))
FIELD: Final = "field"
PROBLEM_CHARACTERS_MAX: Final = 1200  # 80 of them from outside, each escaped as ten


def check_ids(data: bytes) -> None:
    """An id is what was written, from the allow-list, or a problem."""
    for value in _values(data):
        try:
            text = read_id(value, field=FIELD)
        except ValueProblem as problem:
            _check_problem(problem)
        else:
            assert text == str(value)
            check_id(text)


def check_id(text: str) -> None:
    """An id holds only what is safe in an address."""
    assert 1 <= len(text) <= 64, text
    assert set(text) <= ID_CHARACTERS, text
    assert {text[0], text[-1]} <= ID_ENDS, text


def check_booleans(data: bytes) -> None:
    """Only what the table holds is true, and only what is empty is not said."""
    for value in _values(data):
        try:
            found = read_bool(value, field=FIELD)
        except ValueProblem as problem:
            _check_problem(problem)
        else:
            text = "" if value is None else str(value).strip().casefold()
            assert (found is None, found is True) == (text == "", text in YES), value


def check_texts(data: bytes) -> None:
    """A text is short and clean, however it was written, or it is a problem."""
    for value in _values(data):
        try:
            text = read_text(value, field=FIELD, characters_max=DESCRIPTION_CHARACTERS_MAX)
            cut = cut_text(str(value), field=FIELD, characters_max=DESCRIPTION_CHARACTERS_MAX)
        except ValueProblem as problem:
            _check_problem(problem)
        else:
            assert len(cut) <= DESCRIPTION_CHARACTERS_MAX
            assert text == read_text(text, field=FIELD, characters_max=DESCRIPTION_CHARACTERS_MAX)
            for part in (text, cut, *split_city_state(text)):
                check_text(part)


def check_text(text: str) -> None:
    """A text that was read can be written anywhere, and reads the same once more."""
    assert all(char in LINE_BREAKS or unicodedata.category(char) not in ("Cc", "Cs") for char in text), ascii(text)
    assert unicodedata.is_normalized("NFC", text), ascii(text)
    assert text == clean_text(text), ascii(text)
    assert count_stripped(text) == 0, ascii(text)


def check_dates(data: bytes) -> None:
    """A date is a moment of our time that is written as it was read, or it is a problem."""
    for value in _values(data):
        for formats in DATE_FORMATS:
            try:
                moment = read_date(value, field=FIELD, formats=formats)
                if moment is not None:
                    _check_moment(moment)
                    _check_moment(add_time(moment, value, field=FIELD))
            except ValueProblem as problem:
                _check_problem(problem)
        for day in (NOW.date(), NOW):
            with suppress(ValueProblem):
                _check_moment(add_time(day, value, field=FIELD))


def _check_moment(moment: date | datetime) -> None:
    assert 2000 <= moment.year <= 2099
    assert moment == read_date(event_date(moment), field=FIELD)
    zoned = in_zone(moment, ZONE)
    assert abs(in_utc(zoned) - in_utc(moment)) <= timedelta(hours=3)
    datetime.fromisoformat(delivered_date(zoned))


def _values(data: bytes) -> Iterator[object]:
    """What a cell of CSV holds, and what JSON makes of it."""
    text = data.decode("utf-8", "replace")
    yield text
    with suppress(ValueProblem):
        yield parse_object(Line(1, f'{{"value":{text}}}\n')).get("value")


def _check_problem(problem: ValueProblem) -> None:
    assert problem.code in set(DefectCode)
    assert problem.field == FIELD
    check_shown(problem.problem)


def check_shown(text: str, *, characters_max: int = PROBLEM_CHARACTERS_MAX) -> None:
    """A text for people is short, and nothing in it moves a cursor."""
    assert text.isprintable(), ascii(text)
    assert len(text) <= characters_max, len(text)
