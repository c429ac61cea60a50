"""What tables share, in text or in a workbook: a header to be found, columns to be sure of, a line of totals at the end."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import KNOWN_NAMES, Columns, Field, normal_name
from vtex_tracking.feed.defects import DefectCode, show
from vtex_tracking.feed.entries import Entries, Entry
from vtex_tracking.model import FeedNoticeCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vtex_tracking.feed.entries import Reading
    from vtex_tracking.feed.tally import Tally
    from vtex_tracking.settings import FeedSettings

_NAMES_SHOWN_MAX: Final = 30
_HEADER_FIELDS_MIN: Final = 2  # a title may happen to be the name of one
_TOTALS: Final = ("total", "subtotal", "quantidade", "qtd", "registros", "count")
_TOTALS_MAX: Final = 3  # lines of them at the end
_LOOKUPS: Final = frozenset((Field.INVOICE_NUMBER, Field.INVOICE_KEY, Field.TRACKING_NUMBER))
# With an order's column, the invoice's number is not among these: totals may be counted there.
_NAMED: Final = (Field.ORDER_ID, Field.INVOICE_KEY, Field.TRACKING_NUMBER, Field.DATE, Field.DELIVERED_DATE)


def header_index(candidates: Sequence[Columns], *, settings: FeedSettings) -> int:
    """Which of the first rows is the header: the first one, unless a later one names more fields, and at least two."""
    known = [len(columns.indexes) for columns in candidates]
    if not known or not _faults(candidates[0], settings):
        return 0
    most = max(known)
    return known.index(most) if most >= _HEADER_FIELDS_MIN else 0


def check_columns(columns: Columns, place: str, reading: Reading) -> None:
    """Every record can be told whose it is, and what it says. Raises FeedError with all that is in doubt at once.

    Who only looks at a feed, to see how it is understood, is told the same as warnings.
    """
    faults = _faults(columns, reading.settings)
    if not faults:
        return
    if reading.is_survey:
        for fault in faults:
            reading.tally.warn(f"{place}: {fault}", code=FeedNoticeCode.COLUMNS)
        return
    shown = ", ".join(map(show, columns.names[:_NAMES_SHOWN_MAX]))
    more = f", … ({len(columns.names)} in all)" if len(columns.names) > _NAMES_SHOWN_MAX else ""
    is_header = len(columns.indexes) >= _HEADER_FIELDS_MIN
    doubt = "" if is_header else "\n  is this line a header? If not, write one above it; if it is,"
    raise FeedError(f"{place}: {'; '.join(faults)}\n  columns found: {shown}{more}{doubt}\n  {reading.advice}")


def _faults(columns: Columns, settings: FeedSettings) -> list[str]:
    mapping = settings.mapping.columns
    faults = [*columns.doubts]
    faults += [
        f"no column is called {show(header)}, as the mapping has it for {field}"
        for field, header in mapping.items()
        if header and field not in columns.indexes
    ]
    faults += [
        f"no column for {field} ({KNOWN_NAMES[field]}…)"
        for field in _missing(columns, settings)
        if not mapping.get(field)
    ]
    return faults


def _missing(columns: Columns, settings: FeedSettings) -> list[Field]:
    """The fields without which nothing could be sent; where orders are looked up, what they are found by will do."""
    mapping = settings.mapping
    known = {*columns.indexes, *map(Field, (*mapping.constants, *mapping.templates))}
    is_found = settings.invoices is not None and known & _LOOKUPS
    missing = [] if is_found else [field for field in (Field.ORDER_ID, Field.INVOICE_NUMBER) if field not in known]
    if Field.EVENT_CODE in known:
        known.add(Field.DESCRIPTION)
    event = [field for field in (Field.DATE, Field.DESCRIPTION) if field not in known]
    is_backfill = len(event) == len((Field.DATE, Field.DESCRIPTION)) and Field.DELIVERED_DATE in known
    return missing if is_backfill else missing + event


def without_totals(found: Iterable[Entry | Entries], *, tally: Tally) -> Iterator[Entry | Entries]:
    """A line of totals at the end of a table is no record; anywhere else it is one like all others."""
    held: deque[Entry] = deque()
    for some in found:
        above, totals = _parted(some)
        if above is not None:
            yield from held
            held.clear()
            yield above
        held += totals
        while len(held) > _TOTALS_MAX:
            yield held.popleft()
    tally.total_lines += len(held)


def _parted(some: Entry | Entries) -> tuple[Entry | Entries | None, Sequence[Entry]]:
    """The lines of totals at the end of some entries, and what stands above them."""
    if isinstance(some, Entry):
        return (None, [some]) if _is_total(some) else (some, [])
    end = len(some)
    while end and all(map(_is_total, some.part(end - 1, end))):
        end -= 1
    if end == len(some):
        return some, []
    return some.part(0, end) if end else None, list(some.part(end, len(some)))


def _is_total(entry: Entry) -> bool:
    """A line that begins with such a word, and names neither an order (or what finds one) nor any date."""
    if entry.problem is not None and entry.problem.code is DefectCode.LINE_TOO_LONG:  # only its beginning is there
        return False
    first = entry.values[0] if entry.values else ""
    if (isinstance(first, str) and first[:1].isdigit()) or not _says_total(_first_value(entry)):  # the former for speed
        return False
    indexes = entry.shape.columns.indexes
    named = _NAMED if Field.ORDER_ID in indexes else (Field.INVOICE_NUMBER, *_NAMED)
    cells = [entry.values[indexes[field]] for field in named if field in indexes and indexes[field] < len(entry.values)]
    return all(cell in ("", None) or _says_total(cell) for cell in cells)


def _first_value(entry: Entry) -> object:
    for value in entry.values:
        if value not in ("", None):
            return value
    return ""


def _says_total(value: object) -> bool:
    # Most lines begin with a number, so a digit is looked for first: finding the normal name takes its time.
    return isinstance(value, str) and not value[:1].isdigit() and normal_name(value).startswith(_TOTALS)
