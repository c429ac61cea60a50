"""The whole line: feeds in, one PUT for each invoice that has news, a report that adds up."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pipeline_support import feed_in, names_in, push, results_in, settings_in
from push_support import SENT, TIMED_OUT, Put, Script, Wire, answer, wall_s
from virtual_time import in_virtual_time, now_s

from vtex_tracking.credentials import Credentials, Secret
from vtex_tracking.errors import FeedError, LedgerBusyError, LedgerError, ReportError, SettingsError
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import OutcomeKind, Reason, Summary, TrackingEvent
from vtex_tracking.pipeline import new_run_id, plan_feed, push_feed
from vtex_tracking.progress import Phase
from vtex_tracking.push.wire import Answer
from vtex_tracking.settings import FeedSettings, Rate

NAMES = [f"n{number}" for number in range(1, 10)]


async def pushed(feeds: list[Path], *, wire: Wire, folder: Path, **options: object) -> Summary:
    """A run to its end."""
    async with push(feeds, wire=wire, settings=settings_in(folder, **options)) as run:
        return await run.finish()


@in_virtual_time
async def test_each_invoice_is_sent_once_and_told_once(tmp_path: Path) -> None:
    """The outcomes as they come are those of the report, each once; the report has them in the order of the feed."""
    wire = Wire(lambda put: answer(404) if put.order_id == "o3" else SENT)
    feed = feed_in(tmp_path, invoices=range(1, 10))
    async with push([feed], wire=wire, settings=settings_in(tmp_path)) as run:
        told = [outcome async for outcome in run]
    rows = results_in(tmp_path)
    assert NAMES == [row["invoice_number"] for row in rows]
    assert rows == [outcome._asdict() for outcome in sorted(told, key=lambda outcome: outcome.invoice_number)]
    assert Counter(NAMES) == Counter(put.invoice_number for put in wire.puts)
    assert run.summary is not None
    assert (3, 9, 8, 1) == (
        run.summary.exit_code,
        run.summary.counts.invoices,
        run.summary.counts.sent,
        run.summary.counts.rejected,
    )
    assert (9, {"200": 8, "404": 1}) == (run.summary.requests, run.summary.attempts_by_status)
    assert Phase.ENDED is run.progress.phase
    assert run.report_files is not None


@in_virtual_time
async def test_a_second_run_asks_for_nothing(tmp_path: Path) -> None:
    """What VTEX confirmed is unchanged; it is told, and no request is made."""
    feed, wire = feed_in(tmp_path, invoices=range(1, 10)), Wire()
    await pushed([feed], wire=wire, folder=tmp_path)
    async with push([feed], wire=wire, settings=settings_in(tmp_path)) as run:
        told = [outcome async for outcome in run]
    assert 9 == len(wire.puts)
    assert {(OutcomeKind.UNCHANGED, Reason.ALREADY_SENT, 0)} == {
        (outcome.outcome, outcome.reason, outcome.attempts) for outcome in told
    }
    assert NAMES == sorted(outcome.invoice_number for outcome in told)
    assert run.summary is not None
    assert (0, 9, 0) == (run.summary.exit_code, run.summary.counts.unchanged, run.summary.requests)


@in_virtual_time
async def test_new_facts_are_one_put(tmp_path: Path) -> None:
    """Only the invoice that has news is sent, with everything that is known of it."""
    feed, wire = feed_in(tmp_path, invoices=range(1, 10)), Wire()
    await pushed([feed], wire=wire, folder=tmp_path)
    news = feed_in(tmp_path, invoices=[5], name="news.csv", description="Entregue")
    summary = await pushed([feed, news], wire=wire, folder=tmp_path)
    assert (10, "n5") == (len(wire.puts), wire.puts[-1].invoice_number)
    events = json.loads(wire.puts[-1].body)["events"]
    assert ["Entregue", "Objeto postado"] == sorted(event["description"] for event in events)
    assert (1, 8) == (summary.counts.sent, summary.counts.unchanged)


@in_virtual_time
async def test_without_feeds_a_run_sends_what_is_left(tmp_path: Path) -> None:
    """What an earlier run left needs no feed."""
    feed, wire = feed_in(tmp_path, invoices=range(1, 10)), Wire(latency_s=10)
    summary = await pushed([feed], wire=wire, folder=tmp_path, max_duration_s=15.0)
    assert (6, Reason.MAX_DURATION) == (summary.exit_code, summary.stop_reason)
    assert (8, 1, 8) == (summary.counts.sent, summary.counts.pending, len(wire.puts))
    summary = await pushed([], wire=wire, folder=tmp_path)
    assert (0, 1, 1) == (summary.exit_code, summary.counts.sent, summary.counts.invoices)
    assert Counter(NAMES) == Counter(put.invoice_number for put in wire.puts)


@in_virtual_time
async def test_time_that_is_up_while_the_feed_is_read_accepts_it_and_sends_nothing(tmp_path: Path) -> None:
    """Reading goes on to the feed's end, no request is started, and the next run sends all of it without the feed."""

    async def events() -> AsyncIterator[TrackingEvent]:
        for number in range(20):
            await asyncio.sleep(10)
            yield TrackingEvent(order_id=f"o{number}", invoice_number="n", date="2026-03-02", description="x")

    wire = Wire()
    async with push(events(), wire=wire, settings=settings_in(tmp_path, max_duration_s=15.0)) as run:
        summary = await run.finish()
    assert (6, Reason.MAX_DURATION, 20) == (summary.exit_code, summary.stop_reason, summary.counts.pending)
    assert [] == wire.puts
    assert 20 == (await pushed([], wire=wire, folder=tmp_path)).counts.sent


