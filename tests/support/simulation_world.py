"""Plays a story: the whole program, run after run, on one virtual clock with VTEX, the network and the disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ledger_support import heard_in
from simulation_disk import Disk
from simulation_feed import Carrier, Said, feed_of
from simulation_journal import (
    Answered,
    Asked,
    Began,
    Decided,
    Died,
    Ended,
    Entry,
    Failed,
    Journal,
    Left,
    Remembered,
    Told,
)
from simulation_loop import running, without_sockets
from simulation_network import Network
from simulation_story import APP_KEY, APP_TOKEN, Finish, Moment, Night, Story, Weather
from simulation_vtex import Vtex
from yarl import URL

from vtex_tracking.credentials import Credentials, Secret
from vtex_tracking.past import check_ledger
from vtex_tracking.pipeline import push_feed
from vtex_tracking.progress import Phase
from vtex_tracking.push.transport import HttpTransport, Transport
from vtex_tracking.push.wire import Answer, Failure, Request
from vtex_tracking.run import Run
from vtex_tracking.sandbox import LoggedRequest
from vtex_tracking.settings import Settings

BASE_URL: Final = "http://127.0.0.1:9"

_EPOCH_S: Final = datetime(2026, 11, 1, 8, tzinfo=UTC).timestamp()
_RUN_S_MAX: Final = 48 * 3600.0
_LATE_IS_OVER_S: Final = 300.0


class World:
    """One story while it is played."""

    def __init__(self, story: Story, *, folder: Path) -> None:
        self._chance = random.Random(f"world {story.seed}")  # noqa: S311 - a test's story, not a secret
        self._loop = running()
        self._clock_step_s = 0.0
        self._folder = folder
        self._disk = Disk(folder, chance=self._chance)
        self._network = self._loop.network = Network(chance=self._chance)
        self._vtex = Vtex(
            self._network,
            credentials=(APP_KEY, APP_TOKEN),
            chance=self._chance,
            wall_s=self.wall_s,
            keepalive_s=story.keepalive_s,
            on_decided=self._decided,
        )
        self._loop.on_work = lambda: self.comes(Moment.WORK)
        self._loop.on_worked = self._worked
        self._carrier = Carrier()
        self._main: asyncio.Task[None] | None = None
        self._run: Run | None = None
        self._is_dead = False
        self._moments = 0
        self._is_over = True
        self.journal = Journal(story=story, folder=folder)

    def wall_s(self) -> float:
        """Give the time of day, as somebody has set it."""
        return _EPOCH_S + self._loop.time() + self._clock_step_s

    def note(self, entry: Entry) -> None:
        """Write down what a run did; a dead one does nothing."""
        if not self._is_dead:
            self.journal.entries.append(entry)

    async def play(self) -> Journal:
        """Live through every night, and then wait until nothing is under way."""
        with without_sockets(self._disk.connected):
            for number, night in enumerate(self.journal.story.nights):
                await self._live(number, night)
        await asyncio.sleep(_LATE_IS_OVER_S)
        await self._vtex.close()
        self.journal.held = self._vtex.held()
        self.journal.expected = self._carrier.expected()
        self.journal.ledger = self._disk.ledger
        return self.journal

    async def _live(self, number: int, night: Night) -> None:
        await asyncio.sleep(night.pause_s)
        self._network.restore()
        self._run, self._is_dead = None, False
        self._moments, self._is_over = 0, night.finish is Finish.ITSELF
        self._carrier.hear(night.news)
        self._loop.work_s = lambda: night.work_s * self._chance.random()
        self._night = night
        self.note(Began())
        changing = asyncio.create_task(self._change(night.weather))
        stepping = self._loop.call_later(night.clock_step_after_s, self._step_clock, night.clock_step_s)
        self._main = asyncio.create_task(self._push(f"run-{number}", night, feeds=self._feeds(number, night)))
        try:
            async with asyncio.timeout(_RUN_S_MAX):
                await self._main
        except asyncio.CancelledError:
            assert self._is_dead
        except Exception as error:  # noqa: BLE001 - an oracle judges it
            self.note(Failed(error))
        finally:
            stepping.cancel()
            changing.cancel()
        self._look_back()

    def _look_back(self) -> None:
        """What the run has accepted is what the ledger holds of its news; an oracle judges whether that is right."""
        facts_of = self._carrier.news.items()
        news = frozenset((key, fact.date, fact.description) for key, facts in facts_of for fact in facts)
        heard = heard_in(self._disk.ledger)
        self.journal.entries.append(Remembered(heard, news))
        if heard & news:
            self._carrier.settle()

    def _feeds(self, number: int, night: Night) -> Sequence[Path]:
        facts = self._carrier.facts(is_whole=night.is_feed_whole)
        if not facts:
            return ()
        path = self._folder / f"feed-{number}.{'jsonl' if night.is_jsonl else 'csv'}"
        path.write_text(feed_of(facts, chance=self._chance, is_jsonl=night.is_jsonl), encoding="utf-8")
        return (path,)

    async def _push(self, run_id: str, night: Night, *, feeds: Sequence[Path]) -> None:
        settings = self._settings(run_id, night)
        credentials = Credentials(app_key=Secret(APP_KEY), app_token=Secret(APP_TOKEN))
        now = lambda: datetime.fromtimestamp(self.wall_s(), UTC)  # noqa: E731 - shorter where it is used
        async with HttpTransport(credentials=credentials, settings=settings, base_url=BASE_URL, now=now) as http:
            self._run = push_feed(
                feeds,
                settings=settings,
                transport=_Tap(http, world=self),
                run_id=run_id,
                wall_s=self.wall_s,
                chance=self._chance.random,
            )
            async with self._run as run:
                if night.is_watched:
                    async for outcome in run:
                        key = (outcome.order_id, outcome.invoice_number)
                        self.note(Told(key, outcome.outcome, outcome.reason))
                        await asyncio.sleep(night.taking_s)
                summary = await run.finish()
        assert settings.report_dir is not None
        text = (settings.report_dir / "results.jsonl").read_text(encoding="utf-8")
        rows = Counter(json.loads(line)["outcome"] for line in text.splitlines())
        self.note(Ended(summary, rows, check_ledger(self._disk.ledger)))

    def _settings(self, run_id: str, night: Night) -> Settings:
        knobs = night.knobs
        return Settings(
            account="mystore",
            base_url=BASE_URL,
            rate=knobs.rate,
            concurrency=knobs.concurrency,
            attempts=knobs.attempts,
            waiting_max=knobs.waiting_max,
            commit_group_max=knobs.commit_group_max,
            commit_delay_s=knobs.commit_delay_s,
            drain_timeout_s=knobs.drain_timeout_s,
            max_duration_s=knobs.max_duration_s,
            outcomes_buffered_max=knobs.outcomes_buffered_max,
            is_retrying_rejected=knobs.is_retrying_rejected,
            ledger_path=self._disk.ledger,
            report_dir=self._folder / f"report-{run_id}",
        )

    async def _change(self, weathers: Sequence[Weather]) -> None:
        for weather in weathers:
            self._vtex.change(weather)
            await asyncio.sleep(weather.lasts_s)

    def _step_clock(self, step_s: float) -> None:
        self._clock_step_s += step_s

    def _worked(self) -> None:
        self._disk.committed()
        self.comes(Moment.WORK)

    def _decided(self, request: LoggedRequest, receipt: str | None) -> None:
        self.journal.entries.append(Decided(request, receipt))
        self.comes(Moment.DECIDED)

    def comes(self, moment: Moment) -> None:
        """One of the moments has come after which the night may end."""
        self._moments += moment is self._night.moment
        if self._is_over or self._run is None or self._moments < self._night.moments:
            return
        self._is_over = True
        match self._night.finish:
            case Finish.STOPPED:
                self._loop.call_soon(self._run.stop)
            case Finish.ABORTED:
                self._loop.call_soon(self._run.stop)
                self._loop.call_later(self._chance.choice((0.0, 0.5, 30.0)), self._run.abort)
            case Finish.KILLED:
                self._die(self._disk.kill)
            case Finish.POWER_CUT:
                self._die(self._disk.cut_power)
            case Finish.ITSELF:
                pass

    def _die(self, lose: Callable[[], None]) -> None:
        """Nothing that the run does from here on is real: its disk is another's, and its network is gone."""
        assert self._main is not None
        self.note(Died(self._run is not None and self._run.progress.phase is Phase.SENDING))
        self._is_dead = True
        self._network.cut_off()
        lose()
        self._main.cancel()


class _Tap:
    """Stands between the pusher and the wire, and writes down what passes."""

    def __init__(self, wire: Transport, *, world: World) -> None:
        self._wire = wire
        self._world = world

    async def put(self, request: Request) -> Answer | Failure:
        """Hand the request on."""
        world = self._world
        parts = URL(request.url).parts
        key, sha256 = (parts[5], parts[7]), hashlib.sha256(request.body).hexdigest()
        world.journal.said[sha256] = Said.in_body(request.body)
        world.note(Asked(running().time(), key, sha256))
        world.comes(Moment.ASKED)
        try:
            result = await self._wire.put(request)
        except asyncio.CancelledError:
            world.note(Left(key))
            raise
        world.note(Answered(key, sha256, result))
        world.comes(Moment.ANSWERED)
        return result
