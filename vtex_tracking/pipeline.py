"""The whole line: feeds are taken in, accepted, pushed and reported."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vtex_tracking.accepting import Beginning, accept_or_refuse
from vtex_tracking.credentials import Credentials
from vtex_tracking.errors import SettingsError
from vtex_tracking.ledger.book import Book
from vtex_tracking.ledger.home import Home, open_home
from vtex_tracking.ledger.sqlite.accounts import found_rate_per_s, keep_rate
from vtex_tracking.ledger.sqlite.dispatch import Dispatch
from vtex_tracking.ledger.sqlite.history import History
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight, show_as_posted
from vtex_tracking.model import Notice, Reason, Summary
from vtex_tracking.planning import Plan, Planner, plan_of
from vtex_tracking.progress import Phase
from vtex_tracking.push.pusher import Pusher
from vtex_tracking.push.verdict import Stop
from vtex_tracking.push.wire import base_url_of
from vtex_tracking.reading import Feeds, FoundFeeds, Reading, find_feeds
from vtex_tracking.report import prepare_folder
from vtex_tracking.reporting import Reporting
from vtex_tracking.run import Run
from vtex_tracking.settings import Settings
from vtex_tracking.summing import EXIT_EARLY, notices_of_ledger, notices_of_place

if TYPE_CHECKING:
    from vtex_tracking.push.transport import Transport

_logger: Final = logging.getLogger(__name__)


def new_run_id() -> str:
    """A name for a run that sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


async def plan_feed(feeds: Feeds, *, settings: Settings, wall_s: Callable[[], float] = time.time) -> Plan:
    """Say what a push would do: no request, no change in the ledger. Raises TrackingError as a push would."""
    base_url_of(settings.account, base_url=settings.base_url)
    names = find_feeds(feeds, settings=settings)
    path = settings.ledger_path if settings.ledger_path is not None and settings.ledger_path.exists() else None
    async with open_home(path) as home:
        await home(lambda: show_as_posted(home.ledger))
        intake = await home(lambda: Intake(home.ledger, settings=settings, now_s=wall_s()))
        planner = Planner()
        reading = Reading(home, intake, settings=settings, wall_s=wall_s, reader=planner)
        try:
            await reading.take_in(names)
        finally:
            planner.stop()
        return await home(lambda: plan_of(intake, infos=reading.infos, settings=settings))


def push_feed(
    feeds: Feeds,
    *,
    settings: Settings,
    credentials: Credentials | None = None,
    transport: Transport | None = None,
    run_id: str | None = None,
    wall_s: Callable[[], float] = time.time,
    chance: Callable[[], float] = random.random,
) -> Run:
    """Push what the feeds say and the ledger does not yet know to be sent; enter the run to start it.

    `feeds` are names of files, globs or `-`, none at all to send what earlier runs left, or the caller's own events.
    `transport` replaces the wire and needs no credentials; `wall_s` is the time of day in Unix seconds, `chance` gives
    numbers in [0, 1). Raises SettingsError and FeedError at once for what can be seen at once.
    """
    base_url = base_url_of(settings.account, base_url=settings.base_url)
    if transport is None and credentials is None:
        raise SettingsError("no credentials: hand in credentials=Credentials(...), or a transport of your own")
    names = find_feeds(feeds, settings=settings)

    async def work(run: Run) -> Summary:
        started_s, started_loop_s = wall_s(), asyncio.get_running_loop().time()
        if settings.report_dir is not None:
            prepare_folder(settings.report_dir)
        async with open_home(settings.ledger_path) as home:
            await home(lambda: doubt_in_flight(home.ledger, now_s=wall_s()))
            beginning = await _begin(run, home=home, feeds=names, settings=settings, wall_s=wall_s, started_s=started_s)
            history, stop, notices = beginning.history, beginning.stop, list[Notice]()
            async with Reporting(run, home=home, history=history, settings=settings) as reporting:
                if stop is None:
                    if not base_url.startswith("http:"):  # that is loopback: nobody's shoppers are told anything twice
                        notices = notices_of_ledger(home.ledger)
                        notices += await home(lambda: _warn(notices_of_place(home.ledger, history=history)))
                    async with _wire(transport, credentials=credentials, settings=settings, base_url=base_url) as wire:
                        stop = await _push(
                            run,
                            home=home,
                            history=history,
                            reporting=reporting,
                            wire=wire,
                            settings=settings,
                            base_url=base_url,
                            wall_s=wall_s,
                            chance=chance,
                            since_s=started_loop_s,
                        )
                return await reporting.finish(stop=stop, notices=notices, wall_s=wall_s)

    return Run(work, run_id=run_id or new_run_id(), outcomes_max=settings.outcomes_buffered_max)


