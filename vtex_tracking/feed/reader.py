"""One feed, read once: its formats and columns found, its records as values, and an account of it all."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.content import Content
from vtex_tracking.feed.dates import in_utc
from vtex_tracking.feed.defects import MonthFirstDate, ValueProblem, escaped
from vtex_tracking.feed.entries import Entries, Entry, Reading, one_by_one
from vtex_tracking.feed.finding import find_invoice
from vtex_tracking.feed.formats.registry import FORMATS, find_format
from vtex_tracking.feed.mapped import Mapper
from vtex_tracking.feed.options import check_settings
from vtex_tracking.feed.plain import PlainReader
from vtex_tracking.feed.records import Record, RecordReader
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.feed.tally import Tally
from vtex_tracking.model import (
    Defect,
    FeedInfo,
    FeedNoticeCode,
    MappedInvoice,
    PlainEvents,
    TrackingEvent,
    WarningCode,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vtex_tracking.feed.finding import InvoiceIndex
    from vtex_tracking.feed.sources.opened import Member
    from vtex_tracking.settings import FeedSettings

_MOJIBAKE_SHARE: Final = 0.01


class FeedReader:
    """Yields every record of one feed as a TrackingEvent or a Defect, once, in constant memory.

    `name` is a path, a URL, or `-` for standard input; an archive is read member by member. `now` is in UTC. `invoices`
    is where records that name no order are looked up. `survey` is told of every entry. While it is read, `bytes_read` and `infos` say how far it came;
    `size_bytes` is known for a file. While a pipe is silent, `go_on` is asked and may raise.

    Raises SettingsError at once for settings that no feed can be read with, and FeedError while it is read, for a feed
    that cannot be read or whose meaning is in doubt.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: FeedSettings,
        now: datetime,
        go_on: Callable[[], None] = lambda: None,
        invoices: InvoiceIndex | None = None,
        survey: Callable[[str, Entry], None] | None = None,
    ) -> None:
        check_settings(settings)
        self._settings = settings
        self._now = now
        self._invoices = invoices
        self._survey = survey
        self._source = Source(name, settings=settings, go_on=go_on)
        self._tallies: dict[str, Tally] = {}

    @property
    def bytes_read(self) -> int:
        """How much was read so far, of the bytes as they lie there."""
        return self._source.bytes_read

    @property
    def size_bytes(self) -> int | None:
        """How much there is to read; None before it begins, and for a pipe."""
        return self._source.size_bytes

    @property
    def infos(self) -> tuple[FeedInfo, ...]:
        """What is known so far, one for each member of an archive; whole once every value was taken."""
        return tuple(self._info(name, tally) for name, tally in self._tallies.items())

    def __iter__(self) -> Iterator[TrackingEvent | Defect]:
        for value in self.blocks():
            if isinstance(value, PlainEvents):
                yield from value.events()
            else:
                yield value

    def blocks(self) -> Iterator[PlainEvents | TrackingEvent | Defect]:
        """The same values, in the same order; those that are plain many at once."""
        if self._tallies:
            raise RuntimeError("a feed is read once; make another FeedReader to read it again")
        for member in self._source.members():
            yield from self._read(member)

    def _read(self, member: Member) -> Iterator[PlainEvents | TrackingEvent | Defect]:
        name = escaped(member.name)
        tally = self._tallies[name] = Tally(format=self._settings.format)
        content = Content(member.chunks, name=name, settings=self._settings, tally=tally)
        if content.is_blank:
            self._check_empty(name)
        else:
            yield from self._values(content, tally)
        self._warn(name, tally)

    def _values(self, content: Content, tally: Tally) -> Iterator[PlainEvents | TrackingEvent | Defect]:
        """Every record of one member: what the format makes out, the mapping makes of it, and its values say."""
        name, settings = content.name, self._settings
        form = find_format(content) if settings.format == "auto" else FORMATS[settings.format]
        tally.format = form.name
        table = form if settings.mapping.code_table is None else FORMATS[settings.mapping.code_table]
        records = RecordReader(now=self._now, settings=settings, tally=tally, find=self._finder())
        mapper = Mapper(name, settings.mapping, table.codes, table.normal_code)
        meaning = _Meaning(mapper=mapper, records=records)
        reading = Reading(name=name, settings=settings, tally=tally, judge=meaning, is_survey=self._survey is not None)
        found = form.read(content, reading)
        if self._survey is not None:
            found = _told(found, name, self._survey)
        plain = PlainReader(name, mapper=mapper, records=records, settings=settings)
        for some in plain.read(found):
            if isinstance(some, PlainEvents):
                tally.records += len(some.places)
                yield some
                continue
            value = meaning.value(some, place=f"{name}:{some.number}", is_survey=reading.is_survey)
            if value is None:
                tally.skipped += 1
            else:
                tally.records += 1
                yield value

    def _finder(self) -> Callable[[Record], MappedInvoice] | None:
        index = self._invoices
        return None if index is None else lambda record: find_invoice(record, index=index)

    def _check_empty(self, name: str) -> None:
        if not self._settings.is_empty_allowed:
            raise FeedError(f"{name} is empty; say --allow-empty if that may be")

    def _warn(self, name: str, tally: Tally) -> None:
        if tally.records == 0:
            tally.warn(f"{name}: holds no records", code=FeedNoticeCode.NO_RECORDS)
        if tally.title_lines:
            text = f"{name}: {tally.title_lines} lines above the header are not read"
            tally.warn(text, code=FeedNoticeCode.TITLE_LINES)
        if tally.total_lines:
            text = f"{name}: {tally.total_lines} lines of totals at the end are not read"
            tally.warn(text, code=FeedNoticeCode.TOTAL_LINES)
        if tally.skipped:
            text = f"{name}: {tally.skipped} records were left out, as the mapping has it"
            tally.warn(text, code=FeedNoticeCode.SKIPPED_RECORDS)
        if tally.mojibake_lines > _MOJIBAKE_SHARE * tally.records:
            text = f"{name}: {tally.mojibake_lines} lines look like UTF-8 that was read as cp1252, such as Ã£ for ã"
            tally.warn(text, code=WarningCode.MOJIBAKE)
        if tally.cut_descriptions:
            text = f"{name}: {tally.cut_descriptions} descriptions were too long and were cut"
            tally.warn(text, code=FeedNoticeCode.CUT_DESCRIPTIONS)
        if self._source.is_changed:
            text = f"{name}: changed while it was read; what was read counts, so read it again when it is whole"
            tally.warn(text, code=WarningCode.FEED_CHANGED)

    def _info(self, name: str, tally: Tally) -> FeedInfo:
        return FeedInfo(
            name=name,
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
            warning_codes=tuple(tally.warnings.values()),
        )


