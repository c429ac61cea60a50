"""From the entries of a format to records: which value is which field, and what the user's mapping makes of it."""

from __future__ import annotations

import re
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import Columns, Field, normal_name
from vtex_tracking.feed.defects import show
from vtex_tracking.feed.records import Record
from vtex_tracking.feed.values import stripped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vtex_tracking.feed.entries import Entry, Shape
    from vtex_tracking.settings import Code, FeedMapping

PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_PLANS_MAX: Final = 16  # kept at a time: objects may have other keys in every line, as long as the line


@frozen
class _Skip:
    """Records whose value of a column is one of these are left out."""

    index: int
    values: frozenset[str]


@frozen(kw_only=True)
class _Plan:
    """How the values of one shape become a record: what is put behind them, and which of them all are its fields."""

    added: tuple[object, ...]  # nothing, then no, then the constants
    templates: tuple[Callable[[Sequence[object]], str], ...]
    pick: Callable[[Sequence[object]], tuple[object, ...]]
    skips: tuple[_Skip, ...]


@define
class Mapper:
    """Makes records of entries, shape by shape. `codes` are the format's own; those of the mapping come first.

    A code that is in neither is looked for as `normal_code` spells it.
    """

    _name: str
    _mapping: FeedMapping
    _codes: Mapping[str, Code]
    _normal_code: Callable[[str], str] = str
    _plans: dict[Columns, _Plan] = field(factory=dict, init=False)

    def record(self, entry: Entry) -> Record | None:
        """The record that an entry is; None for one that the mapping leaves out."""
        plan = self._plans.get(entry.shape.columns) or self._plan(entry.shape)
        values = entry.values
        if plan.skips and any(_text(values[skip.index]) in skip.values for skip in plan.skips):
            return None
        whole = (*values, *plan.added)
        if plan.templates:
            whole = (*whole, *(template(values) for template in plan.templates))
        return self.decoded(Record._make(plan.pick(whole)))

    def decoded(self, record: Record) -> Record | None:
        """What an event's code says goes where the record itself says nothing; the mapping's own text goes before it."""
        code = _text(record.event_code)
        if not code:
            return record
        if code not in self._mapping.codes and code not in self._codes:
            code = self._normal_code(code)
        own, known = self._mapping.codes.get(code), self._codes.get(code)
        meaning = own or known
        if meaning is None:
            return record
        if meaning.is_skipped:
            return None
        said = record.description if stripped(record.description) else ""
        description = (own and own.text) or said or (known and known.text) or (own and code)
        is_said = stripped(record.is_delivered) not in ("", None)
        is_delivered = record.is_delivered if is_said else meaning.is_delivered or ""
        return record._replace(description=description, is_delivered=is_delivered, is_returned=meaning.is_returned)

    def _plan(self, shape: Shape) -> _Plan:
        mapping, columns = self._mapping, shape.columns
        nothing = len(columns.names)
        made = {Field(name): nothing + 2 + index for index, name in enumerate((*mapping.constants, *mapping.templates))}
        indexes = [made.get(field, columns.indexes.get(field, nothing)) for field in Field]
        plan = _Plan(
            added=("", False, *mapping.constants.values()),
            templates=tuple(
                partial(_filled, template, self._places(template, shape)) for template in mapping.templates.values()
            ),
            pick=itemgetter(*indexes, nothing + 1),
            skips=tuple(
                _Skip(index, frozenset(values))
                for header, values in mapping.skips.items()
                if (index := self._index(header, shape)) is not None
            ),
        )
        if len(self._plans) >= _PLANS_MAX:
            self._plans.clear()
        self._plans[columns] = plan
        return plan

    def _places(self, template: str, shape: Shape) -> dict[str, int | None]:
        return {header: self._index(header, shape) for header in PLACEHOLDER.findall(template)}

    def _index(self, header: str, shape: Shape) -> int | None:
        """Where a column of the feed stands that the mapping names. Raises FeedError where a table has it not."""
        names = shape.columns.names
        found = [index for index, name in enumerate(names) if name == header] or [
            index for index, name in enumerate(names) if normal_name(name) == normal_name(header)
        ]
        if found:
            return found[0]
        if shape.is_table:
            raise FeedError(
                f"{self._name}: no column is called {show(header)}, as the mapping has it; mend the mapping"
            )
        return None


def _filled(template: str, places: Mapping[str, int | None], values: Sequence[object]) -> str:
    def value(match: re.Match[str]) -> str:
        index = places[match[1]]
        return "" if index is None else _text(values[index])

    return PLACEHOLDER.sub(value, template).strip()


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
