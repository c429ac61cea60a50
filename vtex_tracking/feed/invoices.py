"""A map of invoices: a table, or an object a line, that says of which order an invoice is and what it may be found by."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.content import Content
from vtex_tracking.feed.defects import ValueProblem, escaped, plain
from vtex_tracking.feed.entries import Reading, one_by_one
from vtex_tracking.feed.finding import read_ids
from vtex_tracking.feed.formats.registry import find_format
from vtex_tracking.feed.mapped import Mapper
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.feed.sources.urls import shown_name
from vtex_tracking.feed.tally import NAMES_MAX, Tally
from vtex_tracking.feed.values import read_count, read_id, read_text, split_city_state, stripped
from vtex_tracking.model import TEXT_CHARACTERS_MAX, FeedInfo, FeedNoticeCode, MappedInvoice
from vtex_tracking.settings import FeedMapping, FeedSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vtex_tracking.feed.entries import Entry
    from vtex_tracking.feed.records import Record
    from vtex_tracking.feed.sources.opened import Member

_FORMATS: Final = ("csv", "jsonl", "xlsx")
_ADVICE: Final = "call those of the order order_id and invoice_number, and the others as they are called in a feed"
_NO_EVENTS: Final = FeedMapping(constants={Field.DATE: "", Field.DESCRIPTION: ""})  # so that nobody looks for them


class InvoiceReader:
    """Yields every row of a map that can be used, once, in constant memory; what is wrong with the others is a warning.

    `name` is that of a feed: a path, a URL or `-`, packed or not. Of `settings` only the limits hold for it: format,
    encoding and columns are found anew. Raises FeedError, while it is read, for a map that cannot be read or is in doubt.
    """

    def __init__(self, name: str, *, settings: FeedSettings, go_on: Callable[[], None] = lambda: None) -> None:
        own = FeedSettings()
        self._settings = evolve(
            settings,
            format=own.format,
            sheet=own.sheet,
            encoding=own.encoding,
            delimiter=own.delimiter,
            invoices=None,
            mapping=_NO_EVENTS,
        )
        self._name = shown_name(name)
        self._source = Source(name, settings=self._settings, go_on=go_on)
        self._tally = Tally()
        self._left_out = 0

    @property
    def info(self) -> FeedInfo:
        """What was read so far; whole once every row was taken."""
        tally = self._tally
        return FeedInfo(
            name=self._name,
            format="invoices",
            encoding=tally.encoding,
            delimiter=tally.delimiter,
            size_bytes=self._source.bytes_read,
            sha256=self._source.sha256,
            records=tally.records,
            fallback_lines=tally.fallback_lines,
            blank_lines=tally.blank_lines,
            warnings=tuple(tally.warnings),
            warning_codes=tuple(tally.warnings.values()),
        )

    def warn(self, message: str) -> None:
        """Something of this map is in doubt."""
        self._tally.warn(f"{self._name}: {message}", code=FeedNoticeCode.INVOICE_MAP)

    def __iter__(self) -> Iterator[MappedInvoice]:
        for member in self._source.members():
            yield from self._read(member)
        if self._left_out:
            self.warn(f"{self._left_out} rows cannot be used")
        if not self._tally.records:
            raise FeedError(f"{self._name} holds no invoices; is it the right file for --invoices?")

    def _read(self, member: Member) -> Iterator[MappedInvoice]:
        name, tally = escaped(member.name), self._tally
        content = Content(member.chunks, name=name, settings=self._settings, tally=tally)
        if content.is_blank:
            return
        form = find_format(content)
        if form.name not in _FORMATS:
            raise FeedError(f"{name} is a feed ({form.name}), and no map of invoices: expected {', '.join(_FORMATS)}")
        reading = Reading(name=name, settings=self._settings, tally=tally, judge=_NoJudge(), advice=_ADVICE)
        mapper = Mapper(name, self._settings.mapping, form.codes)
        for entry in one_by_one(form.read(content, reading)):
            place = f"{plain(PurePath(name).name)}:{entry.number}"
            try:
                yield _invoice(_record(entry, mapper), place)
            except ValueProblem as problem:
                self._leave_out(entry, problem, f"{name}:{entry.number}")
            else:
                tally.records += 1

    def _leave_out(self, entry: Entry, problem: ValueProblem, place: str) -> None:
        self._left_out += 1
        if self._left_out < NAMES_MAX:  # the last warning says how many there were
            self._tally.warn(str(entry.defect(problem, place=place)), code=FeedNoticeCode.INVOICE_MAP)


@frozen
class _NoJudge:
    """A map says nothing of deliveries and moments."""

    def is_delivered(self, _entry: Entry) -> bool:
        return False

    def moment(self, _entry: Entry) -> None:
        return None


def _record(entry: Entry, mapper: Mapper) -> Record:
    if entry.problem is not None:
        raise entry.problem
    record = mapper.record(entry)
    assert record is not None  # noqa: S101 - only a mapping leaves records out, and here is none
    return record


def _invoice(record: Record, place: str) -> MappedInvoice:
    """A row names its order and its invoice, as VTEX has them, and whatever else it knows."""
    order_id = read_id(record.order_id, field=Field.ORDER_ID)
    invoice_number = read_id(record.invoice_number, field=Field.INVOICE_NUMBER)
    ids = read_ids(record)
    city = read_text(record.city, field=Field.CITY, characters_max=TEXT_CHARACTERS_MAX)
    state = read_text(record.state, field=Field.STATE, characters_max=TEXT_CHARACTERS_MAX)
    if record.city_state:
        text = read_text(record.city_state, field=Field.CITY_STATE, characters_max=TEXT_CHARACTERS_MAX)
        city, other = split_city_state(text)
        state = state or other
    return MappedInvoice(
        order_id=order_id,
        invoice_number=invoice_number,
        city=city,
        state=state,
        volumes=read_count(record.volumes, field=Field.VOLUMES) if stripped(record.volumes) else None,
        series=ids.series,
        issuer=ids.issuer,
        key=ids.key.text if ids.key is not None else "",
        key_number=ids.key.number if ids.key is not None and ids.key.is_of_invoice else "",
        tracking_number=ids.tracking_number,
        place=place,
    )