@in_virtual_time
async def test_events_of_the_callers_own_are_a_feed(tmp_path: Path) -> None:
    """Whatever yields events can be pushed, however many."""

    async def events() -> AsyncIterator[TrackingEvent]:
        for number in range(2500):
            yield TrackingEvent(
                order_id=f"o{number % 50}", invoice_number="n", date=f"2026-03-{number % 28 + 1:02}", description="x"
            )

    wire = Wire()
    async with push(events(), wire=wire, settings=settings_in(tmp_path)) as run:
        summary = await run.finish()
    assert (2500, 50, 50) == (summary.counts.records, summary.counts.sent, len(wire.puts))
    assert 2500 == run.progress.records
    assert ("events", 2500) == (summary.feeds[0].name, summary.feeds[0].records)


@in_virtual_time
async def test_events_that_fail_accept_nothing(tmp_path: Path) -> None:
    """An error of the caller's own is the caller's to see, and nothing of the feed is kept."""

    async def events() -> AsyncIterator[TrackingEvent]:
        yield TrackingEvent(order_id="o1", invoice_number="n", date="2026-03-02", description="x")
        raise ZeroDivisionError

    wire = Wire()
    with pytest.raises(ZeroDivisionError):
        async with push(events(), wire=wire, settings=settings_in(tmp_path)) as run:
            await run.finish()
    assert 0 == (await pushed([], wire=wire, folder=tmp_path)).counts.invoices


@in_virtual_time
async def test_strict_sends_nothing_where_there_is_a_defect(tmp_path: Path) -> None:
    """The defects are reported, and the good records wait until the feed is mended."""
    feed, wire = feed_in(tmp_path, invoices=range(1, 10)), Wire()
    with feed.open("a", encoding="utf-8") as file:
        file.write("o10,n10,31/02/2026,x\n")
    summary = await pushed([feed], wire=wire, folder=tmp_path, is_strict=True)
    assert (5, Reason.DEFECTS, 1, 0) == (
        summary.exit_code,
        summary.stop_reason,
        summary.counts.defects,
        summary.counts.invoices,
    )
    assert [] == wire.puts
    assert 1 == len((tmp_path / "report" / "defects.jsonl").read_text(encoding="utf-8").splitlines())
    summary = await pushed([feed], wire=wire, folder=tmp_path)
    assert (3, 9, 1) == (summary.exit_code, summary.counts.sent, summary.counts.defects)


