"""Warnings from the feed to the report: they stop nothing, unless --strict is given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve
from ledger_runs import FEED, NOW_S, SETTINGS, event
from ledger_runs import push as push_run
from pipeline_support import push, settings_in
from push_support import Wire, wall_s
from virtual_time import in_virtual_time

from vtex_tracking.accepting import accept_or_refuse
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.model import Reason, Summary
from vtex_tracking.past import rewrite_report
from vtex_tracking.pipeline import plan_feed
from vtex_tracking.planning import Plan
from vtex_tracking.reading import Feeds
from vtex_tracking.run import Run
from vtex_tracking.settings import FeedSettings

FUTURE = "o2,n2,2030-01-01,Em rota,"
EMPTY_ALLOWED = FeedSettings(is_empty_allowed=True)


def feed_of(folder: Path, *lines: str, name: str = "feed.csv") -> Path:
    path = folder / name
    path.write_text(
        "\n".join(["order_id,invoice_number,date,description,is_delivered", *lines]) + "\n", encoding="utf-8"
    )
    return path


def night_of(folder: Path, *, delivered: int, invoices: int = 4, name: str) -> Path:
    """A feed of as many invoices as that, some of them delivered; those of another name are others."""
    lines = (f"{name}-{number},n,2023-11-02,Objeto,{'sim' if number < delivered else ''}" for number in range(invoices))
    return feed_of(folder, *lines, name=f"{name}.csv")


async def pushed(feeds: Feeds, *, folder: Path, wire: Wire | None = None, **options: Any) -> Summary:
    async with push(feeds, wire=wire or Wire(), settings=settings_in(folder, **options)) as run:
        return await run.finish()


async def planned(feeds: Feeds, *, folder: Path, **options: Any) -> Plan:
    return await plan_feed(feeds, settings=settings_in(folder, **options), wall_s=wall_s)


def listed(folder: Path) -> list[dict[str, str]]:
    text = (folder / "warnings.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def codes(warnings: Iterable[dict[str, str]]) -> list[str]:
    return [warning["code"] for warning in warnings]


@in_virtual_time
async def test_a_warning_is_counted_listed_and_stops_nothing(tmp_path: Path) -> None:
    """A plan shows it beforehand; the report can be written again with it; the next night does not repeat it."""
    feed = feed_of(tmp_path, "o1,n1,2023-11-01,Postado,", FUTURE)
    plan = await planned([feed], folder=tmp_path)
    summary = await pushed([feed], folder=tmp_path)
    assert (0, 2, {"event_in_future": 1}) == (summary.exit_code, summary.counts.sent, summary.warnings)
    assert [asdict(warning) for warning in plan.first_warnings] == listed(tmp_path / "report")
    assert (summary.warnings, 0) == (plan.warnings, plan.exit_code)
    assert [f"{feed}:3"] == [warning["place"] for warning in listed(tmp_path / "report")]
    ledger = tmp_path / "ledger" / "mystore.db"
    assert summary == rewrite_report(ledger, directory=tmp_path / "again").summary
    assert listed(tmp_path / "report") == listed(tmp_path / "again")
    assert {} == (await pushed([feed], folder=tmp_path)).warnings
    assert {} == (await planned([feed], folder=tmp_path)).warnings


@in_virtual_time
async def test_strict_sends_nothing_where_anything_is_doubtful(tmp_path: Path) -> None:
    """Nothing is accepted either; the warnings are in the report, the first of them in the reason."""
    wire, feed = Wire(), feed_of(tmp_path, "o1,n1,2023-11-01,Postado,", FUTURE)
    summary = await pushed([feed], folder=tmp_path, wire=wire, is_strict=True)
    assert (5, Reason.WARNINGS, 0, []) == (summary.exit_code, summary.stop_reason, summary.counts.invoices, wire.puts)
    assert (2, 2, {"event_in_future": 1}) == (summary.counts.records, summary.counts.events, summary.warnings)
    assert f"1 warnings, the first of them event_in_future ({feed}:3: order o2" in summary.notices[-1].message
    assert ["event_in_future"] == codes(listed(tmp_path / "report"))
    assert 0 == (await pushed([], folder=tmp_path)).counts.invoices
    feed = feed_of(tmp_path, "o1,n1,2023-11-01,Postado,", "o1,n1,2023-11-01,Postado,")
    summary = await pushed([feed], folder=tmp_path, is_strict=True)
    assert (0, 1, 1, 1) == (
        summary.exit_code,
        summary.counts.sent,
        summary.counts.events,
        summary.counts.duplicates,
    )


@in_virtual_time
async def test_text_that_was_read_wrongly_before_is_doubtful(tmp_path: Path) -> None:
    """What was read as it was meant to be is no doubt, also with --strict."""
    feed = feed_of(tmp_path, "o1,n1,2023-11-01,EndereÃ§o nÃ£o encontrado,")
    plan = await planned([feed], folder=tmp_path)
    assert ({"mojibake": 1}, str(feed)) == (plan.warnings, plan.first_warnings[0].place)
    summary = await pushed([feed], folder=tmp_path, is_strict=True)
    assert (5, {"mojibake": 1}) == (summary.exit_code, summary.warnings)
    assert ["mojibake"] == [notice.code for notice in summary.notices if notice.code != "stopped"]
    titled = tmp_path / "titled.csv"
    titled.write_text(
        "Relatório\norder_id,invoice_number,date,description\no1,n1,2023-11-01,Postado\n", encoding="utf-8"
    )
    summary = await pushed([titled], folder=tmp_path, is_strict=True)
    assert (0, {}, ("title_lines",)) == (summary.exit_code, summary.warnings, summary.feeds[0].warning_codes)


@in_virtual_time
async def test_a_feed_without_records_where_there_were_many_is_doubtful(tmp_path: Path) -> None:
    """A run without feeds is none, and earlier runs of it say nothing."""
    options: dict[str, Any] = {"usual_records_min": 3, "feed": EMPTY_ALLOWED}
    empty = feed_of(tmp_path, name="empty.csv")
    assert {} == (await pushed([empty], folder=tmp_path, **options)).warnings
    for name in ("a", "b"):
        await pushed([night_of(tmp_path, delivered=0, name=name)], folder=tmp_path, **options)
        assert {} == (await pushed([], folder=tmp_path, **options)).warnings
    assert {"feed_empty": 1} == (await planned([empty], folder=tmp_path, **options)).warnings
    for exit_code in (5, 0):  # what was not accepted is not what is usual
        summary = await pushed([empty], folder=tmp_path, is_strict=exit_code == 5, **options)
        assert (exit_code, {"feed_empty": 1}) == (summary.exit_code, summary.warnings)


@in_virtual_time
async def test_a_share_of_delivered_unlike_that_of_earlier_runs_is_doubtful(tmp_path: Path) -> None:
    """Compared are runs of some size; the sum of all is taken, whether it was sent before or not."""
    options: dict[str, Any] = {"usual_invoices_min": 4}
    for name, delivered in (("a", 1), ("b", 2), ("c", 1)):
        night = night_of(tmp_path, delivered=delivered, name=name)
        assert {} == (await pushed([night], folder=tmp_path, **options)).warnings
    odd = night_of(tmp_path, delivered=4, name="d")
    assert {"delivered_share": 1} == (await planned([odd], folder=tmp_path, **options)).warnings
    assert 5 == (await pushed([odd], folder=tmp_path, is_strict=True, **options)).exit_code
    assert {"delivered_share": 1} == (await pushed([odd], folder=tmp_path, **options)).warnings
    assert ["delivered_share"] == codes(listed(tmp_path / "report"))
    assert {} == (await pushed([night_of(tmp_path, delivered=3, name="e")], folder=tmp_path, **options)).warnings


async def test_a_run_that_is_stopped_tells_what_its_feeds_said(ledger: LedgerFile) -> None:
    """No more is known of it: that it had no records yet is not odd."""
    settings = evolve(SETTINGS, usual_records_min=1)
    push_run(ledger, event())
    intake = Intake(ledger, settings=settings, now_s=NOW_S)
    assert ["feed_empty"] == [warning.code for warning in intake.doubts_of_run("feed.csv")]
    odd = evolve(FEED, warnings=("feed.csv: 3 lines look odd",), warning_codes=("mojibake",))
    run = Run(never, run_id="stopped", outcomes_max=1)
    run.stop()
    beginning = accept_or_refuse(ledger, intake, infos=[odd], settings=settings, run=run, started_s=NOW_S)
    assert beginning.stop is not None
    assert (130, {"mojibake": 1}) == (beginning.stop.exit_code, beginning.history.warning_counts())


async def never(_run: Run) -> Summary:
    raise AssertionError


@pytest.fixture
def ledger() -> Iterator[LedgerFile]:
    with LedgerFile(None) as ledger:
        yield ledger
