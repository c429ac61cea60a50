"""VTEX wants less, or nothing for a while: the whole account rests, and no update pays for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from fault_server import Put, Server
from fault_support import CONCURRENCY, INVOICES, PATIENCE_S, Pushed, end, push, side_by_side, start, told, until
from process_support import most_in_a_window

from vtex_tracking import Rate
from vtex_tracking.model import Effect, Reason
from vtex_tracking.sandbox import FaultRule, Sandbox

PAUSE_S: Final = 60.0  # of a 429 that names no time


SLOW_S: Final = 5.0  # from an answer on the wire to its pause, on the busiest machine
RETRY_AFTER: Final[tuple[tuple[bytes | None, float], ...]] = (
    (b"7", 7),
    (b"  7\t", 7),
    (b"007", 7),
    (b"", PAUSE_S),
    (b"soon", PAUSE_S),
    (b"-5", PAUSE_S),
    (b"+5", PAUSE_S),
    (b"1e9", PAUSE_S),
    (b"7.5", PAUSE_S),
    ("٣".encode(), PAUSE_S),
    (b"\xff\xfe", PAUSE_S),
    (b"7, 8", PAUSE_S),
    (b"7\r\nRetry-After: 8", PAUSE_S),
    (b"Thu, 99 Foo 2026 25:61:61 GMT", PAUSE_S),
    (b"x" * 5000, PAUSE_S),
    (None, PAUSE_S),
)


async def test_a_429_rests_the_whole_account_for_as_long_as_it_asks(tmp_path: Path) -> None:
    """Seconds or a date, and a minute for anything else; a tenth more at most; nothing of any other invoice starts."""

    async def throttle(number: int, retry_after: bytes | None, least_s: float) -> None:
        header = b"" if retry_after is None else b"Retry-After: %b\r\n" % retry_after
        paused = await pause_by("429 Too Many Requests", headers=header, folder=tmp_path / str(number))
        assert least_s <= paused.lasts_s <= least_s * 1.1 + SLOW_S
        assert {"pending": 3} == paused.ended.counts()
        assert {"always": (Effect.NOT_APPLIED,)} == paused.ended.effects

    await side_by_side(
        {repr(value): throttle(number, value, least_s) for number, (value, least_s) in enumerate(RETRY_AFTER)}
    )


async def test_a_429_may_name_a_date(tmp_path: Path) -> None:
    """The account rests until then, by this machine's clock."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=31), usegmt=True)
    paused = await pause_by("429 Too Many Requests", headers=f"Retry-After: {date}\r\n".encode(), folder=tmp_path)
    assert 25 < paused.lasts_s <= 35 + SLOW_S


async def test_a_503_rests_the_whole_account(tmp_path: Path) -> None:
    """VTEX's own breaker is open: nothing starts before it asks to be tried again, and what it answered is in doubt."""
    paused = await pause_by("503 Service Unavailable", headers=b"Retry-After: 30\r\n", folder=tmp_path)
    assert 30 <= paused.lasts_s <= 33 + SLOW_S
    assert {"unknown": 1, "pending": 2} == paused.ended.counts()
    assert {"always": (Effect.AMBIGUOUS,)} == paused.ended.effects


@frozen
class Paused:
    """For how long one answer rested the account, and the run that was stopped meanwhile."""

    lasts_s: float
    ended: Pushed


async def pause_by(status: str, *, headers: bytes, folder: Path) -> Paused:
    """Answer the first request so, look at the pause that comes of it, and stop the run instead of waiting."""
    loop, answered_s = asyncio.get_running_loop(), 0.0

    async def script(put: Put) -> None:
        nonlocal answered_s
        answered_s = loop.time()
        await put.answer(b"", status=status, headers=headers)

    async with (
        asyncio.timeout(PATIENCE_S),
        Server(script) as server,
        start(server.url, folder=folder, throttle_pause_s=PAUSE_S, concurrency=1) as run,
    ):
        await until(lambda: run.progress.paused_s > 0)
        lasts_s = loop.time() + run.progress.paused_s - answered_s  # however late it is looked at
        run.stop()
        ended = await end(run, folder=folder)
    assert (130, 1) == (ended.summary.exit_code, len(server.requests))
    return Paused(lasts_s, ended)


@pytest.mark.parametrize("retry_after", ["0", "Thu, 01 Jan 1970 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 -0300"])
async def test_a_time_that_has_come_already_is_no_pause(retry_after: str, tmp_path: Path) -> None:
    """Zero seconds, or a date that is past, in any zone: again at once."""
    rule = FaultRule(attempts=(1,), status=429, headers={"Retry-After": retry_after})
    async with Sandbox(faults=(rule,)) as sandbox:
        ended = await push(sandbox.url, folder=tmp_path, throttle_pause_s=PAUSE_S)
    assert (0, dict.fromkeys(INVOICES, 2)) == (ended.summary.exit_code, told(sandbox))


