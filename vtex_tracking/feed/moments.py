"""The dates of many records at once, in the forms that most feeds have; what they say is what the long way reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.values import KEPT_CHARACTERS_MAX, KEPT_MAX
from vtex_tracking.model import event_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vtex_tracking.feed.records import RecordReader

_DAY: Final = "YYYY-MM-DD"  # as it is sent
_SECOND: Final = "YYYY-MM-DD hh:mm:ss"  # likewise
_DAYS: Final = (_DAY, "DD/MM/YYYY", "DD-MM-YYYY", "DD.MM.YYYY")
_CLOCKS: Final = ("", " hh:mm", " hh:mm:ss", "Thh:mm", "Thh:mm:ss")
_NINES: Final = bytes.maketrans(b"0123456789", b"9" * 10)
_LAST_HOUR: Final = tuple(b"23")
_LAST_TEN: Final = ord("5")  # of the minutes, and of the seconds


@frozen(kw_only=True, eq=False)
class _Form:
    """How dates are written, each with a line break behind it: where to find the digits of the form that is sent."""

    size: int
    sent: bytes
    places: tuple[tuple[int, int], ...]  # of each digit there, and here
    hour: int | None  # where it begins; None for a day
    tens: tuple[int, ...]  # of the minutes and the seconds
    is_sent: bool  # as they are


def _form(written: str) -> _Form:
    sent = _SECOND if "h" in written else _DAY
    letters = [(at, letter) for at, letter in enumerate(sent) if letter.isalpha() and letter in written]
    return _Form(
        size=len(written) + 1,
        sent=_digits(sent).replace(b"9", b"0") + b"\n",
        places=tuple((at, written.index(letter) + at - sent.index(letter)) for at, letter in letters),
        hour=written.index("h") if "h" in written else None,
        tens=tuple(written.index(letter) for letter in "ms" if letter in written),
        is_sent=written == sent,
    )


def _digits(written: str) -> bytes:
    """A form with a 9 for each digit."""
    return "".join("9" if letter in _SECOND and letter.isalpha() else letter for letter in written).encode()


_FORMS: Final = {_digits(day + clock): _form(day + clock) for day in _DAYS for clock in _CLOCKS}


class MomentReader:
    """Reads the dates of one feed, and remembers its days, and the dates that need a closer look."""

    def __init__(self, records: RecordReader) -> None:
        settings = records.settings
        self._records = records
        self._has_forms = not (settings.date_formats or settings.timezone or settings.to_timezone)
        self._days: set[str] = set()
        self._kept: dict[tuple[str, str], str] = {}

    def read(self, dates: Sequence[Any], times: Sequence[Any] | None) -> Sequence[str] | None:
        """Dates, with the times beside them, as they are sent, "" for one that is not there; None where one is odd.

        Raises TypeError for what is no text.
        """
        if times is None:
            times, written = ("",) * len(dates), dates
        else:
            written = [
                date + " " + time if time != "" and date != "" else date
                for date, time in zip(dates, times, strict=True)
            ]
        pairs = zip(dates, times, strict=True)
        text = "\n".join(written)
        if not self._has_forms:
            return self._closely(pairs)
        if not text.isascii():
            return None
        shapes = text.encode().translate(_NINES).split(b"\n")
        if len(shapes) != len(written):  # a line break in one of them
            return None
        if shapes.count(shapes[0]) == len(shapes):
            return self._in_form(written, _FORMS.get(shapes[0])) or self._closely(pairs)
        return self._mixed(shapes, written, list(pairs))

    def _mixed(
        self, shapes: Sequence[bytes], written: Sequence[str], pairs: Sequence[tuple[str, str]]
    ) -> Sequence[str] | None:
        """Those of each form for themselves, and all of no form."""
        read: list[str] = [""] * len(written)
        forms = list(map(_FORMS.get, shapes))
        for form in set(forms):
            indexes = [index for index, found in enumerate(forms) if found is form]
            some = self._in_form([written[index] for index in indexes], form) or self._closely(
                [pairs[index] for index in indexes]
            )
            if some is None:
                return None
            for index, moment in zip(indexes, some, strict=True):
                read[index] = moment
        return read

    def _in_form(self, written: Sequence[str], form: _Form | None) -> Sequence[str] | None:
        """Dates in one form; None where there is none, or a date has a part that it cannot have."""
        if form is None:
            return None
        if not all(day in self._days or self._keep_day(day) for day in {text[: len(_DAY)] for text in written}):
            return None
        lines = ("\n".join(written) + "\n").encode()
        size = form.size
        if (
            form.hour is not None
            and max(zip(lines[form.hour :: size], lines[form.hour + 1 :: size], strict=True)) > _LAST_HOUR
        ):
            return None
        if any(max(lines[ten::size]) > _LAST_TEN for ten in form.tens):
            return None
        if form.is_sent:
            return written
        sent = bytearray(form.sent * len(written))
        for place, found in form.places:
            sent[place :: len(form.sent)] = lines[found::size]
        sent.pop()
        return sent.decode().split("\n")

    def _keep_day(self, text: str) -> bool:
        """Whether the long way takes a day, which is remembered: a century has no more than 36,525 of them, in few forms."""
        if self._read(text, "") is None:
            return False
        self._days.add(text)
        return True

    def _closely(self, pairs: Iterable[tuple[str, str]]) -> Sequence[str] | None:
        """Dates in any form, as the long way reads them; None where it takes one of them for no date."""
        pairs = list(pairs)
        read: dict[tuple[str, str], str] = {}
        for pair in set(pairs):
            moment = self._kept.get(pair) or self._read(*pair) if pair[0] else ""
            if moment is None:
                return None
            read[pair] = moment
        if len(self._kept) + len(read) > KEPT_MAX:
            self._kept.clear()
        self._kept.update(read)
        return [read[pair] for pair in pairs]

    def _read(self, date: str, time: str) -> str | None:
        if len(date) + len(time) > KEPT_CHARACTERS_MAX:
            return None
        try:
            moment = self._records.read_moment(date, time, field=Field.DATE, time_field=Field.TIME)
        except ValueProblem:
            return None
        return None if moment is None else event_date(moment)