@in_virtual_time
async def test_strict_sends_nothing_where_a_column_is_not_used(tmp_path: Path) -> None:
    """A column that nobody reads may be one that was meant to be."""
    feed = tmp_path / "feed.csv"
    feed.write_text(
        "order_id,invoice_number,date,description,Transportadora\n1-01,1,2026-10-01,Postado,X\n", encoding="utf-8"
    )
    wire = Wire()
    summary = await pushed([feed], wire=wire, folder=tmp_path, is_strict=True)
    assert (5, Reason.DEFECTS, []) == (summary.exit_code, summary.stop_reason, wire.puts)
    assert "Transportadora" in summary.notices[-1].message


@pytest.mark.parametrize(
    ("script", "exit_code"),
    [
        (lambda _put: SENT, 0),
        (lambda put: SENT if put.order_id != "o1" else answer(400), 3),
        (lambda put: SENT if put.order_id != "o1" else TIMED_OUT, 4),
        (lambda put: {"o1": answer(400), "o2": TIMED_OUT}.get(put.order_id, SENT), 4),
        (lambda _put: answer(302), 2),
        (lambda put: {"o1": answer(400), "o2": TIMED_OUT}.get(put.order_id, answer(429, retry_after_s=3600)), 6),
        (lambda put: {"o1": answer(400)}.get(put.order_id, answer(401)), 7),
    ],
)
@in_virtual_time
async def test_the_exit_code_says_the_worst(tmp_path: Path, script: Script, exit_code: int) -> None:
    """Of several that hold the one that stops most is said; the accounts add up in each case."""
    summary = await pushed([feed_in(tmp_path, invoices=range(1, 10))], wire=Wire(script), folder=tmp_path)
    assert exit_code == summary.exit_code
    assert () == summary.counts.faults()
    document = json.loads((tmp_path / "report" / "summary.json").read_text(encoding="utf-8"))
    assert exit_code == document["exit_code"]


@in_virtual_time
async def test_refused_keys_leave_everything_for_the_next_run(tmp_path: Path) -> None:
    """At most one request more than there are places; then, with good keys, each invoice is sent."""
    feed = feed_in(tmp_path, invoices=range(1, 101))
    wire = Wire(lambda _put: answer(401))
    summary = await pushed([feed], wire=wire, folder=tmp_path)
    assert (7, 100) == (summary.exit_code, summary.counts.pending)
    assert len(wire.puts) <= 5
    again = Wire()
    summary = await pushed([], wire=again, folder=tmp_path)
    assert (0, 100, 100) == (summary.exit_code, summary.counts.sent, len(again.puts))


@in_virtual_time
async def test_a_limit_leaves_the_rest_pending(tmp_path: Path) -> None:
    """A first try with a few invoices is a run that ended early; what it shows is what it will do."""
    async with push(
        [feed_in(tmp_path, invoices=range(1, 10))],
        wire=(wire := Wire()),
        settings=settings_in(tmp_path, invoices_max=3),
    ) as run:
        summary = await run.finish()
    assert (6, 3, 6, 3) == (summary.exit_code, summary.counts.sent, summary.counts.pending, len(wire.puts))
    assert 3 == run.progress.invoices


@in_virtual_time
async def test_other_bytes_wait_for_what_may_still_arrive(tmp_path: Path) -> None:
    """New facts of an invoice that is in doubt go out when the quiet period is over."""
    feed, wire = feed_in(tmp_path, invoices=[1]), Wire(lambda put: TIMED_OUT if put.number <= 5 else SENT)
    assert 1 == (await pushed([feed], wire=wire, folder=tmp_path)).counts.unknown
    doubted_s = now_s()
    news = feed_in(tmp_path, invoices=[1], name="news.csv", description="Entregue")
    await pushed([news], wire=wire, folder=tmp_path)
    assert wire.puts[5].at_s - doubted_s == pytest.approx(120, abs=1)


