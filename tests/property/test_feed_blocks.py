"""A feed is read by blocks as it is read record by record, however its bytes come and whatever stands in it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pytest
from any_records import SETTINGS, USUAL, VALUES
from attrs import asdict, evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtex_tracking.errors import FeedError
from vtex_tracking.feed import FeedReader
from vtex_tracking.feed.content import Content
from vtex_tracking.feed.tally import Tally
from vtex_tracking.model import Defect, PlainEvents, TrackingEvent

pytestmark = pytest.mark.unmeasured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vtex_tracking.feed.columns import Field
    from vtex_tracking.settings import FeedSettings

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
# Lines that are no record, or not as the others; {;} is the delimiter.
ODD_LINES: Final = (
    "",
    "  ",
    "{;}{;}",
    "Total{;}{;}",
    "1-01{;}1",
    "1-01{;}1" + "{;}x" * 40,
    'a{;}"',
    "Ã£\x81",
    "\0",
    "1-01{;}\xa0",
)
ENDS: Final = ("\n", "\r\n", "\r")
FIELDS: Final = st.lists(st.sampled_from([*VALUES]), unique=True, max_size=4).map(
    lambda more: list(dict.fromkeys([*USUAL, *more]))
)


@frozen
class _Told:
    """What a feed came to: its values, the error that ended it if one did, and what was counted."""

    values: list[TrackingEvent | Defect]
    error: str
    tally: dict[str, Any]


def _told(reader: FeedReader, chunks: Sequence[bytes], feed_settings: FeedSettings) -> _Told:
    tally = Tally()
    content = Content(iter(chunks), name="feed", settings=feed_settings, tally=tally)
    values: list[TrackingEvent | Defect] = []
    try:
        for one in reader._values(content, tally):
            values += one.events() if isinstance(one, PlainEvents) else [one]
    except FeedError as error:
        return _Told(values, str(error), {})
    assert len(values) == tally.records
    return _Told(values, "", asdict(tally))


def _by_blocks(chunks: Sequence[bytes], feed_settings: FeedSettings) -> _Told:
    return _told(FeedReader("feed", settings=feed_settings, now=NOW), chunks, feed_settings)


def _one_by_one(data: bytes, feed_settings: FeedSettings) -> _Told:
    """As a survey has it, for which each record goes the long way."""
    reader = FeedReader("feed", settings=feed_settings, now=NOW, survey=lambda _name, _entry: None)
    return _told(reader, [data], feed_settings)


def _check(data: bytes, cuts: Sequence[int], feed_settings: FeedSettings) -> None:
    ends = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    found = _by_blocks([data[start:end] for start, end in pairwise(ends)], feed_settings)
    expected = _one_by_one(data, feed_settings)
    if found.error and found.error != expected.error:  # a survey tells of a date that is month first, and goes on
        assert str(expected.values[len(found.values)]) == found.error
        expected = evolve(expected, values=expected.values[: len(found.values)], error=found.error, tally={})
    assert expected.values == found.values
    assert (expected.error, expected.tally) == (found.error, found.tally)


def _rows(data: st.DataObject, fields: Sequence[Field], *, is_json: bool) -> list[list[object]]:
    usual = [[value for value in VALUES[field] if is_json or _is_cell(value)] for field in fields]
    row = st.tuples(*(st.sampled_from([values[0]] * 30 + values) for values in usual)).map(list)
    return data.draw(st.lists(row, min_size=1, max_size=20)) * data.draw(st.sampled_from([1, 2, 30]))


def _is_cell(value: object) -> bool:
    return isinstance(value, str) and "\ud800" not in value


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.data(),
    fields=FIELDS,
    feed_settings=st.sampled_from(SETTINGS),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    end=st.sampled_from(ENDS),
    cuts=st.lists(st.integers(0, 1 << 20), max_size=5),
    odd=st.lists(st.tuples(st.integers(0, 700), st.sampled_from(ODD_LINES)), max_size=3),
)
def test_csv_is_read_the_same_by_blocks(
    *,
    data: st.DataObject,
    fields: list[Field],
    feed_settings: FeedSettings,
    delimiter: str,
    encoding: str,
    end: str,
    cuts: list[int],
    odd: list[tuple[int, str]],
) -> None:
    """With lines that are none, too short or too long, in the middle or at the end, quoted or not."""
    rows = _rows(data, fields, is_json=False)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\0")
    writer.writerows([fields, *rows])
    lines = text.getvalue().split("\0")[:-1]
    for index, line in odd:
        lines.insert(1 + index % len(lines), line.replace("{;}", delimiter))
    _check((end.join(lines) + end).encode(encoding, "replace"), cuts, evolve(feed_settings, format="csv"))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.data(),
    fields=FIELDS,
    feed_settings=st.sampled_from(SETTINGS),
    is_ascii=st.booleans(),
    cuts=st.lists(st.integers(0, 1 << 20), max_size=5),
    odd=st.lists(
        st.tuples(
            st.integers(0, 700),
            st.sampled_from(["", "[]", "{}", '{"a":', '{"order_id":NaN}', '{"orderId":"1","events":[]}']),
        ),
        max_size=3,
    ),
)
def test_objects_are_read_the_same_by_blocks(
    *,
    data: st.DataObject,
    fields: list[Field],
    feed_settings: FeedSettings,
    is_ascii: bool,
    cuts: list[int],
    odd: list[tuple[int, str]],
) -> None:
    """Where all have the same keys, where some have others, and where a value is no text."""
    left_out = data.draw(st.sampled_from([None, *fields]))
    objects = [dict(zip(fields, row, strict=True)) for row in _rows(data, fields, is_json=True)]
    for one in objects[:: data.draw(st.integers(2, 9))]:
        one.pop(left_out, None)  # type: ignore[arg-type]
    lines = [json.dumps(one, ensure_ascii=is_ascii) for one in objects]
    for index, line in odd:
        lines.insert(index % len(lines), line)
    _check("\n".join(lines).encode("utf-8", "replace"), cuts, evolve(feed_settings, format="jsonl"))
