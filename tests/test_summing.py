"""What a run comes to: its exit code, its sums, and what a person should know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from attrs import evolve
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    FEED,
    LEFT_FAILED,
    LEFT_UNKNOWN,
    NOW_S,
    SETTINGS,
    defect,
    event,
    open_run,
    push,
)

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import Counts, FeedWarning, Notice, Reason, Settlement
from vtex_tracking.push.verdict import Stop
from vtex_tracking.settings import FeedMapping, FeedSettings, Rate
from vtex_tracking.summing import (
    exit_code_of,
    notices_of,
    notices_of_ledger,
    notices_of_place,
    shown_settings,
    summary_of,
    warnings_of,
)

REFUSED = Stop(exit_code=7, reason=Reason.CREDENTIALS_REFUSED, message="the keys were refused")


@pytest.fixture
def ledger() -> Iterator[LedgerFile]:
    with LedgerFile(None) as ledger:
        yield ledger


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(), 0),
        (Counts(sent=1, unchanged=1, duplicates=1), 0),
        (Counts(rejected=1), 3),
        (Counts(defects=1), 3),
        (Counts(failed=1, rejected=1), 4),
        (Counts(unknown=1, defects=1), 4),
        (Counts(pending=1, failed=1, rejected=1), 6),
    ],
)
def test_the_exit_code_says_what_is_left_to_do(counts: Counts, expected: int) -> None:
    """The next run's work before a person's."""
    assert expected == exit_code_of(counts, stop_exit_code=None)


def test_what_stopped_a_run_comes_before_all_that_is_left() -> None:
    """Whatever the counts are."""
    for pending, failed, code in product((0, 1), (0, 1), (2, 5, 6, 7, 130, 143)):
        assert code == exit_code_of(Counts(pending=pending, failed=failed), stop_exit_code=code)


@pytest.mark.parametrize(("last", "expected"), [(CONFIRMED, 0), (BAD_REQUEST, 3), (LEFT_FAILED, 4), (LEFT_UNKNOWN, 4)])
def test_a_run_exits_as_its_invoices_ended(ledger: LedgerFile, last: Settlement, expected: int) -> None:
    """One that nobody stopped has no reason to have stopped."""
    summary = push(ledger, event(), settlement=last).history.summary()
    assert summary is not None
    assert (expected, Reason.NONE) == (summary.exit_code, summary.stop_reason)


def test_a_summary_is_the_run_as_the_ledger_has_it(ledger: LedgerFile) -> None:
    """Rates are starts a second: asked as set, reached between the first and the last start."""
    run = open_run(
        ledger, *(event(f"{number}-01") for number in range(5)), settings=evolve(SETTINGS, rate=Rate(60, window_s=60))
    )
    for second, due in enumerate(run.due()):
        run.attempt(due, CONFIRMED, now_s=NOW_S + second / 3)
    summary = summary_of(run.history, finished_at="2027-01-15T08:01:00.000Z", stop=None)
    assert ("run-1", "0.1.0", "mystore", (FEED,)) == (summary.run_id, summary.version, summary.account, summary.feeds)
    assert (5, {"200": 5}, 1.0, 3.0) == (
        summary.requests,
        summary.attempts_by_status,
        summary.rate_asked,
        summary.rate_reached,
    )
    assert ("2027-01-15T08:00:00.000Z", "2027-01-15T08:01:00.000Z") == (summary.started_at, summary.finished_at)
    assert ((), {}, ()) == (summary.top_reasons, summary.top_defects, summary.notices)


def test_a_run_that_was_stopped_says_why(ledger: LedgerFile) -> None:
    """In its reason and in a notice; what it says itself comes first."""
    run = open_run(ledger, event(), defect())
    said = Notice(code="new_ledger", message="is new")
    summary = summary_of(run.history, finished_at="", stop=REFUSED, notices=[said])
    assert (7, Reason.CREDENTIALS_REFUSED) == (summary.exit_code, summary.stop_reason)
    assert (said, Notice(code="stopped", message="the keys were refused")) == summary.notices
    assert {"bad_date": 1} == summary.top_defects


def test_a_signal_is_outranked_by_a_stop_of_its_own(ledger: LedgerFile) -> None:
    """Refused keys stay refused, also when somebody pressed Ctrl-C meanwhile."""
    history = open_run(ledger, event()).history
    signalled = summary_of(history, finished_at="", stop=None, signalled=130)
    assert (130, Reason.INTERRUPTED, ()) == (signalled.exit_code, signalled.stop_reason, signalled.notices)
    both = summary_of(history, finished_at="", stop=REFUSED, signalled=130)
    assert (7, Reason.CREDENTIALS_REFUSED) == (both.exit_code, both.stop_reason)


def test_accounts_that_do_not_add_up_are_a_bug(ledger: LedgerFile) -> None:
    """Whatever else stopped the run: nothing in its report is to be trusted."""
    run = open_run(ledger, event())
    with ledger.transaction() as sql:
        sql.execute("UPDATE runs SET records = 9")
    summary = summary_of(run.history, finished_at="", stop=REFUSED)
    assert 1 == summary.exit_code
    assert "the accounts do not add up, a bug: 9 records, but 1 events" in summary.notices[-1].message


def test_settings_are_shown_as_json_can_hold_them() -> None:
    """Paths as text, nothing left out."""
    settings = evolve(
        SETTINGS, ledger_path=Path("/a/b.db"), feed=FeedSettings(mapping=FeedMapping(columns={"city": "Cidade"}))
    )
    shown = json.loads(json.dumps(shown_settings(settings)))
    assert "/a/b.db" == shown["ledger_path"]
    assert {"city": "Cidade"} == shown["feed"]["mapping"]["columns"]
    assert {"count": 10, "window_s": 1.0} == shown["rate"]
    assert "full" == shown["events"]


def test_what_was_odd_in_a_feed_is_told() -> None:
    """One notice for each thing, with the feed's name."""
    odd = evolve(
        FEED,
        fallback_lines=3,
        stripped_characters=2,
        unused_columns=("Peso", "Valor"),
        warnings=("feed.csv: changed while read", "feed.csv:1: no column"),
        warning_codes=("feed_changed", "columns"),
    )
    assert [] == notices_of((FEED,))
    assert [
        Notice(code="not_utf8", message="feed.csv: 3 lines are not UTF-8 and were read as cp1252"),
        Notice(code="control_characters", message="feed.csv: 2 control characters were taken out of texts"),
        Notice(code="unused_columns", message="feed.csv: nothing is read from these columns: Peso, Valor"),
        Notice(code="feed_changed", message="feed.csv: changed while read"),
        Notice(code="columns", message="feed.csv:1: no column"),
    ] == notices_of((FEED, odd))
    older = evolve(FEED, warnings=("changed while read",))
    assert [Notice(code="feed", message="changed while read")] == notices_of((older,))


