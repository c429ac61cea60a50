"""Past runs: their reports written again, their ledger checked, and what is forgotten of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from ledger_runs import (
    CONFIRMED,
    NOT_FOUND,
    NOW_S,
    SETTINGS,
    UNREACHABLE,
    defect,
    event,
    open_run,
    push,
    rows,
    spoil,
    state_of,
)

from vtex_tracking.errors import LedgerError, ReportError
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import Reason
from vtex_tracking.past import check_ledger, forget, past_runs, rewrite_report


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def results(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "results.jsonl").read_text(encoding="utf-8").splitlines()]


def test_nothing_is_asked_of_a_ledger_that_is_not_there(path: Path, tmp_path: Path) -> None:
    """And asking makes none."""
    for ask in (
        lambda: past_runs(path),
        lambda: check_ledger(path),
        lambda: rewrite_report(path, directory=tmp_path / "report"),
        lambda: forget(path, account="mystore", order_id="1-01"),
    ):
        with pytest.raises(LedgerError, match="there is no ledger yet"):
            ask()
    assert [] == list(tmp_path.iterdir())


def test_past_runs_are_listed(path: Path) -> None:
    """The latest first, of one account or of all."""
    with LedgerFile(path) as ledger:
        push(ledger, event())
        push(ledger, event(), settings=evolve(SETTINGS, account="otherstore"))
    assert ["run-2", "run-1"] == [run.run_id for run in past_runs(path)]
    assert ["run-1"] == [run.run_id for run in past_runs(path, account="mystore")]


def test_the_report_of_a_run_that_ended_is_what_it_was(path: Path, tmp_path: Path) -> None:
    """Summary, outcomes and defects of that run, whatever a later one did."""
    with LedgerFile(path) as ledger:
        first = open_run(ledger, event("1-01"), event("2-01"), defect())
        for due, last in zip(first.due(), (CONFIRMED, NOT_FOUND), strict=True):
            first.attempt(due, last)
        first.finish()
        summary, outcomes = first.history.summary(), list(first.history.outcomes())
        push(ledger, event("2-01", 2))
    rewritten = rewrite_report(path, directory=tmp_path / "report", run_id="run-1")
    assert summary == rewritten.summary
    assert [(outcome.order_id, str(outcome.outcome), outcome.http_status) for outcome in outcomes] == [
        (row["order_id"], row["outcome"], row["http_status"]) for row in results(tmp_path / "report")
    ]
    with rewritten.files.results_csv.open(encoding="utf-8", newline="") as stream:
        assert ["1-01", "2-01"] == [row["order_id"] for row in csv.DictReader(stream)]
    assert 1 == len(rewritten.files.defects_jsonl.read_text(encoding="utf-8").splitlines())
    assert 3 == json.loads(rewritten.files.summary_json.read_text(encoding="utf-8"))["exit_code"]


def test_the_latest_run_is_the_one_that_is_meant(path: Path, tmp_path: Path) -> None:
    """A name that the ledger does not know is told."""
    with LedgerFile(path) as ledger:
        push(ledger, event())
        push(ledger, event())
    assert "run-2" == rewrite_report(path, directory=tmp_path / "report").summary.run_id
    with pytest.raises(LedgerError, match="has no run other"):
        rewrite_report(path, directory=tmp_path / "report", run_id="other")


def test_a_run_that_was_cut_short_has_its_first_report_here(path: Path, tmp_path: Path) -> None:
    """What may have arrived is unknown, what was not tried pending; the accounts add up, and the code says: again."""
    with LedgerFile(path) as ledger:
        run = open_run(ledger, *(event(f"{number}-01") for number in range(1, 6)), defect())
        one, two, three, *_rest = run.due()
        run.attempt(one, CONFIRMED, now_s=NOW_S + 1)
        run.attempt(two, UNREACHABLE, now_s=NOW_S + 2)
        run.intend(three, now_s=NOW_S + 3)
    summary = rewrite_report(path, directory=tmp_path / "report").summary
    assert (4, Reason.INTERRUPTED, 3) == (summary.exit_code, summary.stop_reason, summary.requests)
    assert "2027-01-15T08:00:03.000Z" == summary.finished_at
    assert ["stopped"] == [notice.code for notice in summary.notices]
    assert "cut short" in summary.notices[0].message
    counts = summary.counts
    assert (5, 1, 1, 3) == (counts.invoices, counts.sent, counts.unknown, counts.pending)
    assert () == counts.faults()
    assert [
        ("sent", ""),
        ("pending", "unreachable"),
        ("unknown", "interrupted"),
        ("pending", "not_started"),
        ("pending", "not_started"),
    ] == [(row["outcome"], row["reason"]) for row in results(tmp_path / "report")]
    assert (None,) == tuple(run.exit_code for run in past_runs(path))


def test_a_run_that_was_cut_short_stays_what_it_was_when_others_follow(path: Path, tmp_path: Path) -> None:
    """Its report does not tell a later run's story."""
    with LedgerFile(path) as ledger:
        open_run(ledger, event())
        second = open_run(ledger)
        second.intend(second.due()[0])
    rewrite_report(path, directory=tmp_path / "first", run_id="run-1")
    rewrite_report(path, directory=tmp_path / "second", run_id="run-2")
    assert ["pending"] == [row["outcome"] for row in results(tmp_path / "first")]
    assert ["unknown"] == [row["outcome"] for row in results(tmp_path / "second")]


