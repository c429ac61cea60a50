"""What a report is written from: outcomes, sums, reasons, and the runs of the past."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    FEED,
    LEFT_FAILED,
    LEFT_UNKNOWN,
    NOT_FOUND,
    NOW_S,
    SETTINGS,
    TIMED_OUT,
    UNREACHABLE,
    defect,
    event,
    open_run,
    push,
    rows,
)

from vtex_tracking.errors import LedgerError, SettingsError
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.history import begin_run, find_run, past_runs
from vtex_tracking.ledger.sqlite.outcomes import utc_text
from vtex_tracking.model import (
    Counts,
    FeedWarning,
    Notice,
    Outcome,
    OutcomeKind,
    Percentiles,
    Reason,
    Settlement,
    TopReason,
)
from vtex_tracking.summing import shown_settings

MANY = 1001  # a page and one more
_ENDS = (
    (CONFIRMED,),
    (UNREACHABLE, NOT_FOUND),
    (UNREACHABLE,),
    (LEFT_FAILED,),
    (TIMED_OUT, LEFT_UNKNOWN),
    (TIMED_OUT,),
)


def test_a_run_remembers_what_it_set_out_with(ledger: LedgerFile) -> None:
    """Feeds, settings, version and time, as they were; a name may be any that a file can have."""
    feed = evolve(FEED, name="S\udce3o.csv", warnings=("a", "b"), unused_columns=("c",))
    history = begin_run(
        ledger,
        run_id="run-1",
        account="mystore",
        version="0.1.0",
        settings=shown_settings(SETTINGS),
        feeds=(feed,),
        started_s=NOW_S,
    )
    beginning = history.beginning()
    assert ("run-1", "mystore", "0.1.0", (feed,)) == (
        beginning.run_id,
        beginning.account,
        beginning.version,
        beginning.feeds,
    )
    assert "2027-01-15T08:00:00.000Z" == beginning.started_at
    assert {"count": 10, "window_s": 1.0} == beginning.settings["rate"]


def test_two_runs_have_two_names(ledger: LedgerFile) -> None:
    """The second says so, and nothing of it is in the ledger."""

    def begin() -> None:
        begin_run(ledger, run_id="run-1", account="mystore", version="1", settings={}, feeds=(), started_s=NOW_S)

    begin()
    with pytest.raises(SettingsError, match="has a run run-1 already; give each run an id of its own"):
        begin()
    assert [("run-1",)] == rows(ledger, "SELECT run_id FROM runs")


def test_every_way_to_end_is_counted(ledger: LedgerFile) -> None:
    """The accounts add up, each number counted for itself."""
    push(ledger, event("unchanged"))
    run = open_run(ledger, *(event(name) for name in ("unchanged", "a", "b", "c", "d", "e")), event("a"), defect())
    ends = (CONFIRMED, NOT_FOUND, LEFT_FAILED, LEFT_UNKNOWN)
    for due, last in zip(run.due(), ends, strict=False):
        run.attempt(due, last)
    expected = Counts(
        records=8,
        events=6,
        duplicates=1,
        defects=1,
        invoices=6,
        sent=1,
        unchanged=1,
        rejected=1,
        failed=1,
        unknown=1,
        pending=1,
    )
    assert expected == run.history.counts()
    assert () == expected.faults()


def test_an_outcome_that_nobody_knows_is_a_fault(ledger: LedgerFile) -> None:
    """Its invoice is counted, and no sum makes up for it."""
    run = open_run(ledger, event("1-01"), event("2-01"))
    ledger.sql.execute("UPDATE run_invoices SET outcome = 'odd' WHERE seq = (SELECT max(seq) FROM run_invoices)")
    assert ("2 invoices, but 1 outcomes",) == run.history.counts().faults()


def test_outcomes_are_looked_up_together(ledger: LedgerFile) -> None:
    """One question, however many are asked for; they come in the order asked for, twice where asked twice."""
    run = open_run(ledger, *(event(f"{number}-01") for number in range(9)))
    seqs = [due.seq for due in run.due()]
    asked: list[str] = []
    ledger.sql.set_trace_callback(asked.append)
    found = run.history.outcomes_of([*reversed(seqs), seqs[0]])
    assert 1 == len(asked)
    assert [*(f"{number}-01" for number in reversed(range(9))), "0-01"] == [outcome.order_id for outcome in found]


def test_an_outcome_has_its_times(ledger: LedgerFile) -> None:
    """From the first intent to the settlement, in UTC, to the millisecond."""
    run = open_run(ledger, event("1-01", place="São.csv:7"), event("2-01"))
    one, _other = run.due()
    run.attempt(one, UNREACHABLE, now_s=NOW_S + 1)
    run.intend(one, now_s=NOW_S + 3)
    run.settle(one, evolve(CONFIRMED, started_s=NOW_S + 3), now_s=NOW_S + 3.2504)
    first, second = run.history.outcomes()
    assert ("2027-01-15T08:00:01.000Z", "2027-01-15T08:00:03.250Z", 2250, 2, "São.csv:7") == (
        first.started_at,
        first.finished_at,
        first.duration_ms,
        first.attempts,
        first.first_place,
    )
    assert (None, None, None, 0) == (second.started_at, second.finished_at, second.duration_ms, second.attempts)


def test_outcomes_come_in_the_order_of_the_feed_however_many(ledger: LedgerFile) -> None:
    """A page at a time, and no more than that in memory."""
    run = open_run(ledger, *(event(f"{MANY - number}-01") for number in range(MANY)))
    expected = [f"{MANY - number}-01" for number in range(MANY)]
    assert expected == [outcome.order_id for outcome in run.history.outcomes()]
    assert expected == [outcome.order_id for outcome in run.history.outcomes("left over")]
    assert [] == list(run.history.outcomes("known at once"))
    asked: list[str] = []
    ledger.sql.set_trace_callback(asked.append)
    assert "1001-01" == next(run.history.outcomes()).order_id
    assert ["LIMIT 1000"] == [question[-10:] for question in asked]


@given(
    ends=st.permutations([(seq, end) for seq, end in enumerate([*_ENDS, *_ENDS])]),
    most=st.integers(1, 9),
    settled=st.integers(0, 2 * len(_ENDS)),
)
def test_a_roll_has_each_outcome_once_as_it_is_in_the_end(
    ends: list[tuple[int, tuple[Settlement, ...]]], most: int, settled: int
) -> None:
    """Whenever it is asked, and in whatever order updates end; it gives all that stand before the first that has not ended."""
    with LedgerFile(None) as ledger:
        push(ledger, event("unchanged"))
        run = open_run(ledger, *(event(name) for name in ("0", "1", "unchanged", *map(str, range(2, len(ends))))))
        roll, dues, had = run.history.roll(), run.due(), list[Outcome]()
        for number, (at, settlements) in enumerate(ends):
            for settlement in settlements:
                run.attempt(dues[at], settlement)
            if number < settled:
                had += roll.ended(most)
        while more := roll.ended(most):
            had += more
        first_open = min(dues[at].seq for at, settlements in ends if settlements[-1].outcome is None)
        assert first_open - dues[0].seq == len(had)
        run.finish()
        assert list(run.history.outcomes()) == [*had, *roll.rest()]


def test_defects_come_in_the_order_of_the_feed_however_many(ledger: LedgerFile) -> None:
    """More than a page."""
    run = open_run(ledger, *(defect(place=f"a:{number}") for number in range(MANY)))
    assert [f"a:{number}" for number in range(MANY)] == [found.place for found in run.history.defects()]


def test_who_listens_hears_each_outcome_once(ledger: LedgerFile) -> None:
    """Known at once, as it is settled, or left over at the end: never two of these."""
    push(ledger, event("unchanged"))
    push(ledger, event("held"), settlement=BAD_REQUEST)
    run = open_run(ledger, *(event(name) for name in ("held", "unchanged", "sent", "refused", "doubted", "open")))
    sent, refused, doubted, _open = run.due()
    run.attempt(sent, CONFIRMED)
    run.attempt(refused, BAD_REQUEST)
    run.intend(doubted)
    run.finish()

    def names(which: str) -> list[str]:
        return [outcome.order_id for outcome in run.history.outcomes(which)]  # type: ignore[arg-type] # one of three

    settled = run.history.outcomes_of([refused.seq, sent.seq])
    assert ["held", "unchanged"] == names("known at once")
    assert ["refused", "sent"] == [outcome.order_id for outcome in settled]
    assert ["doubted", "open"] == names("left over")
    assert ["held", "unchanged", "sent", "refused", "doubted", "open"] == names("all")


def test_traffic_is_counted_from_the_intents(ledger: LedgerFile) -> None:
    """By status, or by why there was none; an attempt that nobody heard of again counts too."""
    run = open_run(ledger, *(event(f"{number}-01") for number in range(4)))
    one, two, three, four = run.due()
    run.attempt(one, UNREACHABLE, now_s=NOW_S + 1)
    run.attempt(one, CONFIRMED, now_s=NOW_S + 2)
    run.attempt(two, NOT_FOUND, now_s=NOW_S + 3)
    run.intend(three, now_s=NOW_S + 9)
    run.intend(four)
    run.withdraw(four)
    traffic = run.history.traffic()
    assert (4, NOW_S + 1, NOW_S + 9) == (traffic.requests, traffic.first_s, traffic.last_s)
    assert {"200": 1, "404": 1, "none": 1, "unreachable": 1} == traffic.attempts_by_status


@pytest.mark.parametrize(
    ("latencies", "expected"),
    [
        ([], None),
        ([7], Percentiles(p50=7, p90=7, p99=7, max=7)),
        (list(range(100, 0, -1)), Percentiles(p50=51, p90=91, p99=100, max=100)),
    ],
)
def test_latency_is_that_of_the_answers(ledger: LedgerFile, latencies: list[int], expected: Percentiles | None) -> None:
    """In milliseconds; without an answer there is none."""
    run = open_run(ledger, event(), event("2-01"))
    one, other = run.due()
    run.attempt(other, UNREACHABLE)
    for latency_ms in latencies:
        run.attempt(one, evolve(CONFIRMED, outcome=None, latency_ms=latency_ms))
    assert expected == run.history.traffic().latency_ms


def test_a_run_without_a_request_has_no_traffic(ledger: LedgerFile) -> None:
    """Zeroes, and no division by them."""
    traffic = open_run(ledger).history.traffic()
    assert (0, {}, None, 0.0, 0.0) == (
        traffic.requests,
        traffic.attempts_by_status,
        traffic.latency_ms,
        traffic.first_s,
        traffic.last_s,
    )


def test_the_most_frequent_reasons_come_first(ledger: LedgerFile) -> None:
    """Each with the first invoice of it; what was sent or unchanged has no reason."""
    push(ledger, event("unchanged"))
    names = ("unchanged", "a", "b", "c", "d", "e")
    run = open_run(ledger, *(event(name, place=f"feed.csv:{name}") for name in names))
    for due, last in zip(run.due(), (CONFIRMED, BAD_REQUEST, NOT_FOUND, NOT_FOUND, LEFT_FAILED), strict=True):
        run.attempt(due, last)
    found = run.history.top_reasons()
    expected = TopReason(
        outcome=OutcomeKind.REJECTED,
        reason=Reason.NOT_FOUND,
        count=2,
        order_id="c",
        invoice_number="1",
        first_place="feed.csv:c",
    )
    assert expected == found[0]
    assert [(Reason.BAD_REQUEST, 1, "b"), (Reason.UNREACHABLE, 1, "e")] == [
        (top.reason, top.count, top.order_id) for top in found[1:]
    ]


def test_the_most_frequent_defects_come_first(ledger: LedgerFile) -> None:
    """At most five codes."""
    codes = ["b"] * 2 + ["a"] * 3 + ["c", "d", "e", "f"]
    run = open_run(ledger, *(defect(code) for code in codes))
    assert [("a", 3), ("b", 2), ("c", 1), ("d", 1), ("e", 1)] == list(run.history.top_defects().items())


def test_a_summary_comes_back_as_it_was(ledger: LedgerFile) -> None:
    """Field for field, and None for a run that was cut short."""
    run = open_run(ledger, event(), defect())
    run.attempt(run.due()[0], NOT_FOUND)
    assert run.history.summary() is None
    run.finish(now_s=NOW_S + 5)
    summary = run.history.summary()
    assert summary is not None
    assert ("run-1", 3, "2027-01-15T08:00:05.000Z") == (summary.run_id, summary.exit_code, summary.finished_at)
    assert run.history.counts() == summary.counts
    assert run.history.top_reasons() == summary.top_reasons
    assert (FEED,) == summary.feeds
    assert shown_settings(SETTINGS)["rate"] == summary.settings["rate"]
    odd = evolve(summary, notices=(Notice(code="feed", message="S\udce3o.csv: changed while it was read"),))
    run.history.finish(odd)
    assert odd.notices == getattr(run.history.summary(), "notices", ())


def test_warnings_are_kept_in_their_order(ledger: LedgerFile) -> None:
    """Those of a run, whenever they were said, whole and in pages."""
    said = [FeedWarning(code="odd", place=f"feed.csv:{number}", problem="é odd") for number in range(2500)]
    first, second = push(ledger, event()).history, open_run(ledger).history
    first.keep_warnings(said[:2000])
    second.keep_warnings(said[:1])
    first.keep_warnings(iter(said[2000:]))
    first.keep_warnings([])
    assert said == list(first.warnings())
    assert said[:1] == list(second.warnings())
    assert [("odd", 2501)] == rows(ledger, "SELECT code, count(*) FROM warnings GROUP BY code")


def test_a_run_knows_whether_the_one_before_it_was_made_elsewhere(ledger: LedgerFile) -> None:
    """Only the newest before it counts, of whatever account, and the first has none."""
    runs = [push(ledger, event()).history, *(open_run(ledger).history for _ in range(3))]
    ledger.sql.execute("UPDATE runs SET host = 'elsewhere' WHERE run_no = 2")
    assert [None, socket.gethostname(), None] == [run.host_before() for run in (runs[0], runs[1], runs[3])]
    assert "elsewhere" == runs[2].host_before()


def test_a_run_is_found_by_its_name_or_is_the_last(ledger: LedgerFile) -> None:
    """Who names one that is not there is told where to look."""
    with pytest.raises(LedgerError, match="has no run yet"):
        find_run(ledger, run_id=None)
    first, second = push(ledger, event()), open_run(ledger)
    assert second.history.run_no == find_run(ledger, run_id=None).run_no
    assert (first.history.run_no, "run-1") == (
        find_run(ledger, run_id="run-1").run_no,
        find_run(ledger, run_id="run-1").run_id,
    )
    with pytest.raises(LedgerError, match="has no run other; `vtex-tracking runs` lists"):
        find_run(ledger, run_id="other")


def test_past_runs_come_the_latest_first(ledger: LedgerFile) -> None:
    """Of one account or of all; one that was cut short has no end."""
    push(ledger, event())
    push(ledger, event(), settings=evolve(SETTINGS, account="otherstore"))
    open_run(ledger)
    cut_short, other, first = past_runs(ledger, account=None)
    assert ("run-3", None, None, None) == (
        cut_short.run_id,
        cut_short.finished_at,
        cut_short.exit_code,
        cut_short.counts,
    )
    assert ("otherstore", ("feed.csv",), 0) == (other.account, other.feeds, other.exit_code)
    assert first.counts is not None
    assert 1 == first.counts.sent
    assert (cut_short, first) == past_runs(ledger, account="mystore")
    assert () == past_runs(ledger, account="nobody")


def test_a_moment_is_told_in_utc() -> None:
    """ISO 8601 with milliseconds and a Z."""
    assert "1970-01-01T00:00:00.000Z" == utc_text(0)
    assert "2027-01-15T08:00:00.125Z" == utc_text(NOW_S + 0.125)
    assert "2027-01-15T08:00:01.000Z" == utc_text(NOW_S + 0.9999998)
    assert "1969-12-31T23:59:59.500Z" == utc_text(-0.5)


@given(st.floats(min_value=-1e10, max_value=1e11))
def test_a_moment_is_written_as_the_datetime_module_does(moment_s: float) -> None:
    """Rounded to the microsecond, cut to the millisecond."""
    written = datetime.fromtimestamp(moment_s, UTC).isoformat(timespec="milliseconds")
    assert written.replace("+00:00", "Z") == utc_text(moment_s)
