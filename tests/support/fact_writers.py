"""The same facts in every format of a feed: as tables, as JSON, as what carriers and hubs send, packed or not."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
import zipfile
from datetime import date, datetime
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import attrs
from attrs import frozen
from workbook_writers import write_workbook

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.dates import in_utc
from vtex_tracking.model import TrackingEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import time

    from workbook_writers import Cell

_zstd: Final[Any] = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


@frozen(kw_only=True)
class Fact:
    """What a carrier knows and writes in one record: an event, a delivery, or both."""

    order_id: str
    invoice_number: str
    moment: date | datetime | None = None
    description: str = ""
    city: str = ""
    state: str = ""
    is_delivered: bool = False
    delivered: date | datetime | None = None

    def read(self) -> TrackingEvent:
        """How it is to be read back."""
        return TrackingEvent(
            order_id=self.order_id,
            invoice_number=self.invoice_number,
            date=self.moment,
            description=self.description or None,
            city=self.city,
            state=self.state,
            is_delivered=self.is_delivered,
            delivered_date=self.delivered,
        )


@frozen(kw_only=True)
class DateForm:
    """How a table writes its dates: in what order, and in cells of their own kind or as text."""

    day: str = "%Y-%m-%d"
    between: str = " "  # a day and its time in one cell
    is_named: bool = False  # the reader has to be told
    is_real: bool = False  # no text, in a workbook

    @property
    def formats(self) -> tuple[str, ...]:
        """What the reader is told."""
        return (f"{self.day}{self.between}%H:%M:%S", self.day) if self.is_named else ()

    def of(self, moment: date | datetime | None) -> Cell:
        """A day, with its time where it is known, in one cell."""
        match moment:
            case None:
                return ""
            case _ if self.is_real:
                return moment
            case datetime():
                return f"{moment.strftime(self.day)}{self.between}{self._clock(moment.timetz())}"
            case _:
                return moment.strftime(self.day)

    def day_of(self, moment: date | datetime | None) -> Cell:
        """A day alone."""
        return self.of(moment.date() if isinstance(moment, datetime) else moment)

    def time_of(self, moment: date | datetime | None) -> Cell:
        """The time alone, where it is known."""
        if not isinstance(moment, datetime):
            return ""
        return moment.time() if self.is_real else self._clock(moment.time())

    def _clock(self, time: time) -> str:
        return time.isoformat("seconds" if time.second or self.is_named else "minutes")


@frozen(kw_only=True)
class Table:
    """How a table is laid out. A field of no name here is a column that nobody reads."""

    names: Mapping[str, str]  # field → its header, in the order of the columns
    dates: DateForm
    says: Mapping[bool, Cell]  # whether it is delivered
    titles: Sequence[str] = ()
    total: str = ""


def table_rows(facts: Sequence[Fact], table: Table) -> list[list[Cell]]:
    """The rows of a table: titles, header, facts, the line of totals."""
    rows: list[list[Cell]] = [[title] for title in table.titles]
    rows.append(list(table.names.values()))
    rows += [[_cell(fact, field, table) for field in table.names] for fact in facts]
    return [*rows, [table.total]] if table.total else rows


def _cell(fact: Fact, field: str, table: Table) -> Cell:
    dates, names = table.dates, table.names
    date_of = dates.day_of if Field.TIME in names else dates.of
    delivered_of = dates.day_of if Field.DELIVERED_TIME in names else dates.of
    cells: dict[str, Cell] = {
        Field.ORDER_ID: fact.order_id,
        Field.INVOICE_NUMBER: fact.invoice_number,
        Field.DATE: date_of(fact.moment),
        Field.TIME: dates.time_of(fact.moment),
        Field.DESCRIPTION: fact.description,
        Field.CITY: fact.city,
        Field.STATE: fact.state,
        Field.CITY_STATE: f"{fact.city}/{fact.state}",
        Field.IS_DELIVERED: table.says[fact.is_delivered],
        Field.DELIVERED_DATE: delivered_of(fact.delivered),
        Field.DELIVERED_TIME: dates.time_of(fact.delivered),
    }
    return cells.get(field, "12,50")


def write_csv(rows: Sequence[Sequence[Cell]], *, delimiter: str, encoding: str, quoting: int, end: str) -> bytes:
    """A table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def write_xlsx(rows: Sequence[Sequence[Cell]], *, is_1904: bool, is_inline: bool) -> bytes:
    """A table as the first sheet of a workbook."""
    return write_workbook({"Plan1": rows, "Plan2": [["x"]]}, is_1904=is_1904, is_inline=is_inline)


