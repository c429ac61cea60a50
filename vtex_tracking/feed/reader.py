"""One feed, read once: its format, encoding and columns found, its records as values, and an account of it all."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from vtex_tracking.errors import FeedError, SettingsError
from vtex_tracking.feed.csv import DELIMITERS, read_csv
from vtex_tracking.feed.defects import escaped, show
from vtex_tracking.feed.jsonl import read_jsonl
from vtex_tracking.feed.lines import check_encoding, read_lines
from vtex_tracking.feed.mapping import check_mapping
from vtex_tracking.feed.records import RecordReader
from vtex_tracking.feed.source import Source
from vtex_tracking.feed.tally import Tally
from vtex_tracking.model import Defect, FeedInfo, TrackingEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vtex_tracking.feed.lines import Line
    from vtex_tracking.settings import FeedSettings

FORMATS: Final = ("auto", "csv", "jsonl")
_OPTION_CHARACTERS_MAX: Final = 100  # of a time zone or a date format
_MOJIBAKE_SHARE: Final = 0.01
_SAMPLE_DATE: Final = datetime(2026, 11, 23)  # noqa: DTZ001 - only to try a format on; day, month and year all differ


class FeedReader:
    """Yields every record of one feed as a TrackingEvent or a Defect, once, in constant memory.

    `name` is a path, or `-` for standard input; `now` is in UTC. While it is read, `bytes_read` and `info` say how far
    it came; `size_bytes` is known for a file. While a pipe is silent, `go_on` is asked and may raise. Raises SettingsError at once for settings that no feed can be read
    with, and FeedError while it is read, for a feed that cannot be read or whose meaning is in doubt.
    """

    def __init__(
        self, name: str, *, settings: FeedSettings, now: datetime, go_on: Callable[[], None] = lambda: None
    ) -> None:
        check_settings(settings)
        self._name = escaped(name)
        self._settings = settings
        self._source = Source(name, settings=settings, go_on=go_on)
        self._tally = Tally(format=settings.format)
        self._records = RecordReader(
            now=now,
            date_formats=settings.date_formats,
            zone=None if settings.timezone is None else ZoneInfo(settings.timezone),
            is_truncating=settings.is_truncating,
            tally=self._tally,
        )

    @property
    def bytes_read(self) -> int:
        """How much was read so far, of the bytes as they lie there."""
        return self._source.bytes_read

    @property
    def size_bytes(self) -> int | None:
        """How much there is to read; None before it begins, and for a pipe."""
        return self._source.size_bytes

    @property
    def info(self) -> FeedInfo:
        """What is known of the feed so far; whole once every value was taken."""
        tally = self._tally
        return FeedInfo(
            name=self._name,
            format=tally.format,
            encoding=tally.encoding,
            delimiter=tally.delimiter,
            size_bytes=self._source.bytes_read,
            sha256=self._source.sha256,
            records=tally.records,
            fallback_lines=tally.fallback_lines,
            stripped_characters=tally.stripped_characters,
            blank_lines=tally.blank_lines,
            unused_columns=tuple(tally.unused_columns),
            warnings=tuple(tally.warnings),
        )

    def __iter__(self) -> Iterator[TrackingEvent | Defect]:
        if self.bytes_read:
            raise RuntimeError("a feed is read once; make another FeedReader to read it again")
        settings, tally = self._settings, self._tally
        lines = read_lines(
            self._source.chunks(),
            name=self._name,
            encoding=settings.encoding,
            line_bytes_max=settings.line_bytes_max,
            tally=tally,
        )
        for value in self._values(lines):
            tally.records += 1
            yield value
        self._warn()

    def _values(self, lines: Iterator[Line]) -> Iterable[TrackingEvent | Defect]:
        first = next((line for line in lines if not self._is_blank(line)), None)
        if first is None:
            if not self._settings.is_empty_allowed:
                raise FeedError(f"{self._name} is empty; say --allow-empty if that may be")
            return ()
        self._tally.format = self._find_format(first)
        match self._tally.format:
            case "jsonl":
                lines = chain([first], lines)
                return read_jsonl(lines, name=self._name, settings=self._settings, reader=self._records)
            case _:
                return read_csv(first, lines, name=self._name, settings=self._settings, reader=self._records)

    def _is_blank(self, line: Line) -> bool:
        is_blank = line.fault is None and line.text.isspace()
        self._tally.blank_lines += is_blank
        return is_blank

    def _find_format(self, first: Line) -> str:
        text = first.text.strip()
        named = self._settings.format
        if named != "csv" and text.startswith("["):
            raise FeedError(f"{self._name} is one JSON array; write one object a line, such as with: jq -c '.[]'")
        if named != "csv" and text == "{":
            raise FeedError(f"{self._name} is JSON over several lines; write one object a line, such as with: jq -c .")
        if named != "auto":
            return named
        return "jsonl" if text.startswith("{") else "csv"

    def _warn(self) -> None:
        tally, name = self._tally, self._name
        if tally.records == 0:
            tally.warn(f"{name} holds no records")
        if tally.mojibake_lines > _MOJIBAKE_SHARE * tally.records:
            tally.warn(
                f"{name}: {tally.mojibake_lines} lines look like UTF-8 that was read as cp1252, such as Ã£ for ã"
            )
        if tally.cut_descriptions:
            tally.warn(f"{name}: {tally.cut_descriptions} descriptions were too long and were cut")
        if self._source.is_changed:
            tally.warn(f"{name} changed while it was read; what was read counts, so read it again when it is whole")


def check_settings(settings: FeedSettings) -> None:
    """Settings can be used for any feed. Raises SettingsError."""
    if settings.format not in FORMATS:
        raise SettingsError(f"{show(settings.format)} is not a format; expected {', '.join(FORMATS)}")
    if settings.delimiter not in ("auto", *DELIMITERS):
        raise SettingsError(f"{show(settings.delimiter)} is not a delimiter; expected auto, a comma, ; tab or |")
    check_encoding(settings.encoding)
    for form in settings.date_formats:
        _check_date_format(form)
    if settings.timezone is not None:
        _check_time_zone(settings.timezone)
    if faults := check_mapping(settings.columns):
        raise SettingsError(f"columns: {'; '.join(faults)}")


def _check_time_zone(name: str) -> None:
    try:
        # Far too long a name goes through Python's own search for modules, name by name.
        is_known = len(name) <= _OPTION_CHARACTERS_MAX and ZoneInfo(name) is not None
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        is_known = False
    if not is_known:
        raise SettingsError(f"{show(name)} is not a time zone; expected such as America/Sao_Paulo")


def _check_date_format(form: str) -> None:
    # Without a year Python would guess one, and %c and %x mean something else on each machine.
    is_whole = len(form) <= _OPTION_CHARACTERS_MAX and ("%Y" in form or "%y" in form)
    try:
        tried = datetime.strptime(_SAMPLE_DATE.strftime(form), form) if is_whole else None  # noqa: DTZ007 - only a try
    except (ValueError, re.error):  # strptime makes a pattern of it, which has no place for a directive given twice
        tried = None
    if tried is None or tried.date() != _SAMPLE_DATE.date():
        raise SettingsError(f"{show(form)} is not a date format; expected day, month and year, such as %d/%m/%Y %H:%M")