@in_virtual_time
async def test_what_was_in_doubt_goes_again_at_once_with_the_same_bytes(tmp_path: Path) -> None:
    """The same bytes can do no harm."""
    feed, wire = feed_in(tmp_path, invoices=[1]), Wire(lambda put: TIMED_OUT if put.number <= 5 else SENT)
    await pushed([feed], wire=wire, folder=tmp_path)
    doubted_s = now_s()
    await pushed([feed], wire=wire, folder=tmp_path)
    assert wire.puts[5].at_s - doubted_s < 1
    assert 1 == len({put.body for put in wire.puts})


@in_virtual_time
async def test_the_next_run_begins_at_the_rate_that_the_account_bears(tmp_path: Path) -> None:
    """What a run found out is not asked for again: asked for 100/s, an account that bears 20/s is begun at about that."""
    starts_s: list[float] = []

    def bear_20_a_second(put: Put) -> Answer:
        starts_s.append(put.at_s)
        is_over = sum(put.at_s - at_s < 1 for at_s in starts_s) > 20
        return answer(429, retry_after_s=1) if is_over else SENT

    feed = feed_in(tmp_path, invoices=range(300))
    settings = settings_in(tmp_path, rate=Rate(100), concurrency=20)
    async with push([feed], wire=Wire(bear_20_a_second), settings=settings) as run:
        assert 300 == (await run.finish()).counts.sent
    news, wire = feed_in(tmp_path, invoices=range(100), description="Entregue"), Wire()
    async with push([news], wire=wire, settings=settings) as run:
        await run.finish()
    first_second = [at_s for at_s in wire.starts_s if at_s - wire.starts_s[0] < 1]
    assert 10 <= len(first_second) <= 30


# ---------------------------------------------------------------- what stops a run before it begins


@in_virtual_time
async def test_what_can_be_seen_at_once_is_said_at_once(tmp_path: Path) -> None:
    """No credentials, no such host, no such feed: before anything is opened."""
    settings = settings_in(tmp_path)
    with pytest.raises(SettingsError, match="credentials"):
        push_feed([], settings=settings)
    with pytest.raises(SettingsError, match="base-url"):
        push([], wire=Wire(), settings=settings_in(tmp_path, base_url="http://example.com"))
    with pytest.raises(FeedError):
        push([tmp_path / "none.csv"], wire=Wire(), settings=settings)
    assert [] == names_in(tmp_path)


@in_virtual_time
async def test_a_report_that_cannot_be_written_is_found_before_the_first_request(tmp_path: Path) -> None:
    """Where the report's folder should be there is a file."""
    (tmp_path / "report").write_text("", encoding="utf-8")
    wire = Wire()
    with pytest.raises(ReportError):
        await pushed([feed_in(tmp_path, invoices=[1])], wire=wire, folder=tmp_path)
    assert [] == wire.puts


@in_virtual_time
async def test_a_report_lost_on_the_way_loses_nothing_else(tmp_path: Path) -> None:
    """The ledger is settled before the report is written."""

    def take_the_folder_away(_put: Put) -> Answer:
        (tmp_path / "report").rmdir()
        (tmp_path / "report").write_text("", encoding="utf-8")
        return SENT

    feed, wire = feed_in(tmp_path, invoices=[1]), Wire(take_the_folder_away)
    with pytest.raises(ReportError):
        await pushed([feed], wire=wire, folder=tmp_path)
    summary = await pushed([feed], wire=wire, folder=tmp_path, report_dir=None)
    assert (1, 1) == (summary.counts.unchanged, len(wire.puts))


@in_virtual_time
async def test_refused_keys_are_said_also_where_the_report_cannot_be_written(tmp_path: Path) -> None:
    """Exit 7 comes before 8, and the message tells both."""

    def take_the_folder_away(put: Put) -> Answer:
        if put.number == 1:
            (tmp_path / "report").rmdir()
            (tmp_path / "report").write_text("", encoding="utf-8")
        return answer(401)

    with pytest.raises(ReportError, match=r"(?s)refus.*cannot be written") as raised:
        await pushed([feed_in(tmp_path, invoices=range(1, 10))], wire=Wire(take_the_folder_away), folder=tmp_path)
    assert 7 == raised.value.exit_code


