"""How a feed is understood: its form, which column is which field, with a few values of each, and what is left over."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from attrs import Factory, define, field, frozen

from vtex_tracking.feed.columns import IGNORED_PREFIX, Field
from vtex_tracking.feed.defects import plain
from vtex_tracking.feed.reader import FeedReader
from vtex_tracking.model import Defect, FeedInfo

if TYPE_CHECKING:
    from datetime import datetime

    from vtex_tracking.feed.entries import Entry
    from vtex_tracking.feed.finding import InvoiceIndex
    from vtex_tracking.settings import FeedSettings

_SAMPLES_MAX: Final = 3
_CODES_MAX: Final = 100
_DEFECTS_MAX: Final = 5
_COLUMNS_MAX: Final = 500  # of all shapes of a feed
_DIGIT: Final = re.compile(r"\d", re.ASCII)
_DATES: Final = (Field.DATE, Field.DELIVERED_DATE)


@frozen(kw_only=True)
class ColumnFound:
    """One column, or key, of a feed: the field that is read from it ("" for none), and its first different values."""

    name: str
    field: str
    samples: tuple[str, ...]


@frozen(kw_only=True)
class Survey:
    """How one feed, or one member of an archive, is understood.

    `dates` are the forms that its dates have, a 9 for each digit; `codes` the event codes in it. `is_table` says that all
    records have the same columns, `is_whole` that all of it was read, and not only its beginning.
    """

    info: FeedInfo
    columns: tuple[ColumnFound, ...]
    dates: tuple[str, ...]
    codes: tuple[str, ...]
    first_defects: tuple[Defect, ...]
    is_table: bool
    is_whole: bool


def survey(
    name: str, *, settings: FeedSettings, now: datetime, invoices: InvoiceIndex | None = None
) -> tuple[Survey, ...]:
    """Read the beginning of a feed to see how it is understood.

    Raises SettingsError and FeedError as reading it does, but for columns that are missing: those are warnings here.
    """
    surveyors: dict[str, _Surveyor] = {}

    def see(member: str, entry: Entry) -> None:
        surveyors.setdefault(member, _Surveyor()).see(entry)

    reader = FeedReader(name, settings=settings, now=now, invoices=invoices, survey=see)
    defects: dict[str, list[Defect]] = {}
    read = 0
    for value in islice(iter(reader), settings.survey_records_max):
        read += 1
        if isinstance(value, Defect):
            kept = defects.setdefault(value.place.rpartition(":")[0], [])
            if len(kept) < _DEFECTS_MAX:
                kept.append(value)
    is_whole = read < settings.survey_records_max
    return tuple(
        surveyors.get(info.name, _Surveyor()).survey(info, defects=tuple(defects.get(info.name, ())), is_whole=is_whole)
        for info in reader.infos
    )


@define
class _Seen:
    """A column while entries go by."""

    field: str
    samples: dict[str, None] = Factory(dict)  # a set that keeps its order

    def see(self, value: object) -> None:
        if len(self.samples) < _SAMPLES_MAX and value not in ("", None):
            self.samples[plain(str(value))] = None


@define
class _Surveyor:
    """What the entries of one feed have shown so far."""

    _is_table: bool = field(default=False, init=False)
    _columns: dict[str, _Seen] = field(factory=dict, init=False)
    _dates: dict[str, None] = field(factory=dict, init=False)
    _codes: dict[str, None] = field(factory=dict, init=False)

    def see(self, entry: Entry) -> None:
        self._is_table = entry.shape.is_table
        columns = entry.shape.columns
        fields = {index: found for found, index in columns.indexes.items()}
        for index, (name, value) in enumerate(zip(columns.names, entry.values, strict=False)):
            if name.startswith(IGNORED_PREFIX) or len(self._columns) >= _COLUMNS_MAX:
                continue
            found = fields.get(index, "")
            self._columns.setdefault(name, _Seen(found)).see(value)
            text = "" if value is None else str(value).strip()
            if found in _DATES and text and len(self._dates) < _CODES_MAX:
                self._dates[plain(_DIGIT.sub("9", text))] = None
            if found == Field.EVENT_CODE and text and len(self._codes) < _CODES_MAX:
                self._codes[plain(text)] = None

    def survey(self, info: FeedInfo, *, defects: tuple[Defect, ...], is_whole: bool) -> Survey:
        return Survey(
            info=info,
            columns=tuple(
                ColumnFound(name=name, field=seen.field, samples=tuple(seen.samples))
                for name, seen in self._columns.items()
            ),
            dates=tuple(self._dates),
            codes=tuple(self._codes),
            first_defects=defects,
            is_table=self._is_table,
            is_whole=is_whole,
        )
