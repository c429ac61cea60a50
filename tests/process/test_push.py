"""The main job, as the night shift sees it: the command in its own process, a VTEX on a real socket."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

from process_support import EVENTS, INVOICES, end, most_in_a_window, push, results, run, start_push, summary, write_feed
from revoked_support import INVOICES as INVOICES_REVOKED
from revoked_support import revoke

from vtex_tracking.sandbox import CourierEvent, Ending, FaultRule, Sandbox


def told(sandbox: Sandbox) -> Counter[tuple[str | None, str | None]]:
    """How often each invoice was told something."""
    return Counter((request.order_id, request.invoice_number) for request in sandbox.requests)


async def test_a_feed_is_pushed_once_and_again_for_nothing_and_then_for_one_event(tmp_path: Path) -> None:
    """One PUT per invoice, the feed's facts at VTEX, sums that hold; a second push sends nothing, a new event one PUT."""
    feed = write_feed(tmp_path / "feed.csv")
    async with Sandbox() as sandbox:
        first = await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)
        assert 3 == first.exit_code, first.stderr
        assert {1} == set(told(sandbox).values())
        assert INVOICES == len(sandbox.requests)
        held = {
            (order_id, invoice_number): package
            for order_id, invoices in sandbox.orders.items()
            for invoice_number, package in invoices.items()
        }
        assert INVOICES == len(held)
        for number in range(INVOICES):
            steps = range((EVENTS - number + INVOICES - 1) // INVOICES)
            events = tuple(
                CourierEvent(
                    date=f"2026-10-{1 + step:02d} 10:00:00", city="Curitiba", state="PR", description=f"Evento {step}"
                )
                for step in steps
            )
            package = held[f"{100_000 + number}-01", f"{number:06d}"]
            assert (False, None, events) == (package.is_delivered, package.delivered_date, package.events)
        counts = summary(tmp_path)["counts"]
        assert {"records": 10_070, "events": EVENTS, "duplicates": 50, "defects": 20} | {
            "invoices": INVOICES,
            "sent": INVOICES,
        } == {name: count for name, count in counts.items() if count}

        again = await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)
        assert (3, INVOICES) == (again.exit_code, len(sandbox.requests))
        assert INVOICES == summary(tmp_path)["counts"]["unchanged"]

        with feed.open("a", encoding="utf-8") as file:
            file.write("100007-01,000007,2026-10-09 10:00:00,Curitiba,PR,Entregue,sim\n")
        third = await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)
        assert (3, INVOICES + 1) == (third.exit_code, len(sandbox.requests))
        package = sandbox.orders["100007-01"]["000007"]
        assert (True, "2026-10-09 10:00", 5) == (package.is_delivered, package.delivered_date, len(package.events))


async def test_no_second_holds_more_requests_than_the_rate_allows(tmp_path: Path) -> None:
    """At 100/s no second of the sandbox's log holds more than 101, from the first one on."""
    feed = write_feed(tmp_path / "feed.csv", invoices=250, events=250, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        ended = await push(sandbox, feed, "--rate", "100/s", folder=tmp_path)
        assert 0 == ended.exit_code, ended.stderr
        assert most_in_a_window([request.at_s for request in sandbox.requests], window_s=1.0) <= 101
        assert summary(tmp_path)["rate_reached"] > 90


async def test_ctrl_c_drains_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """SIGINT: in-flight requests end, the report is whole, exit 130; the next run sends the rest and nothing twice."""
    feed = write_feed(tmp_path / "feed.csv", invoices=400, events=800, duplicates=0, defects=0)
    async with Sandbox(latency_s=0.05) as sandbox:
        process = await start_push(sandbox, feed, "--rate", "200/s", folder=tmp_path)
        await sandbox.reached(100)
        process.send_signal(signal.SIGINT)
        ended = await end(process)
        assert 130 == ended.exit_code, ended.stderr
        counts = summary(tmp_path)["counts"]
        assert (len(sandbox.requests), 400) == (counts["sent"], counts["sent"] + counts["pending"])
        assert {"sent", "pending"} == {result["outcome"] for result in results(tmp_path)}
        assert counts["pending"] > 0

        again = await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)
        assert 0 == again.exit_code, again.stderr
        assert (400, {1}) == (len(told(sandbox)), set(told(sandbox).values()))


