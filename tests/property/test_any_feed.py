"""Whatever the format and the way in which facts are written, they are read back as the same facts."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import UTC, date, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import pytest
from any_facts import (
    LATIN_TEXTS,
    LISTED,
    PARCEL_EVENTS,
    REAL_DATES,
    SAYS,
    TEXT_DATES,
    TEXTS,
    ZONED_MOMENTS,
    Listed,
    Occurrence,
    facts,
    occurrences,
    tables,
    volume_events,
)
from fact_writers import (
    PACKINGS,
    Fact,
    Table,
    in_invoices,
    table_rows,
    write_csv,
    write_invoices,
    write_json,
    write_objects,
    write_xlsx,
    zipped,
)
from feed_writers import (
    OcorenFile,
    Parcel,
    ParcelEvent,
    VolumeEvent,
    write_correios,
    write_correios_xml,
    write_hub,
    write_ocoren,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtex_tracking.feed import FeedReader, InvoiceReader
from vtex_tracking.feed.finding import ALIKE_MAX
from vtex_tracking.feed.formats.correios_codes import CODES as CORREIOS_CODES
from vtex_tracking.feed.formats.hub import CODES as HUB_CODES
from vtex_tracking.feed.formats.ocoren_codes import CODES as OCOREN_CODES
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.invoices import InvoiceTable
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import Code, FeedSettings

pytestmark = pytest.mark.unmeasured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workbook_writers import Cell

Packing: TypeAlias = "Callable[[bytes], bytes]"
Read: TypeAlias = "Callable[..., Counter[TrackingEvent]]"

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LAW: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """Reads bytes as one feed, with the map of invoices where it is wanted; every record has to be an event."""
    folder = tmp_path_factory.mktemp("feeds")
    rows = "".join(",".join(attrs.astuple(one)) + "\n" for one in LISTED)
    names = "order_id,invoice_number,invoice_series,issuer,tracking_number,city,state\n"
    (folder / "map.csv").write_text(names + rows, encoding="utf-8")
    numbers = count()
    with LedgerFile(None) as ledger:
        table = InvoiceTable(ledger, alike_max=ALIKE_MAX + 1)
        table.take_in(InvoiceReader(str(folder / "map.csv"), settings=FeedSettings()))

        def read_back(data: bytes, *, is_mapped: bool = False, **options: Any) -> Counter[TrackingEvent]:
            path = folder / str(next(numbers))
            path.write_bytes(data)
            index = table if is_mapped else None
            reader = FeedReader(str(path), settings=FeedSettings(**options), now=NOW, invoices=index)
            found = Counter[TrackingEvent]()
            for value in reader:
                assert not isinstance(value, Defect), str(value)
                found[attrs.evolve(value, place="")] += 1
            path.unlink()
            return found

        yield read_back


def _packed(facts: Sequence[Any], write: Callable[[Sequence[Any]], bytes], pack: Packing) -> bytes:
    """One file with all the facts; an archive has two, with a part of the facts in each."""
    if pack is zipped and len(facts) > 1:
        return zipped(write(facts[:1]), write(facts[1:]))
    return pack(write(facts))


def _events(facts: Sequence[Fact]) -> Counter[TrackingEvent]:
    return Counter(fact.read() for fact in facts)


@settings(LAW)
@given(
    data=st.data(),
    table=tables(dates=TEXT_DATES, says=SAYS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    pack=st.sampled_from(PACKINGS),
)
def test_facts_come_back_from_any_csv(
    read: Read,
    *,
    data: st.DataObject,
    table: Table,
    encoding: str,
    delimiter: str,
    quoting: int,
    end: str,
    pack: Packing,
) -> None:
    """Whatever its delimiter, encoding, dates, headers and their order, ends of lines, titles and totals."""
    told = data.draw(facts(texts=LATIN_TEXTS if encoding == "cp1252" else TEXTS))

    def write(part: Sequence[Fact]) -> bytes:
        # The csv module leaves a cell's LF without quotes where a line ends with CR.
        kind = csv.QUOTE_ALL if end == "\r" else quoting
        return write_csv(table_rows(part, table), delimiter=delimiter, encoding=encoding, quoting=kind, end=end)

    named = "cp1252" if encoding == "cp1252" and _may_be_utf8(write(told)) else "auto"
    found = read(_packed(told, write, pack), encoding=named, date_formats=table.dates.formats)
    assert _events(told) == found


def _may_be_utf8(data: bytes) -> bool:
    """Whether a line of cp1252 is a text in UTF-8 as well: then nobody can tell which one is meant."""
    for line in re.split(rb"[\r\n]", data):
        try:
            if not line.isascii() and line.decode():
                return True
        except UnicodeDecodeError:
            pass
    return False


@settings(LAW, max_examples=40)
@given(
    told=facts(texts=TEXTS),
    table=tables(dates=REAL_DATES, says=[*SAYS, {True: True, False: False}]),
    is_1904=st.booleans(),
    is_inline=st.booleans(),
    pack=st.sampled_from(PACKINGS[:2] + PACKINGS[-1:]),
)
def test_facts_come_back_from_any_workbook(
    read: Read, *, told: list[Fact], table: Table, is_1904: bool, is_inline: bool, pack: Packing
) -> None:
    """Whether its dates are cells of their own kind or text, and wherever its texts stand."""

    def write(part: Sequence[Fact]) -> bytes:
        rows: list[list[Cell]] = table_rows(part, table)
        return write_xlsx(rows, is_1904=is_1904, is_inline=is_inline)

    assert _events(told) == read(_packed(told, write, pack), date_formats=table.dates.formats)


@settings(LAW)
@given(
    told=facts(texts=TEXTS, moments=ZONED_MOMENTS),
    is_camel=st.booleans(),
    is_nested=st.booleans(),
    is_list=st.booleans(),
    is_ascii=st.booleans(),
    indent=st.sampled_from([None, None, 2]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
    pack=st.sampled_from(PACKINGS),
)
def test_facts_come_back_from_any_json(
    read: Read,
    *,
    told: list[Fact],
    is_camel: bool,
    is_nested: bool,
    is_list: bool,
    is_ascii: bool,
    indent: int | None,
    encoding: str,
    end: str,
    pack: Packing,
) -> None:
    """An event in each object, or an invoice with its events; in lines, over several, or all in one list."""
    invoices = in_invoices(told)
    if is_nested and invoices:
        objects, told = write_invoices(invoices, is_camel=is_camel), [fact for facts in invoices for fact in facts]
    else:
        objects = write_objects(told, is_camel=is_camel)

    def write(part: Sequence[object]) -> bytes:
        text = write_json(part, is_list=is_list, is_ascii=is_ascii, indent=indent, end=end)
        return text.encode(encoding)

    assert _events(told) == read(_packed(objects, write, pack))


CODE_CHARACTERS_31: Final = 2  # version 5.0 has three


def _decoded(invoice: Listed, meaning: Code, *, moment: date | datetime, description: str) -> TrackingEvent:
    """An event with a code, of an invoice in the map."""
    return TrackingEvent(
        order_id=invoice.order_id,
        invoice_number=invoice.invoice_number,
        date=moment,
        description=description,
        city=invoice.city,
        state=invoice.state,
        is_delivered=meaning.is_delivered,
        is_returned=meaning.is_returned,
    )


@settings(LAW, max_examples=50)
@given(
    data=st.data(),
    is_50=st.booleans(),
    is_padded=st.booleans(),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n"]),
    pack=st.sampled_from(PACKINGS),
)
def test_facts_come_back_from_any_ocoren(
    read: Read,
    *,
    data: st.DataObject,
    is_50: bool,
    is_padded: bool,
    encoding: str,
    end: str,
    pack: Packing,
) -> None:
    """In either version; number, series and issuer find the order, and the code tells what happened."""
    codes = sorted(code for code in OCOREN_CODES if is_50 or len(code) == CODE_CHARACTERS_31)
    told = data.draw(st.lists(occurrences(codes), min_size=1, max_size=4))

    def write(part: Sequence[Occurrence]) -> bytes:
        records = [one.written() for one in part]
        file = OcorenFile(is_50=is_50, carrier="TRANSPORTES", carrier_cnpj="12345678000195", facts=records)
        return end.join(write_ocoren(file, is_padded=is_padded)).encode(encoding)

    meanings = [OCOREN_CODES[one.code] for one in told]
    expected = Counter(
        _decoded(one.invoice, meaning, moment=one.moment, description=meaning.text)
        for one, meaning in zip(told, meanings, strict=True)
    )
    assert expected == read(_packed(told, write, pack), is_mapped=True)


@settings(LAW, max_examples=50)
@given(
    told=st.lists(PARCEL_EVENTS, min_size=1, max_size=4),
    parcels=st.lists(st.sampled_from(LISTED), min_size=4, max_size=4),
    form=st.sampled_from(["list", "lines", "answer", "xml", "soap"]),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
    pack=st.sampled_from(PACKINGS),
)
def test_facts_come_back_from_any_answer_of_correios(
    read: Read, *, told: list[ParcelEvent], parcels: list[Listed], form: str, encoding: str, pack: Packing
) -> None:
    """As JSON or XML; the tracking number finds the order, and the map tells the city only where the event does not."""
    pairs = list(zip(parcels, told, strict=False))

    def write(part: Sequence[tuple[Listed, ParcelEvent]]) -> bytes:
        objects = [Parcel(tracking_number=one.tracking_number, events=[event]) for one, event in part]
        match form:
            case "xml" | "soap":
                return write_correios_xml(objects, encoding=encoding, is_soap=form == "soap")
            case "answer":
                return write_json([{"objetos": write_correios(objects)}]).encode()
            case _:
                return write_json(write_correios(objects), is_list=form == "list").encode()

    expected = Counter[TrackingEvent]()
    for one, event in pairs:
        meaning = CORREIOS_CODES.get(f"{event.kind} {event.number:02}", Code())
        decoded = _decoded(one, meaning, moment=event.moment, description=event.description)
        expected[attrs.evolve(decoded, city=event.city or one.city, state=event.state)] += 1
    assert expected == read(_packed(pairs, write, pack), is_mapped=True)


@settings(LAW, max_examples=50)
@given(
    told=st.lists(volume_events([*HUB_CODES, "LOST"]), min_size=1, max_size=4),
    is_list=st.booleans(),
    indent=st.sampled_from([None, 2]),
    pack=st.sampled_from(PACKINGS),
)
def test_facts_come_back_from_any_hub(
    read: Read, *, told: list[VolumeEvent], is_list: bool, indent: int | None, pack: Packing
) -> None:
    """An event of a volume in each object; what its state says is said of that volume."""

    def write(part: Sequence[VolumeEvent]) -> bytes:
        return write_json([write_hub(one) for one in part], is_list=is_list, indent=indent).encode()

    expected = Counter(
        TrackingEvent(
            order_id=one.order_id,
            invoice_number=one.invoice_number,
            date=one.moment,
            description=one.description,
            city=one.city,
            state=one.state,
            volume=str(one.volume),
            is_delivered=HUB_CODES.get(one.code, Code()).is_delivered,
        )
        for one in told
    )
    assert expected == read(_packed(told, write, pack))