_SNAKE: Final = {name: name for name in ("order_id", "invoice_number", "is_delivered", "delivered_date")}
_CAMEL: Final = {
    "order_id": "orderId",
    "invoice_number": "invoiceNumber",
    "is_delivered": "isDelivered",
    "delivered_date": "deliveredDate",
}


def write_objects(facts: Sequence[Fact], *, is_camel: bool) -> list[dict[str, object]]:
    """An object for each fact."""
    keys = _CAMEL if is_camel else _SNAKE
    return [
        {
            keys["order_id"]: fact.order_id,
            keys["invoice_number"]: fact.invoice_number,
            keys["is_delivered"]: fact.is_delivered,
            keys["delivered_date"]: _iso(fact.delivered),
        }
        | _event(fact)
        for fact in facts
    ]


def in_invoices(facts: Sequence[Fact]) -> list[list[Fact]]:
    """The facts of each invoice that are events, "delivered" said with the newest alone: what VTEX's own form can say."""
    ordered = sorted((fact for fact in facts if fact.moment is not None), key=_key)
    return [_with_newest_delivered(list(group)) for _, group in groupby(ordered, key=_key)]


def _key(fact: Fact) -> tuple[str, str]:
    return fact.order_id, fact.invoice_number


def _with_newest_delivered(facts: list[Fact]) -> list[Fact]:
    newest = max(range(len(facts)), key=lambda index: in_utc(facts[index].moment or date.min))
    is_delivered = any(fact.is_delivered for fact in facts)
    delivered = next((fact.delivered for fact in facts if fact.delivered is not None), None)
    told = [attrs.evolve(fact, is_delivered=False, delivered=None) for fact in facts]
    told[newest] = attrs.evolve(told[newest], is_delivered=is_delivered, delivered=delivered)
    return told


def write_invoices(invoices: Sequence[Sequence[Fact]], *, is_camel: bool) -> list[dict[str, object]]:
    """An object for each invoice, with its events in a list."""
    keys = _CAMEL if is_camel else _SNAKE
    return [
        {
            keys["is_delivered"]: any(fact.is_delivered for fact in facts),
            keys["delivered_date"]: next((_iso(fact.delivered) for fact in facts if fact.delivered is not None), None),
            "events": [_event(fact) for fact in facts],
            keys["order_id"]: facts[0].order_id,
            keys["invoice_number"]: facts[0].invoice_number,
        }
        for facts in invoices
    ]


def _event(fact: Fact) -> dict[str, object]:
    return {
        "date": _iso(fact.moment),
        "description": fact.description or None,
        "city": fact.city,
        "state": fact.state or None,
    }


def _iso(moment: date | datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def write_json(
    objects: Sequence[object],
    *,
    is_list: bool = False,
    is_ascii: bool = False,
    indent: int | None = None,
    end: str = "\n",
) -> str:
    """Objects as one list, or one after another: each in a line, or over several."""
    if is_list:
        return json.dumps(objects, ensure_ascii=is_ascii, indent=indent)
    return end.join(json.dumps(one, ensure_ascii=is_ascii, indent=indent) for one in objects) + end


def zipped(*files: bytes) -> bytes:
    """An archive of these files, beside what no carrier means to send."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/", b"")
        archive.writestr("__MACOSX/in", b"\0\0")
        for number, file in enumerate(files):
            archive.writestr(f"in/feed {number}", file)
    return data.getvalue()


PACKINGS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda data: data,
    gzip.compress,
    _zstd.compress,
    lambda data: lzma.compress(data, preset=0),
    bz2.compress,
    zipped,
)
