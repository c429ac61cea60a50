"""The samples are what their page says they are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from vtex_tracking.feed import FeedReader, expand_feeds
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from datetime import datetime

SAMPLES: Final = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize(
    ("name", "events", "invoices", "delivered", "defects"),
    [
        ("carrier.csv", 12, 6, 3, 0),
        ("events.jsonl", 4, 2, 2, 0),
        ("invoices.jsonl", 5, 3, 2, 0),
        ("delivered.csv", 4, 4, 4, 0),
        ("defects.csv", 2, 2, 1, 13),
    ],
)
def test_a_sample_reads_as_it_says(
    now: datetime, *, name: str, events: int, invoices: int, delivered: int, defects: int
) -> None:
    """So the demonstration shows what it promises."""
    reader = FeedReader(str(SAMPLES / name), settings=FeedSettings(), now=now)
    values = list(reader)
    found = [value for value in values if isinstance(value, TrackingEvent)]
    assert (events, invoices, delivered, defects) == (
        len(found),
        len({event.key for event in found}),
        sum(event.is_delivered for event in found),
        len(values) - len(found),
    )
    assert () == reader.info.warnings


def test_the_sample_of_defects_has_many_kinds(now: datetime) -> None:
    """A newcomer sees what is found, and what to do."""
    reader = FeedReader(str(SAMPLES / "defects.csv"), settings=FeedSettings(), now=now)
    codes = Counter(value.code for value in reader if isinstance(value, Defect))
    assert {"missing_field": 3, "bad_date": 2} == {code: times for code, times in codes.items() if times > 1}
    assert 10 == len(codes)


def test_the_page_names_every_sample() -> None:
    """And the patterns it shows find them all."""
    page = (SAMPLES / "README.md").read_text(encoding="utf-8")
    found = expand_feeds([str(SAMPLES / "*.csv"), str(SAMPLES / "*.jsonl")])
    assert {path.name for path in SAMPLES.iterdir()} - {"README.md"} == {Path(name).name for name in found}
    assert all(f"`{Path(name).name}`" in page for name in found)