async def _begin(
    run: Run, *, home: Home, feeds: FoundFeeds, settings: Settings, wall_s: Callable[[], float], started_s: float
) -> Beginning:
    """Read the feeds, and enter the run into the ledger with all that they say, or with nothing of it."""
    intake = await home(lambda: Intake(home.ledger, settings=settings, now_s=wall_s()))
    reading = Reading(home, intake, settings=settings, wall_s=wall_s, reader=run)
    await run.read(reading.take_in(feeds))
    run.progress.phase = Phase.GATHERING
    return await home(
        lambda: accept_or_refuse(
            home.ledger, intake, infos=reading.infos, settings=settings, run=run, started_s=started_s
        )
    )


def _warn(notices: list[Notice]) -> list[Notice]:
    """What a person may want to stop the run for is said at once, not only in the report."""
    for notice in notices:
        _logger.warning("%s", notice.message)
    return notices


@asynccontextmanager
async def _wire(
    transport: Transport | None, *, credentials: Credentials | None, settings: Settings, base_url: str
) -> AsyncIterator[Transport]:
    """The caller's transport as it is, or our own for as long as it is needed."""
    if transport is not None or credentials is None:
        assert transport is not None  # noqa: S101 - push_feed has made sure
        yield transport
        return
    from vtex_tracking.push.transport import HttpTransport  # noqa: PLC0415 - a plan waits for no HTTP client

    async with HttpTransport(credentials=credentials, settings=settings, base_url=base_url) as own:
        yield own


async def _push(
    run: Run,
    *,
    home: Home,
    history: History,
    reporting: Reporting,
    wire: Transport,
    settings: Settings,
    base_url: str,
    wall_s: Callable[[], float],
    chance: Callable[[], float],
    since_s: float,
) -> Stop | None:
    """Send what the run has to send, with every write done in the end; what stopped it, if anything did."""
    dispatch = Dispatch(home.ledger, run_no=history.run_no, quiet_period_s=settings.quiet_period_s)
    book = Book(dispatch, in_thread=home, wall_s=wall_s, settings=settings)
    pusher = Pusher(
        book,
        transport=wire,
        settings=settings,
        base_url=base_url,
        wall_s=wall_s,
        chance=chance,
        on_settled=reporting.tell,
        found_rate_per_s=await home(lambda: found_rate_per_s(home.ledger, account=settings.account)),
    )
    due = await home(dispatch.count)
    run.progress.invoices = min(due, settings.invoices_max or due)
    try:
        await _send(run, pusher, home=home, history=history, reporting=reporting, settings=settings, since_s=since_s)
    finally:
        await book.close()
    if pusher.traffic.requests:
        rate_per_s = pusher.found_rate_per_s
        await home(lambda: keep_rate(home.ledger, account=settings.account, rate_per_s=rate_per_s))
    return pusher.stopped


async def _send(
    run: Run, pusher: Pusher, *, home: Home, history: History, reporting: Reporting, settings: Settings, since_s: float
) -> None:
    """Push until nothing is due, time is up, or somebody stops it; tell what needed no request meanwhile."""
    loop = asyncio.get_running_loop()
    timer = None
    async with run.pushing_with(
        pusher, look_up=lambda dues: home(lambda: history.outcomes_of([due.seq for due in dues]))
    ):
        run.progress.phase = Phase.SENDING
        telling = asyncio.create_task(reporting.tell_known())
        if settings.max_duration_s is not None:
            stop = Stop(
                exit_code=EXIT_EARLY, reason=Reason.MAX_DURATION, message="the time for this run is up; run again"
            )
            timer = loop.call_at(since_s + settings.max_duration_s, pusher.stop, stop)
        try:
            await pusher.run()
            await telling
        finally:
            telling.cancel()
            if timer is not None:
                timer.cancel()
