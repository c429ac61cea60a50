"""Entries come one by one or together, and lose nothing on the way."""

from __future__ import annotations

from vtex_tracking.feed.columns import find_columns
from vtex_tracking.feed.defects import DefectCode, ValueProblem
from vtex_tracking.feed.entries import Entries, Entry, Shape, one_by_one, together
from vtex_tracking.feed.lines import LINES_MAX

SHAPE = Shape(columns=find_columns(["order_id", "date"], mapping={}))
OTHER = Shape(columns=find_columns(["order_id"], mapping={}), prefix="events[0].")
PROBLEM = ValueProblem(DefectCode.BAD_DATE, "is bad")


def _sizes(found: list[Entry | Entries]) -> list[int]:
    return [len(some) if isinstance(some, Entries) else 0 for some in found]


def test_entries_come_together_as_they_are() -> None:
    """Whatever their shapes; one with a problem stays alone, and no more of them come at once than are worth it."""
    entries = [Entry(number, SHAPE, ("1", "2"), f"line {number}") for number in range(LINES_MAX + 1)]
    entries += [
        Entry(9, OTHER, ("1",), problem=PROBLEM),
        Entry(10, OTHER, ("1",)),
        Entry(11, SHAPE, ()),
        Entry(12, SHAPE),
    ]
    found = list(together(entries))
    assert [LINES_MAX, 1, 0, 3] == _sizes(found)
    assert entries == list(one_by_one(found))
    assert [SHAPE, SHAPE, None] == [some.shape for some in found if isinstance(some, Entries)]


def test_a_part_of_entries_is_some_of_them() -> None:
    """From one index up to another, or to their end."""
    entries = [Entry(number, SHAPE, (str(number), ""), "text") for number in range(5)]
    assert entries[1:3] == list(Entries.of(entries).part(1, 3))
    assert entries[4:] == list(Entries.of(entries).part(4, 9))
    assert 0 == len(Entries.of([]))