def _told(found: Iterable[Entry | Entries], name: str, survey: Callable[[str, Entry], None]) -> Iterator[Entry]:
    """Entries one by one, of each of which a survey is told before it is read."""
    for entry in one_by_one(found):
        survey(name, entry)
        yield entry


@frozen(kw_only=True)
class _Meaning:
    """What entries come to: the judge of a format, and the way of each entry to its record."""

    mapper: Mapper
    records: RecordReader

    def record(self, entry: Entry) -> Record | None:
        if entry.problem is not None:
            raise entry.problem
        return self.mapper.record(entry)

    def value(self, entry: Entry, *, place: str, is_survey: bool) -> TrackingEvent | Defect | None:
        """What an entry says, or what is wrong with it; None for one that the mapping leaves out."""
        try:
            record = self.record(entry)
            return None if record is None else self.records.read(record, place=place)
        except ValueProblem as problem:
            defect = entry.defect(problem, place=place)
            if isinstance(problem, MonthFirstDate) and not is_survey:
                raise FeedError(str(defect)) from None
            return defect

    def is_delivered(self, entry: Entry) -> bool:
        record = self.record(entry)
        if record is None:
            return False
        self.records.read_invoice(record)
        return self.records.read_delivery(record).is_delivered

    def moment(self, entry: Entry) -> datetime | None:
        try:
            record = self.record(entry)
            event = None if record is None else self.records.read(record, place="")
        except MonthFirstDate:
            raise
        except ValueProblem:
            return None
        return None if event is None or event.date is None else in_utc(datetime.fromisoformat(event.date))