async def test_sigterm_is_the_same_with_143(tmp_path: Path) -> None:
    """SIGTERM stops as well as SIGINT does."""
    feed = write_feed(tmp_path / "feed.csv", invoices=400, events=400, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        process = await start_push(sandbox, feed, "--rate", "100/s", folder=tmp_path)
        await sandbox.reached(20)
        process.send_signal(signal.SIGTERM)
        ended = await end(process)
        assert (143, len(sandbox.requests)) == (ended.exit_code, summary(tmp_path)["counts"]["sent"])


async def test_after_kill_9_only_what_was_in_flight_may_be_sent_again(tmp_path: Path) -> None:
    """Kill -9 loses nothing: the next run sends the rest, and again at most what was in flight or not on the disk yet."""
    concurrency = 10
    feed = write_feed(tmp_path / "feed.csv", invoices=400, events=800, duplicates=0, defects=0)
    async with Sandbox(latency_s=0.02) as sandbox:
        process = await start_push(sandbox, feed, "--rate", "300/s", "--concurrency", str(concurrency), folder=tmp_path)
        await sandbox.reached(150)
        process.kill()
        assert -signal.SIGKILL == (await end(process)).exit_code

        again = await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)
        assert 0 == again.exit_code, again.stderr
        times = told(sandbox)
        assert 400 == len(times)
        assert sum(times.values()) - 400 <= 2 * concurrency
        assert max(times.values()) <= 2
        checked = await run("ledger", "check", "--ledger", tmp_path / "ledger.db", folder=tmp_path)
        assert 0 == checked.exit_code, checked.stdout


async def test_refused_credentials_stop_the_run(tmp_path: Path) -> None:
    """401 from the start: exit 7, at most concurrency + 1 requests, everything pending."""
    feed = write_feed(tmp_path / "feed.csv", invoices=100, events=100, duplicates=0, defects=0)
    async with Sandbox(credentials=("another-key", "another-token")) as sandbox:
        ended = await push(sandbox, feed, "--rate", "500/s", "--concurrency", "8", folder=tmp_path)
        assert 7 == ended.exit_code, ended.stderr
        assert len(sandbox.requests) <= 8 + 1
        assert (100, 100) == (summary(tmp_path)["counts"]["invoices"], summary(tmp_path)["counts"]["pending"])
        assert "another-token" not in ended.stdout + ended.stderr
        assert "some-token" not in ended.stdout + ended.stderr


async def test_a_key_that_is_revoked_on_the_way_wastes_few_requests_and_loses_nothing(tmp_path: Path) -> None:
    """401 from the middle on: exit 7, the rest pending; then a good key sends that, and nothing twice."""
    trial = await revoke(invoices=INVOICES_REVOKED, folder=tmp_path)
    assert [] == list(trial.problems())


async def test_one_bad_minute_of_vtex_is_got_over(tmp_path: Path) -> None:
    """Errors, resets and silence on the way: everything is sent in the end, and the report says how often it took."""
    feed = write_feed(tmp_path / "feed.csv", invoices=60, events=60, duplicates=0, defects=0)
    faults = (
        FaultRule(attempts=(1,), share=0.1, status=502),
        FaultRule(attempts=(1,), share=0.1, seed=1, ending=Ending.RESET),
    )
    async with Sandbox(faults=faults) as sandbox:
        ended = await push(sandbox, feed, "--rate", "500/s", "--backoff-max", "100ms", folder=tmp_path)
        assert 0 == ended.exit_code, ended.stderr
        assert 60 == summary(tmp_path)["counts"]["sent"]
        assert len(sandbox.requests) == summary(tmp_path)["requests"] > 60


async def test_a_second_run_on_the_same_ledger_is_turned_away(tmp_path: Path) -> None:
    """Two crons overlap: the second exits 9, names the first, and sends nothing."""
    feed = write_feed(tmp_path / "feed.csv", invoices=400, events=400, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        first = await start_push(sandbox, feed, "--rate", "50/s", folder=tmp_path)
        await sandbox.reached(1)
        second = await push(sandbox, feed, folder=tmp_path)
        first.send_signal(signal.SIGINT)
        await end(first)
        assert (9, True) == (second.exit_code, f"pid {first.pid}" in second.stderr), second.stderr


async def test_without_home_and_locale_it_works_as_well(tmp_path: Path) -> None:
    """Cron gives neither HOME nor LANG; a feed in cp1252 goes out as it should all the same."""
    feed = tmp_path / "feed.csv"
    feed.write_bytes(
        "Pedido;NF;Data;Ocorrência;Cidade/UF\n1-01;0001;02/03/2026;Saiu para entrega;São Paulo/SP\n".encode("cp1252")
    )
    async with Sandbox() as sandbox:
        options = ("--account", "mystore", "--base-url", sandbox.url, "--ledger", tmp_path / "ledger.db")
        ended = await run("push", feed, *options, folder=tmp_path, LC_ALL="C", HOME="/nonexistent", PYTHONUTF8="0")
        assert 0 == ended.exit_code, ended.stderr
        assert "São Paulo" == sandbox.orders["1-01"]["0001"].events[0].city
