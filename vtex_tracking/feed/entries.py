"""What a format makes of a feed: entries, each with its place, its values and what they are called.

This is the wall between the formats and the meaning of their values: a format knows nothing of dates, ids or codes, and
who reads values knows nothing of delimiters, positions or tags.
"""

from __future__ import annotations

from functools import cached_property
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from attrs import define, frozen

from vtex_tracking.feed.columns import IGNORED_PREFIX, NO_COLUMNS, Columns, find_columns
from vtex_tracking.feed.defects import DefectCode, ValueProblem, plain
from vtex_tracking.feed.lines import LINES_MAX
from vtex_tracking.model import Defect, FeedNoticeCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from vtex_tracking.feed.tally import Tally
    from vtex_tracking.settings import FeedSettings

_ADVICE: Final = (
    'name the right ones in a file, and give it with --map:\n    [columns]\n    order_id = "the header of that column"\n'
    "  or, where a feed names no orders, say with --invoices which invoice is of which order"
)
TEXT_CHARACTERS_MAX: Final = 64 << 10  # of what is no table, what a defect keeps


class Judge(Protocol):
    """Who knows what values mean, for a format in which one record depends on what others say."""

    def is_delivered(self, entry: Entry) -> bool:
        """Whether an entry says that its invoice is delivered. Raises ValueProblem where invoice or delivery is none."""
        ...

    def moment(self, entry: Entry) -> datetime | None:
        """When the event of an entry was; None where it cannot be read."""
        ...


@frozen(kw_only=True)
class Reading:
    """One feed while a format reads it: what it is called in places, how to read it, and where it is counted."""

    name: str
    settings: FeedSettings
    tally: Tally
    judge: Judge
    advice: str = _ADVICE  # where columns are in doubt
    is_survey: bool = False  # to see how a feed is understood, whatever is in doubt

    def shape(self, names: Sequence[str], *, is_table: bool = False, prefix: str = "") -> Shape:
        """What values of these names mean. Raises ValueProblem for names that leave a doubt; counts what is unused."""
        columns = find_columns(names, mapping=self.settings.mapping.columns)
        if columns.doubts:
            raise ValueProblem(DefectCode.AMBIGUOUS_FIELD, "; ".join(columns.doubts))
        return self.shaped(columns, is_table=is_table, prefix=prefix)

    def layout(self, names: Sequence[str]) -> Shape:
        """What values of these names mean where the format itself lays them down: none of them counts as unused."""
        return Shape(columns=find_columns(names, mapping=self.settings.mapping.columns))

    def shaped(self, columns: Columns, *, is_table: bool = False, prefix: str = "") -> Shape:
        """The shape of columns without a doubt; what is unused, and what was chosen, is noticed."""
        self.tally.leave_unused(columns.unused)
        for choice in columns.choices:
            text = f"{self.name}: {choice}; name the right one with --map if it is not"
            self.tally.warn(text, code=FeedNoticeCode.COLUMNS)
        return Shape(columns=columns, is_table=is_table, prefix=prefix)


@define(eq=False, kw_only=True)
class Shape:
    """What the values of an entry are called, and which of them hold which field.

    Of a table, defects keep the cells, so that they can be mended and fed back; of anything else, a text. `prefix` stands
    before the name of a value in a defect, such as `events[2].`.
    """

    columns: Columns
    is_table: bool = False
    prefix: str = ""

    def column(self, field: str) -> str:
        """How a defect calls a field, or a column."""
        name = self.columns.name(field)
        return plain(f"{self.prefix}{name}" if name else self.prefix.rstrip("."))

    @cached_property
    def kept_names(self) -> tuple[str, ...]:
        """The names without those of an earlier report of defects, which the next one writes anew."""
        return self.kept(self.columns.names)

    def kept(self, cells: Sequence[object]) -> tuple[str, ...]:
        """Cells as text, without those of an earlier report of defects."""
        return tuple("" if cell is None else str(cell) for index, cell in enumerate(cells) if index not in self._ours)

    @cached_property
    def _ours(self) -> frozenset[int]:
        return frozenset(index for index, name in enumerate(self.columns.names) if name.startswith(IGNORED_PREFIX))


NO_SHAPE: Final = Shape(columns=NO_COLUMNS)


class Entry(NamedTuple):
    """One record of a feed: where it stands, its values in the order of its shape's names, and what a defect keeps.

    Values are what the feed has: text, or for JSON and workbooks also numbers, booleans, dates and None. A `problem` says
    that the format could not make it out; then `values` is as much as is known of it.
    """

    number: int  # of its line, row or object, from 1
    shape: Shape
    values: Sequence[object] = ()
    text: str = ""
    problem: ValueProblem | None = None

    def defect(self, problem: ValueProblem, *, place: str) -> Defect:
        """What is wrong with this entry, in a form that can be mended."""
        shape = self.shape
        return Defect(
            place=place,
            column=shape.column(problem.field),
            code=problem.code,
            problem=problem.problem,
            columns=shape.kept_names if shape.is_table else (),
            cells=shape.kept(self.values) if shape.is_table else (),
            text=self.text[:TEXT_CHARACTERS_MAX].rstrip("\r\n"),
        )


@frozen
class Entries:
    """Entries without a problem that follow one another in a feed: what formats make of many lines at once."""

    numbers: Sequence[int]
    shapes: Sequence[Shape]
    rows: Sequence[Sequence[object]]  # the values of each
    texts: Sequence[str]

    @staticmethod
    def of(entries: Sequence[Entry]) -> Entries:
        """Entries that were made one by one."""
        return Entries(
            [entry.number for entry in entries],
            [entry.shape for entry in entries],
            [entry.values for entry in entries],
            [entry.text for entry in entries],
        )

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Entry]:
        return map(Entry, self.numbers, self.shapes, self.rows, self.texts)

    def part(self, start: int, end: int) -> Entries:
        """Those from one index up to another."""
        some = slice(start, end)
        return Entries(self.numbers[some], self.shapes[some], self.rows[some], self.texts[some])

    @property
    def shape(self) -> Shape | None:
        """The shape of all of them; None where they have several."""
        first = self.shapes[0]
        return first if self.shapes.count(first) == len(self.shapes) else None


def together(entries: Iterable[Entry], *, at_once: int = LINES_MAX) -> Iterator[Entry | Entries]:
    """Entries that follow one another, as many at once as it is worth; one with a problem stays alone."""
    for has_problem, run in groupby(entries, key=_has_problem):
        if has_problem:
            yield from run
            continue
        while some := list(islice(run, at_once)):
            yield Entries.of(some)


def one_by_one(found: Iterable[Entry | Entries]) -> Iterator[Entry]:
    """Each entry for itself, for who has to look at every one."""
    for some in found:
        if isinstance(some, Entries):
            yield from some
        else:
            yield some


def _has_problem(entry: Entry) -> bool:
    return entry.problem is not None