def test_a_run_that_was_cut_short_before_its_first_request_ended_as_it_began(path: Path, tmp_path: Path) -> None:
    """There is no later moment that anybody knows of."""
    with LedgerFile(path) as ledger:
        open_run(ledger, event())
    summary = rewrite_report(path, directory=tmp_path / "report").summary
    assert (summary.started_at, 0, 0.0) == (summary.finished_at, summary.requests, summary.rate_reached)
    assert 1 == summary.counts.pending


def test_a_report_that_cannot_be_written_leaves_the_ledger_as_it_is(path: Path, tmp_path: Path) -> None:
    """It can be asked for again, elsewhere."""
    with LedgerFile(path) as ledger:
        push(ledger, event())
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError):
        rewrite_report(path, directory=tmp_path / "file")
    assert 0 == rewrite_report(path, directory=tmp_path / "report").summary.exit_code


def test_a_whole_ledger_is_found_whole_also_after_a_kill(path: Path) -> None:
    """What was in flight is in doubt, and that is no damage."""
    with LedgerFile(path) as ledger:
        run = open_run(ledger, event())
        run.intend(run.due()[0])
    assert () == check_ledger(path)
    with LedgerFile(path) as ledger:
        assert "unknown" == state_of(ledger)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE invoices SET receipt = NULL", "order 1-01, invoice 1: is sent without a receipt"),
        ("UPDATE invoices SET body = x'00'", "order 1-01, invoice 1: is sent and still has a body to send"),
        ("UPDATE invoices SET facts = '[]'", "order 1-01, invoice 1: its update is not what its facts say"),
        ("UPDATE runs SET duplicates = 7", "run run-1: its accounts do not add up"),
        ("DELETE FROM invoices", "a row of run_invoices belongs to nothing"),
    ],
)
def test_a_damaged_ledger_says_what_is_wrong(path: Path, statement: str, problem: str) -> None:
    """A sentence each."""
    with LedgerFile(path) as ledger:
        push(ledger, event())
    spoil(path, statement)
    assert problem in check_ledger(path)


def test_settled_invoices_are_forgotten_by_name_or_age(path: Path) -> None:
    """Never everything at once."""
    with LedgerFile(path) as ledger:
        push(ledger, event("1-01"), event("2-01"), event("2-01", invoice_number="2"), now_s=NOW_S)
    with pytest.raises(LedgerError, match="forget what"):
        forget(path, account="mystore")
    assert 1 == forget(path, account="mystore", order_id="2-01", invoice_number="2")
    assert 0 == forget(path, account="mystore", older_than_s=1e9)
    assert 2 == forget(path, account="mystore", older_than_s=-1e9)
    with LedgerFile(path) as ledger:
        assert [] == rows(ledger, "SELECT * FROM invoices")
