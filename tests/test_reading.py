"""Records that name no order find it in the map of invoices, in a push and in a plan alike."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve
from pipeline_support import push, results_in, settings_in
from push_support import Wire
from virtual_time import in_virtual_time

from vtex_tracking.errors import FeedError, InterruptedRunError
from vtex_tracking.feed import FeedReader
from vtex_tracking.model import Defect, PlainEvents
from vtex_tracking.pipeline import plan_feed
from vtex_tracking.reading import Reading, Value
from vtex_tracking.settings import FeedSettings, Settings

KEY: Final = "35260311222333000181550010006437971123456782"
EVENTS: Final = "NF;Rastreio;Cidade;UF;Data;Status\n"


def settings_with(folder: Path, invoices: str) -> Settings:
    path = folder / "orders.csv"
    path.write_text(invoices, encoding="utf-8")
    return settings_in(folder, feed=FeedSettings(invoices=str(path)))


def feed_of(folder: Path, *records: str) -> Path:
    path = folder / "feed.csv"
    path.write_text(EVENTS + "\n".join(records), encoding="utf-8")
    return path


@in_virtual_time
async def test_a_push_finds_the_orders_of_a_feed_that_names_none(tmp_path: Path) -> None:
    """The invoice goes out as VTEX has it, with the city of the map where the record has none."""
    settings = settings_with(
        tmp_path,
        f"order_id,invoice_number,invoice_key,tracking_number,city,state\nA-01,643797,{KEY},,Recife,PE\nB-01,7,,QB1BR,,\n",
    )
    feed = feed_of(
        tmp_path,
        "00643797;;;;05/03/2026 08:15;Saiu",
        "00643797;;Olinda;PE;06/03/2026 08:15;Saiu",
        ";QB1BR;;;05/03/2026 08:15;Saiu",
        "00000009;;;;05/03/2026 08:15;Saiu",
    )
    wire = Wire()
    async with push([feed], wire=wire, settings=settings) as run:
        summary = await run.finish()
    sent = [(result["order_id"], result["invoice_number"], result["outcome"]) for result in results_in(tmp_path)]
    assert [("A-01", "643797", "sent"), ("B-01", "7", "sent")] == sent
    assert ({"order_not_found": 1}, 3) == (summary.top_defects, summary.exit_code)
    assert [("csv", 4), ("invoices", 2)] == [(info.format, info.records) for info in summary.feeds]
    bodies = [put.body.decode() for put in wire.puts]
    assert any('"city":"Recife","state":"PE"' in body and '"city":"Olinda","state":"PE"' in body for body in bodies)


async def test_what_is_wrong_with_a_map_is_among_the_notices(tmp_path: Path) -> None:
    """Rows that cannot be used, and marks that stand for two invoices."""
    settings = settings_with(tmp_path, "order_id,invoice_number,tracking_number\nA,1,QB1BR\nB,2,QB1BR\nC,/,\n")
    feed = feed_of(tmp_path, ";QB1BR;;;05/03/2026 08:15;Saiu", "1;QB1BR;;;05/03/2026 08:15;Saiu")
    plan = await plan_feed([feed], settings=evolve(settings, ledger_path=None))
    [defect] = plan.first_defects
    assert ("ambiguous_invoice", 1) == (defect.code, plan.counts.events)
    said = " | ".join(notice.message for notice in plan.notices)
    assert 'orders.csv:4: column "invoice_number": "/" is not an id' in said
    assert "orders.csv:2 and orders.csv:3 have the same tracking number, but are of different invoices" in said


@in_virtual_time
async def test_a_map_that_cannot_be_read_ends_the_run_before_a_feed_is_read(tmp_path: Path) -> None:
    """As a feed that cannot be read does: nothing is sent."""
    wire = Wire()
    settings = settings_in(tmp_path, feed=FeedSettings(invoices=str(tmp_path / "none.csv")))
    with pytest.raises(FeedError, match=r"none\.csv does not exist"):
        async with push([feed_of(tmp_path, "1;;;;05/03/2026;Saiu")], wire=wire, settings=settings) as run:
            await run.finish()
    assert [] == wire.puts


async def test_without_a_map_a_table_must_name_its_orders(tmp_path: Path) -> None:
    """The columns are asked for at once."""
    with pytest.raises(FeedError, match="no column for order_id"):
        await plan_feed([feed_of(tmp_path, "1;;;;05/03/2026;Saiu")], settings=settings_in(tmp_path))


class _Stopping:
    """Counts what is read, and stops at so many records."""

    def __init__(self, records_max: int) -> None:
        self.records = 0
        self._records_max = records_max

    def go_on(self) -> None:
        if self.records >= self._records_max:
            raise InterruptedRunError("stopped", exit_code=130)

    def reads(self, _reader: FeedReader) -> None:
        """Nobody asks."""

    def has_read(self, records: int) -> None:
        self.records += records


@pytest.mark.parametrize(("records_max", "taken"), [(1, 100), (150, 200), (250, 250), (251, 250)])
def test_what_was_read_before_a_stop_is_counted_to_the_record(tmp_path: Path, records_max: int, taken: int) -> None:
    """The stop itself is heeded after a hundred records at most."""
    reader = _Stopping(records_max)
    nothing: Any = None
    reading = Reading(nothing, nothing, settings=settings_in(tmp_path), wall_s=lambda: 0.0, reader=reader)
    defect = Defect(place="feed:1", code="bad_id", problem="is none")
    staged: list[Value] = []
    with suppress(InterruptedRunError):
        staged.extend(iter(reading._watched([defect] * 250)))
    assert (taken, taken) == (len(staged), reader.records)


@pytest.mark.parametrize(("records_max", "taken"), [(1, 120), (130, 240), (1000, 480)])
def test_many_records_at_once_are_each_counted(tmp_path: Path, records_max: int, taken: int) -> None:
    """What comes together is staged together before a stop is heeded."""
    reader = _Stopping(records_max)
    nothing: Any = None
    reading = Reading(nothing, nothing, settings=settings_in(tmp_path), wall_s=lambda: 0.0, reader=reader)
    texts = ["x"] * 60
    block = PlainEvents(texts, texts, texts, texts, texts, texts, {}, texts)
    staged: list[Value] = []
    with suppress(InterruptedRunError):
        staged.extend(iter(reading._watched([block] * 8)))
    assert (taken, taken) == (60 * len(staged), reader.records)