@in_virtual_time
async def test_two_runs_cannot_hold_one_ledger(tmp_path: Path) -> None:
    """The second says who has it, and sends nothing."""
    feed, wire = feed_in(tmp_path, invoices=range(1, 10)), Wire()
    settings = settings_in(tmp_path, report_dir=None)
    async with push([feed], wire=wire, settings=settings) as run:
        async for _ in run:
            with pytest.raises(LedgerBusyError):
                async with push([feed], wire=wire, settings=settings) as second:
                    await second.finish()
            break
        else:
            raise AssertionError("no outcome")
        await run.finish()
    assert 9 == len(wire.puts)


@in_virtual_time
async def test_a_full_disk_stops_sending_at_once(tmp_path: Path) -> None:
    """No intent, no request; when there is room again the next run goes on, and no outcome that was told is lost."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_the_disk(put: Put) -> Answer:
        if put.number == 50:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        return SENT

    feed, wire = feed_in(tmp_path, invoices=range(1, 501)), Wire(fill_the_disk)
    told: list[str] = []

    async def take() -> None:
        async with push([feed], wire=wire, settings=settings_in(tmp_path, report_dir=None)) as run:
            async for outcome in run:
                told.append(outcome.invoice_number)  # noqa: PERF401 - what was told before the end counts

    try:
        with pytest.raises(LedgerError, match="nothing that was reported is lost"):
            await take()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(wire.puts) <= 50 + 4 + 100  # what is in flight, and what is claimed
    again = Wire()
    summary = await pushed([], wire=again, folder=tmp_path)
    assert 0 == summary.exit_code
    assert set() == set(told) & {put.invoice_number for put in again.puts}
    assert {f"n{number}" for number in range(1, 501)} == {put.invoice_number for put in (*wire.puts, *again.puts)}


@in_virtual_time
async def test_a_bug_in_the_middle_keeps_what_was_answered(tmp_path: Path) -> None:
    """An exception ends the run; answers that came before it are in the ledger, and are not asked for again."""

    def fail(put: Put) -> Answer:
        if put.number == 20:
            raise ZeroDivisionError
        return SENT

    feed, wire = feed_in(tmp_path, invoices=range(1, 101)), Wire(fail)
    with pytest.raises(ExceptionGroup) as raised:
        await pushed([feed], wire=wire, folder=tmp_path)
    assert raised.group_contains(ZeroDivisionError)
    again = Wire()
    await pushed([], wire=again, folder=tmp_path)
    twice = {put.invoice_number for put in wire.puts} & {put.invoice_number for put in again.puts}
    assert {put.invoice_number for put in wire.puts[19:]} == twice  # those that were in flight then
    assert len(wire.puts) <= 20 + 3


@in_virtual_time
async def test_what_was_in_flight_when_a_run_died_is_in_doubt(tmp_path: Path) -> None:
    """Nobody knows what became of it: other bytes of the same invoice wait for the quiet period."""

    def fail(_put: Put) -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        await pushed([feed_in(tmp_path, invoices=[1])], wire=Wire(fail), folder=tmp_path)
    began_s, wire = now_s(), Wire()
    await pushed([feed_in(tmp_path, invoices=[1], description="Entregue")], wire=wire, folder=tmp_path)
    assert wire.puts[0].at_s - began_s == pytest.approx(120, abs=1)


# ---------------------------------------------------------------- without a ledger, without the network


@in_virtual_time
async def test_a_run_needs_no_file_but_the_feed(tmp_path: Path) -> None:
    """Without a ledger and a report the outcomes are all there is, and a notice says so."""
    wire = Wire()
    settings = settings_in(tmp_path, ledger_path=None, report_dir=None)
    async with push([feed_in(tmp_path, invoices=range(1, 10))], wire=wire, settings=settings) as run:
        assert NAMES == sorted([outcome.invoice_number async for outcome in run])
    assert run.summary is not None
    assert ["no_ledger"] == [notice.code for notice in run.summary.notices]
    assert None is run.report_files
    assert ["feed.csv"] == names_in(tmp_path)


@in_virtual_time
async def test_a_ledger_that_came_from_another_machine_is_told_before_the_first_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At once, for who can still stop the run, and in the report."""
    feed, seen = feed_in(tmp_path, invoices=[1]), list[str]()

    def look(_put: Put) -> Answer:
        seen.extend(caplog.messages)
        return SENT

    await pushed([feed], wire=Wire(), folder=tmp_path)
    with LedgerFile(tmp_path / "ledger" / "mystore.db") as ledger, ledger.transaction() as sql:
        sql.execute("UPDATE runs SET host = 'elsewhere'")
    feed_in(tmp_path, invoices=[1], description="Entregue")
    summary = await pushed([feed], wire=Wire(look), folder=tmp_path)
    assert ["other_host"] == [notice.code for notice in summary.notices]
    assert [notice.message for notice in summary.notices] == seen


