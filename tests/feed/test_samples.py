"""The samples are what their page says they are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from vtex_tracking.feed import FeedReader, InvoiceReader
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.invoices import InvoiceTable
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

SAMPLES: Final = Path(__file__).parents[2] / "samples"
EXPECTED: Final = sorted((SAMPLES / "expected").iterdir())
EMPTY: Final = ("", None, False)


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
    assert () == reader.infos[0].warnings


def test_the_sample_of_defects_has_many_kinds(now: datetime) -> None:
    """A newcomer sees what is found, and what to do."""
    reader = FeedReader(str(SAMPLES / "defects.csv"), settings=FeedSettings(), now=now)
    codes = Counter(value.code for value in reader if isinstance(value, Defect))
    assert {"missing_field": 3, "bad_date": 2} == {code: times for code, times in codes.items() if times > 1}
    assert 10 == len(codes)


@pytest.fixture(scope="module")
def sample_map() -> Iterator[InvoiceTable]:
    """The map of invoices beside the samples, which the formats without orders need."""
    with LedgerFile(None) as ledger:
        table = InvoiceTable(ledger, alike_max=10)
        table.take_in(InvoiceReader(str(SAMPLES / "invoices.csv"), settings=FeedSettings()))
        yield table


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_a_sample_reads_as_the_events_beside_it(now: datetime, sample_map: InvoiceTable, expected: Path) -> None:
    """Event by event, every value that is not empty."""
    reader = FeedReader(str(SAMPLES / expected.stem), settings=FeedSettings(), now=now, invoices=sample_map)
    found = []
    for value in reader:
        assert isinstance(value, TrackingEvent), value
        said = {name: one for name, one in attrs.asdict(value).items() if one not in EMPTY}
        found.append(said | {"place": value.place.removeprefix(f"{SAMPLES}/")})
    assert [json.loads(line) for line in expected.read_text(encoding="utf-8").splitlines()] == found
    assert [()] == [info.warnings for info in reader.infos]


def test_the_page_names_every_sample() -> None:
    """And nothing lies here unseen."""
    page = (SAMPLES / "README.md").read_text(encoding="utf-8")
    names = {path.name for path in SAMPLES.iterdir()} - {"README.md"}
    assert set() == {name for name in names if f"`{name}`" not in page}
    assert {path.stem for path in EXPECTED} <= names
