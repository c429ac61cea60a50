"""What holds for the readers of whole feeds, whatever bytes they are given; a check raises where a rule is broken."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from tempfile import NamedTemporaryFile
from typing import Final

from attrs import evolve
from fuzz_values import NOW, PROBLEM_CHARACTERS_MAX, check_id, check_shown, check_text
from workbook_writers import raw_workbook

from vtex_tracking.errors import FeedError, SettingsError
from vtex_tracking.feed import DefectCode, FeedReader, InvoiceReader, read_mapping
from vtex_tracking.feed.dates import DELIVERED_AHEAD_MAX, in_utc
from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.keys import check_digit, read_key
from vtex_tracking.feed.lines import split_lines
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import FeedMapping, FeedSettings

ANY_INVOICE: Final = FeedMapping(constants={"order_id": "1-01", "invoice_number": "1"})  # for feeds that name none
SETTINGS: Final = (
    FeedSettings(),
    # The limits within reach of a short input, and the paths that only an option opens.
    FeedSettings(
        line_bytes_max=200,
        document_bytes_max=2000,
        events_of_line_max=10,
        header_bytes_max=150,
        field_characters_max=100,
        is_truncating=True,
        is_empty_allowed=True,
        timezone="America/Sao_Paulo",
        date_formats=("%d/%m/%y %H:%M",),
    ),
)

TIGHT: Final = FeedSettings(
    feed_bytes_max=4000,
    unpack_bytes_free=100,
    members_max=3,
    archive_list_bytes_max=500,
    unpack_memory_bytes_max=1 << 20,
)


def check_csv(data: bytes) -> None:
    """A feed that is taken for CSV keeps the rules of a feed."""
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="csv"))


def check_jsonl(data: bytes) -> None:
    """A feed that is taken for JSON Lines keeps the rules of a feed."""
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="jsonl"))


def check_ocoren(data: bytes) -> None:
    """A feed that is taken for OCOREN keeps the rules of a feed, whatever of it is made the description."""
    mapping = FeedMapping(constants={"order_id": "1-01"}, templates={"city": "{carrier}", "description": "{text}"})
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="ocoren", mapping=mapping))


def check_correios(data: bytes) -> None:
    """A feed that is taken for an answer of Correios keeps the rules of a feed."""
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="correios", mapping=ANY_INVOICE))


def check_correios_xml(data: bytes) -> None:
    """A feed that is taken for their older answer keeps the rules of a feed."""
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="correios-xml", mapping=ANY_INVOICE))


def check_hub(data: bytes) -> None:
    """A feed that is taken for a hub's webhook keeps the rules of a feed."""
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="intelipost"))


def check_workbook(data: bytes) -> None:
    """A feed that is taken for a workbook keeps the rules of a feed: the parts of one, a line each, or the whole of it."""
    if not data.startswith(b"PK"):
        names = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml")
        parts = {name: part for name, part in zip(names, data.split(b"\n"), strict=False) if part}
        data = raw_workbook("", texts="", styles="", parts=parts)
    for settings in SETTINGS:
        _check_feed(data, evolve(settings, format="xlsx"))


def check_invoices(data: bytes) -> None:
    """A map of invoices is rows that can be asked for, and warnings that can be shown; only FeedError ends it early."""
    for settings in SETTINGS:
        with NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            reader = InvoiceReader(file.name, settings=settings)
            rows = 0
            try:
                for invoice in reader:
                    rows += 1
                    check_id(invoice.order_id)
                    check_id(invoice.invoice_number)
                    check_text(invoice.city)
                    check_text(invoice.state)
                    assert f"{invoice.place}{invoice.series}{invoice.issuer}{invoice.tracking_number}".encode()
            except FeedError as error:
                check_shown(str(error).replace("\n", " "), characters_max=10_000)
            assert rows == reader.info.records
            for warning in reader.info.warnings:
                check_shown(warning, characters_max=10_000)


def check_keys(data: bytes) -> None:
    """A key is whole and in its own form, or a problem that can be shown."""
    with suppress(ValueProblem):
        key = read_key(data.decode("utf-8", "replace"), field="invoice_key")
        if key is not None:
            assert (44, check_digit(key.text[:-1])) == (len(key.text), key.text[-1])
            assert read_key(key.text, field="") == key
            assert f"{key.series}{key.number}{key.issuer}".isalnum()


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
        values = 0
        lasts: dict[str, int] = {}  # of each member, where the feed turns out to be an archive
        try:
            for value in reader:
                values += 1
                feed, _, number = value.place.rpartition(":")
                assert f"{feed}/".startswith(f"{file.name}/"), value.place
                assert int(number) >= lasts.get(feed, 0), value.place
                lasts[feed] = int(number)
                check_value(value)
        except FeedError as error:
            check_shown(str(error).replace("\n", " "), characters_max=10_000)
        assert values == sum(info.records for info in reader.infos)
        for info in reader.infos:
            assert info.size_bytes == reader.bytes_read
            for text in (info.name, info.format, info.encoding, *info.unused_columns, *info.warnings):
                check_shown(text, characters_max=10_000)


def check_packed(data: bytes) -> None:
    """A source is members with printable names, within its limits, or FeedError; nothing else ends it."""
    for settings in (FeedSettings(), TIGHT):
        with NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            source = Source(file.name, settings=settings)
            size_bytes = 0
            try:
                for member in source.members():
                    check_shown(member.name, characters_max=10_000)
                    size_bytes += sum(map(len, member.chunks))
                assert source.bytes_read == len(data)
            except FeedError as error:
                check_shown(str(error), characters_max=10_000)
            assert size_bytes <= settings.feed_bytes_max


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
            assert expected == [line for lines in split_lines(chunks, line_bytes_max=line_bytes_max) for line in lines]