def test_only_what_is_doubtful_in_a_feed_is_a_warning() -> None:
    """What was read as it was meant to be is told, and no more."""
    texts = ("feed.csv: 3 lines look odd", "feed.csv: 1 lines above the header are not read")
    odd = evolve(FEED, warnings=texts, warning_codes=("mojibake", "title_lines"))
    assert [FeedWarning(code="mojibake", place="feed.csv", problem="3 lines look odd")] == list(
        warnings_of((FEED, odd))
    )


def test_a_ledger_that_may_not_be_kept_or_not_be_alone_is_told(tmp_path: Path) -> None:
    """Where it lies on a network, and where the run before was made on another machine; else nothing is."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 0 0:1 / / rw - nfs4 server:/ rw\n")
    with LedgerFile(None) as private:
        assert [] == notices_of_place(private, history=open_run(private).history, mounts=mounts)
    with LedgerFile(tmp_path / "ledger.db") as ledger:
        open_run(ledger)
        history = open_run(ledger).history
        assert [] == notices_of_place(ledger, history=history, mounts=tmp_path / "no such file")
        ledger.sql.execute("UPDATE runs SET host = 'elsewhere' WHERE run_no = 1")
        network, other = notices_of_place(ledger, history=history, mounts=mounts)
    assert ("network_ledger", True) == (
        network.code,
        f"{ledger.path} lies on a network file system (nfs4)" in network.message,
    )
    assert ("other_host", True) == (other.code, "was made on elsewhere" in other.message)


def test_a_memory_that_begins_or_ends_with_the_run_is_told(tmp_path: Path) -> None:
    """Who lost the ledger learns it from the first report."""
    with LedgerFile(None) as ledger:
        assert ["no_ledger"] == [notice.code for notice in notices_of_ledger(ledger)]
    path = tmp_path / "ledger.db"
    with LedgerFile(path) as ledger:
        (notice,) = notices_of_ledger(ledger)
        assert ("new_ledger", True) == (notice.code, str(path) in notice.message)
    with LedgerFile(path) as ledger:
        assert [] == notices_of_ledger(ledger)
