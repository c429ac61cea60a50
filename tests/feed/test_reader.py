"""One feed, read once: its format, its account, and the settings it is read with."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from memory import taken

from vtex_tracking.errors import FeedError, SettingsError
from vtex_tracking.feed import FeedReader
from vtex_tracking.model import Defect, PlainEvents, TrackingEvent
from vtex_tracking.settings import FeedMapping, FeedSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

CSV = "Pedido;NF;Data;Status\n1-01;0001;05/03/2026;Saiu\n"


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_feed_is_read_only_where_it_may_be_empty(feed: Callable[..., FeedReader], text: str) -> None:
    """A carrier that sends nothing has usually failed to send."""
    with pytest.raises(FeedError, match="is empty; say --allow-empty"):
        list(feed(text))
    reader = feed(text, is_empty_allowed=True)
    assert [] == list(reader)
    assert (0, 1) == (reader.infos[0].records, len(reader.infos[0].warnings))


def test_a_feed_behind_a_heap_of_blank_lines_is_not_taken_for_an_empty_one(feed: Callable[..., FeedReader]) -> None:
    """Where nobody looks that far it is refused, rather than lost without a word; a few of them are nothing."""
    with pytest.raises(FeedError, match="begins with 64 KiB of blank lines"):
        list(feed("\n" * 300_000 + CSV, is_empty_allowed=True))
    assert 1 == len(list(feed("\n" * 60_000 + CSV)))


def test_an_account_is_given_of_what_was_read(feed: Callable[..., FeedReader]) -> None:
    """While it is read, and whole at its end."""
    packed = gzip.compress((CSV + "1-01;0002;x;Saiu\n").encode())
    reader = feed(packed)
    assert (0, None, ()) == (reader.bytes_read, reader.size_bytes, reader.infos)
    values = iter(reader)
    next(values)
    assert (1, len(packed)) == (reader.infos[0].records, reader.size_bytes)
    assert [Defect] == [type(value) for value in values]
    info = reader.infos[0]
    assert (2, len(packed), hashlib.sha256(packed).hexdigest()) == (info.records, info.size_bytes, info.sha256)
    assert (len(packed), "csv", ()) == (reader.bytes_read, info.format, info.warnings)
    assert info.name.endswith("/feed")


def test_a_feed_is_read_once(feed: Callable[..., FeedReader]) -> None:
    """A second time would count everything twice."""
    reader = feed(CSV)
    list(reader)
    with pytest.raises(RuntimeError, match="read once"):
        list(reader)


def test_plain_records_come_in_blocks(feed: Callable[..., FeedReader]) -> None:
    """In the order of the feed, with what is not plain between them; one by one they are the same."""
    text = CSV + "1-01;0002;05/03/2026 10:00;Saiu\n" * 50 + "1-01;0003;x;Saiu\n" + "1-01;0004;06/03/2026;Saiu\n" * 50
    reader = feed(text)
    blocks = list(reader.blocks())
    sizes = [len(one.places) if isinstance(one, PlainEvents) else 0 for one in blocks]
    assert [Defect] == [type(one) for one in blocks if isinstance(one, Defect)]
    assert 0 in sizes
    assert max(sizes) > 20
    assert 102 == sum(size or 1 for size in sizes) == reader.infos[0].records
    values = [value for one in blocks for value in (one.events() if isinstance(one, PlainEvents) else [one])]
    assert [_without_folder(value) for value in values] == [_without_folder(value) for value in feed(text)]
    with pytest.raises(RuntimeError, match="read once"):
        list(reader.blocks())
    with pytest.raises(RuntimeError, match="read once"):
        list(reader)


def _without_folder(value: TrackingEvent | Defect) -> TrackingEvent | Defect:
    return evolve(value, place=value.place.rpartition("/")[2])


def test_the_format_is_seen_or_named(feed: Callable[..., FeedReader]) -> None:
    """An object makes it JSON Lines, anything else CSV, unless it is named."""
    assert [TrackingEvent] == [type(value) for value in feed(CSV, format="csv")]
    assert ["bad_json"] * 2 == [value.code for value in feed(CSV, format="jsonl") if isinstance(value, Defect)]
    text = '{"orderId": "1", "invoiceNumber": "1", "deliveredDate": "2026-03-05"}\n'
    assert [TrackingEvent] == [type(value) for value in feed(text)]
    with pytest.raises(FeedError, match="no column"):
        list(feed(text, format="csv"))
    with pytest.raises(FeedError, match="no column"):
        list(feed("[1]", format="csv"))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"format": "xml"}, "is not a format; expected auto, .*csv"),
        ({"delimiter": ":"}, "is not a delimiter"),
        ({"encoding": "utf-9"}, "is not an encoding"),
        ({"timezone": "Brazil/Nowhere"}, "is not a time zone"),
        ({"timezone": "../etc/passwd"}, "is not a time zone"),
        ({"timezone": ""}, "is not a time zone"),
        ({"timezone": "." * 10_000}, "is not a time zone"),
        ({"date_formats": ("%d/%m",)}, "is not a date format"),
        ({"date_formats": ("%Y-%m",)}, "is not a date format"),
        ({"date_formats": ("%d/%m/%Y %Q",)}, "is not a date format"),
        ({"date_formats": ("%d/%m/%Y %d",)}, "is not a date format"),
        ({"date_formats": ("%d/%m/%Y %X",)}, "is not a date format"),
        ({"date_formats": ("%d/%m/%Y" + " " * 93,)}, "is not a date format"),
        ({"mapping": FeedMapping(columns={"pedido": "Ref", "date": "Ref"})}, "both pedido and date.*is no field"),
    ],
)
def test_settings_that_no_feed_can_be_read_with_are_refused_at_once(
    now: datetime, settings: dict[str, Any], problem: str
) -> None:
    """Before the feed is opened."""
    with pytest.raises(SettingsError, match=problem):
        FeedReader("missing", settings=FeedSettings(**settings), now=now)


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%d/%m/%y %H:%M", "%Y%m%d%H%M%S", "%d %b %Y %I:%M %p"])
def test_a_date_format_says_a_whole_day(now: datetime, form: str) -> None:
    """With a time or without."""
    assert 0 == FeedReader("missing", settings=FeedSettings(date_formats=(form,)), now=now).bytes_read


def test_a_missing_feed_stops_when_it_is_read(now: datetime) -> None:
    """The library may hand in a name that nobody looked at."""
    with pytest.raises(FeedError, match="does not exist"):
        list(FeedReader("missing", settings=FeedSettings(), now=now))


def test_a_name_that_cannot_be_written_is_escaped(tmp_path: Path, now: datetime) -> None:
    """A place goes into the ledger, the report and the terminal."""
    path = tmp_path / "a\udce3\x1b"
    path.write_text(CSV)
    reader = FeedReader(str(path), settings=FeedSettings(), now=now)
    [event] = reader
    assert event.place.endswith("a\\udce3\\x1b:2")
    assert reader.infos[0].name.endswith("a\\udce3\\x1b")


def test_text_that_was_decoded_wrongly_before_is_noticed(feed: Callable[..., FeedReader]) -> None:
    """One record in a hundred is enough to say so."""
    wrong = "1;1;2026-03-05;Objeto em trÃ¢nsito\n"
    assert "such as Ã£ for ã" in _warnings(feed("Pedido;NF;Data;Status\n" + wrong + "1;1;2026-03-05;a\n" * 90))
    assert "" == _warnings(feed("Pedido;NF;Data;Status\n" + wrong + "1;1;2026-03-05;a\n" * 110))


def test_a_feed_that_changes_while_it_is_read_is_noticed(tmp_path: Path, now: datetime) -> None:
    """What was read is what counts."""
    path = tmp_path / "feed"
    path.write_text(CSV + "1-01;0001;05/03/2026;Saiu\n" * 40_000)  # far more than is read ahead
    reader = FeedReader(str(path), settings=FeedSettings(), now=now)
    values = iter(reader)
    next(values)
    (tmp_path / "other").write_text(CSV)
    (tmp_path / "other").replace(path)
    list(values)
    assert "changed while it was read" in reader.infos[0].warnings[0]


def test_memory_does_not_grow_with_the_feed(feed: Callable[..., FeedReader]) -> None:
    """Neither with its records, nor with a line that has no end, nor with keys that are never the same."""
    record = "1-01;0001;05/03/2026;Saiu\n"
    keys = "".join(f'{{"orderId": "1", "{"k" * 20_000}{number}": 1}}\n' for number in range(700))
    for reader in (feed(CSV + record * 20_000), feed(CSV + "x" * 10_000_000), feed(keys)):
        _, peak_bytes = taken(reader)
        assert peak_bytes < 8 << 20


def _warnings(reader: FeedReader) -> str:
    for _ in reader:
        pass
    return " ".join(reader.infos[0].warnings)
