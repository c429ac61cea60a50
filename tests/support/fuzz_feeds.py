"""What holds for the readers of whole feeds, whatever bytes they are given; a check raises where a rule is broken."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from tempfile import NamedTemporaryFile
from typing import Final

from attrs import evolve
from fuzz_values import NOW, PROBLEM_CHARACTERS_MAX, check_id, check_shown, check_text

from vtex_tracking.errors import FeedError, SettingsError
from vtex_tracking.feed import DefectCode, FeedReader, read_mapping
from vtex_tracking.feed.dates import DELIVERED_AHEAD_MAX, in_utc
from vtex_tracking.feed.lines import split_lines
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import FeedSettings

SETTINGS: Final = (
    FeedSettings(),
    # The limits within reach of a short input, and the paths that only an option opens.
    FeedSettings(
        line_bytes_max=200,
        header_bytes_max=150,
        field_characters_max=100,
        is_truncating=True,
        is_empty_allowed=True,
        timezone="America/Sao_Paulo",
        date_formats=("%d/%m/%y %H:%M",),
    ),
)


def check_csv(data: bytes) -> None:
    """A feed that is taken for CSV keeps the rules of a feed."""
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="csv"))


def check_jsonl(data: bytes) -> None:
    """A feed that is taken for JSON Lines keeps the rules of a feed."""
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="jsonl"))


def check_options(data: bytes) -> None:
    """Options, a line each before the feed, are refused at once, or the feed keeps its rules with them too."""
    encoding, form, timezone, delimiter, feed = (data + b"\n" * 4).split(b"\n", 4)
    with suppress(SettingsError):
        settings = FeedSettings(
            encoding=_argument(encoding) or "auto",
            date_formats=(_argument(form),) if form else (),
            timezone=_argument(timezone) or None,
            delimiter=_argument(delimiter) or "auto",
        )
        _check_feed(feed, settings)


def _argument(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")  # as Python has what stands on a command line


def _check_feed(data: bytes, settings: FeedSettings) -> None:
    """Every value is an event or a defect, counted and in the order of its lines; only FeedError ends a feed early."""
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        reader = FeedReader(file.name, settings=settings, now=NOW)
        values = last = 0
        try:
            for value in reader:
                values += 1
                feed, _, number = value.place.rpartition(":")
                assert (feed, int(number) >= last) == (file.name, True), value.place
                last = int(number)
                check_value(value)
        except FeedError as error:
            check_shown(str(error).replace("\n", " "), characters_max=10_000)
        info = reader.info
        assert (info.records, info.size_bytes) == (values, reader.bytes_read)
        for text in (info.name, info.format, info.encoding, *info.unused_columns, *info.warnings):
            check_shown(text, characters_max=10_000)


def check_value(value: TrackingEvent | Defect) -> None:
    """An event holds nothing that must not be sent; a defect can be shown, and mended."""
    if isinstance(value, Defect):
        assert value.code in set(DefectCode)
        assert (value.cells and value.columns) or value.text
        check_shown(str(value), characters_max=2 * PROBLEM_CHARACTERS_MAX)
        "".join((value.text, *value.cells, *value.columns)).encode()
        return
    check_id(value.order_id)
    check_id(value.invoice_number)
    for text in (value.description or "", value.city, value.state):
        check_text(text)
    if value.date is not None:
        datetime.fromisoformat(value.date)
    if value.delivered_date is not None:
        assert in_utc(datetime.fromisoformat(value.delivered_date)) <= NOW + DELIVERED_AHEAD_MAX
    assert value == evolve(value)


def check_mapping(data: bytes) -> None:
    """A mapping file is a mapping, or its fault is told."""
    with suppress(SettingsError):
        read_mapping(data.decode("utf-8", "replace"), name="mapping.toml")


def check_lines(data: bytes) -> None:
    """Lines are the same in whatever chunks they come, and each is cut where it gets too long."""
    for size in (1, 2, 3, 7, len(data) + 1):
        chunks = [data[start : start + size] for start in range(0, len(data), size)]
        for line_bytes_max in (1, 5, len(data)):
            expected = [line[: line_bytes_max + 1] for line in data.splitlines(keepends=True)]
            assert expected == list(split_lines(chunks, line_bytes_max=line_bytes_max))