@in_virtual_time
async def test_a_plan_says_what_a_push_would_do_and_changes_nothing(tmp_path: Path) -> None:
    """New, changed, unchanged and left over are counted; no request, and the same plan again."""
    wire = Wire(latency_s=10)
    await pushed([feed_in(tmp_path, invoices=range(1, 6))], wire=wire, folder=tmp_path, max_duration_s=5.0)
    feed_in(tmp_path, invoices=[1], name="feed2.csv", description="Entregue")
    feed_in(tmp_path, invoices=[2, 6, 7], name="feed1.csv")
    for _ in range(2):
        plan = await plan_feed([tmp_path / "feed[12].csv"], settings=settings_in(tmp_path), wall_s=wall_s)
        assert (2, 1, 1, 1) == (plan.new, plan.changed, plan.unchanged, plan.resumed)
        assert 4 == plan.requests
        assert 0 == plan.exit_code
    assert 4 == len(wire.puts)


@in_virtual_time
async def test_a_plan_needs_no_ledger(tmp_path: Path) -> None:
    """Before the first run everything is new, and no ledger is made for a plan."""
    plan = await plan_feed([feed_in(tmp_path, invoices=range(1, 10))], settings=settings_in(tmp_path))
    assert (9, 9) == (plan.new, plan.requests)
    limited = await plan_feed([tmp_path / "feed.csv"], settings=settings_in(tmp_path, invoices_max=2))
    assert (9, 2) == (limited.new, limited.requests)
    assert ["feed.csv"] == names_in(tmp_path)


async def test_a_run_with_credentials_has_a_wire_of_its_own(tmp_path: Path) -> None:
    """Where nobody listens nothing left, and the next run takes it up."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings = settings_in(
            tmp_path,
            base_url=f"http://127.0.0.1:{unused.getsockname()[1]}",
            attempts=1,
            feed=FeedSettings(format="csv"),
        )
        credentials = Credentials(app_key=Secret("CANARY-KEY-4711"), app_token=Secret("CANARY-TOKEN-4711"))
        feed = feed_in(tmp_path, invoices=[1])
        async with push_feed([feed], settings=settings, credentials=credentials, run_id="one") as run:
            (outcome,) = [outcome async for outcome in run]
    assert ("one", OutcomeKind.FAILED, Reason.UNREACHABLE) == (outcome.run_id, outcome.outcome, outcome.reason)
    assert run.summary is not None
    assert 4 == run.summary.exit_code


def test_run_ids_sort_by_time_and_differ() -> None:
    """Two runs of one second have different names."""
    ids = {new_run_id() for _ in range(20)}
    assert len(ids) > 1
    assert all(len("20261123T031500Z-4f2a") == len(run_id) for run_id in ids)