async def test_a_429_is_no_attempt(tmp_path: Path) -> None:
    """Some of them, then one failure that counts, and of two attempts the second is still to come."""
    faults = (FaultRule(attempts=(1, 2), status=429), FaultRule(attempts=(3,), status=502))
    async with Sandbox(faults=faults) as sandbox:
        ended = await push(sandbox.url, folder=tmp_path, attempts=2, throttle_pause_s=0.001)
    assert (0, {"sent": 3}) == (ended.summary.exit_code, ended.counts())
    assert dict.fromkeys(INVOICES, 4) == told(sandbox)


async def test_throttled_too_often_an_update_is_left_to_the_next_run(tmp_path: Path) -> None:
    """It failed for now, proven not applied; the next run sends it."""
    async with Sandbox(faults=(FaultRule(status=429),)) as sandbox:
        ended = await push(sandbox.url, folder=tmp_path, throttle_pause_s=0.001, throttles_max=2)
    assert (4, {"failed": 3}) == (ended.summary.exit_code, ended.counts())
    assert {Reason.THROTTLED} == {outcome.reason for outcome in ended.outcomes.values()}
    assert dict.fromkeys(INVOICES, (Effect.NOT_APPLIED,) * 2) == ended.effects
    async with Sandbox() as well:
        again = await push(well.url, folder=tmp_path)
    assert (0, dict.fromkeys(INVOICES, 1)) == (again.summary.exit_code, told(well))


async def test_a_storm_of_429_costs_a_few_requests_for_each_pause(tmp_path: Path) -> None:
    """While VTEX refuses everything, no pause is followed by more requests than may be in flight; then all is sent."""
    storm = 6
    pause_s = 0.1

    async def refuse_at_first(put: Put) -> None:
        await (put.answer() if put.number > storm else put.answer(b"", status="429 Too Many Requests"))

    invoices = [f"n{number:02d}" for number in range(12)]
    async with Server(refuse_at_first) as server:
        ended = await push(server.url, folder=tmp_path, invoices=invoices, throttle_pause_s=pause_s)
    assert (0, {"sent": 12}) == (ended.summary.exit_code, ended.counts())
    assert 12 + storm == len(server.requests)
    starts_s = [put.at_s for put in server.requests[:storm]]
    assert most_in_a_window(starts_s, window_s=pause_s * 0.8) <= CONCURRENCY + 1


async def test_no_window_holds_more_than_the_rate_whatever_fails(tmp_path: Path) -> None:
    """Retries pay as first attempts do, from the first moment on."""
    rate = Rate(10, window_s=0.25)
    invoices = [f"n{number:02d}" for number in range(40)]
    faults = (FaultRule(attempts=(1, 2), share=0.4, status=409),)
    async with Sandbox(faults=faults) as sandbox:
        ended = await push(sandbox.url, folder=tmp_path, invoices=invoices, rate=rate, concurrency=20)
    assert (0, {"sent": 40}) == (ended.summary.exit_code, ended.counts())
    assert len(sandbox.requests) > 55
    assert most_in_a_window([heard.at_s for heard in sandbox.requests], window_s=rate.window_s) <= rate.count + 1


# ---------------------------------------------------------------- side by side


async def test_a_fifth_of_requests_failing_at_random_is_got_over(tmp_path: Path) -> None:
    """502 for one request in five: all are sent, with about a quarter more requests than invoices."""
    invoices = [f"n{number:03d}" for number in range(200)]
    async with Sandbox(faults=(FaultRule(share=0.2, status=502),)) as sandbox:
        ended = await push(sandbox.url, folder=tmp_path, invoices=invoices)
    assert (0, {"sent": 200}) == (ended.summary.exit_code, ended.counts())
    assert len(sandbox.requests) <= 1.35 * 200


async def test_two_accounts_do_not_feel_each_other(tmp_path: Path) -> None:
    """Refused keys end one run; the other, in the same process, sends everything."""
    async with Sandbox(credentials=("another-key", "another-token")) as closed, Sandbox(latency_s=0.01) as open_:
        refused, sent = await asyncio.gather(
            push(closed.url, folder=tmp_path / "refused", account="refused"),
            push(open_.url, folder=tmp_path / "sent", account="sent"),
        )
    assert (7, {"pending": 3}) == (refused.summary.exit_code, refused.counts())
    assert (0, {"sent": 3}) == (sent.summary.exit_code, sent.counts())
    assert dict.fromkeys(INVOICES, 1) == told(open_)


async def test_answers_overtake_each_other_but_never_within_an_order(tmp_path: Path) -> None:
    """Answers take between none and eighty turns of the loop: nobody starves, and an order has one at a time."""
    invoices = [f"o{order}.{number}" for number in range(6) for order in range(10)]
    under_way: Counter[bytes] = Counter()

    async def take_ones_time(put: Put) -> None:
        order = put.head.split(b"/")[5]
        under_way[order] += 1
        assert 1 == under_way[order], "two requests at once for one order"
        for _ in range(20 * (put.number * 7 % 5)):  # the server's own slowness
            await asyncio.sleep(0)
        under_way[order] -= 1
        await put.answer()

    async with Server(take_ones_time) as server:
        ended = await push(server.url, folder=tmp_path, invoices=invoices, concurrency=12)
    assert (0, {"sent": 60}) == (ended.summary.exit_code, ended.counts())
    assert dict.fromkeys(invoices, 1) == told(server)
    assert 10 == len(under_way)
