"""Kill -9, a thousand times: `python tests/support/kill_support.py --times 1000`.

What goes wrong is a sentence with the seed that tells the same story again; its ledger and report stay to be looked at.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import click
from attrs import frozen
from fifo_support import Fifo
from kill_story import INVOICES, Moment, Story
from kill_trial import CONCURRENCY, LEDGER, QUIET_PERIOD_S, RATE_PER_S, Trial
from ledger_support import left_in
from process_support import end, start

from vtex_tracking.sandbox import Sandbox

AT_ONCE: Final = 4  # stories; they wait for disks and timers, so two cores have time for more than two
ROUNDS: Final = 100  # of the loop; a request takes about five from its socket to the log
OPTIONS: Final = (
    *(
        "--rate",
        f"{RATE_PER_S}/s",
        "--concurrency",
        str(CONCURRENCY),
        "--quiet",
        "--quiet-period",
        f"{QUIET_PERIOD_S:g}s",
    ),
    *("--backoff-max", "50ms", "--throttle-pause", "50ms"),
)


@frozen(kw_only=True)
class Toll:
    """How many processes were killed before their end, and what went wrong after it."""

    killed: int
    problems: tuple[str, ...]


async def live(story: Story, *, folder: Path) -> Trial:
    """A run that is killed, and the run that ends it."""
    feed = Fifo(folder / "feed.csv")
    async with Sandbox(latency_s=story.latency_s, faults=story.faults) as sandbox:
        first = await _start(sandbox, feed.path, folder=folder)
        was_killed = await _kill(first, story, feed=feed, sandbox=sandbox)
        requests_before = await _heard_out(sandbox)
        left = left_in(folder / LEDGER)

        second_started_s = asyncio.get_running_loop().time()
        second = await _start(sandbox, feed.path, folder=folder)
        ending = asyncio.create_task(end(second))
        feed.offer(story.feed_of(story.second))
        await _first_of(asyncio.create_task(feed.taken()), ending)
        ended = await ending
        await feed.let_go()
        packages = {
            (order_id, number): package
            for order_id, several in sandbox.orders.items()
            for number, package in several.items()
        }
        return Trial(
            story=story,
            folder=folder,
            was_killed=was_killed,
            left=left,
            before=tuple(sandbox.requests[:requests_before]),
            after=tuple(sandbox.requests[requests_before:]),
            second_started_s=second_started_s,
            second=ended,
            held={key: tuple(event.description for event in package.events) for key, package in packages.items()},
            delivered=frozenset(key for key, package in packages.items() if package.is_delivered),
        )


async def kill_often(seeds: Iterable[int], *, folder: Path) -> Toll:
    """Live many stories, a few at once; what is right leaves nothing behind."""
    places = asyncio.Semaphore(AT_ONCE)

    async def judged(seed: int) -> Toll:
        async with places:
            trial = await live(Story.of(seed), folder=folder / str(seed))
        problems = tuple(f"--first-seed {seed} --times 1: {problem}" for problem in trial.problems())
        if not problems:
            shutil.rmtree(trial.folder)
        return Toll(killed=trial.was_killed, problems=problems)

    tolls = await asyncio.gather(*map(judged, seeds))
    return Toll(
        killed=sum(toll.killed for toll in tolls),
        problems=tuple(problem for toll in tolls for problem in toll.problems),
    )


async def _start(sandbox: Sandbox, feed: Path, *, folder: Path) -> asyncio.subprocess.Process:
    where = (
        "--account",
        "mystore",
        "--base-url",
        sandbox.url,
        "--ledger",
        folder / LEDGER,
        "--report",
        folder / "report",
    )
    unmeasured = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}  # who is killed has nothing to tell
    return await start("push", feed, *where, *OPTIONS, folder=folder, **unmeasured)


async def _heard_out(sandbox: Sandbox) -> int:
    """Count the requests once all that the dead process wrote is read: it lies in the sockets, so a few rounds do."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
    return len(sandbox.requests)


async def _kill(process: asyncio.subprocess.Process, story: Story, *, feed: Fifo, sandbox: Sandbox) -> bool:
    """Kill the process when the story says; False when it came to its end before."""
    feed.offer(story.feed_of(story.first))
    ending = asyncio.create_task(process.wait())
    await _first_of(asyncio.create_task(_moment(story, feed=feed, sandbox=sandbox)), ending)
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(ending), story.delay_s)
    if process.returncode is None:  # the task that waits for the end learns of it only a turn later
        process.kill()
    ended = await end(process)
    await ending
    await feed.let_go()
    return ended.exit_code == -signal.SIGKILL


async def _moment(story: Story, *, feed: Fifo, sandbox: Sandbox) -> None:
    """Return when what the kill waits for has come."""
    match story.moment:
        case Moment.STARTED:
            return
        case Moment.FEED_READ:
            await feed.taken()
        case Moment.REQUESTED:
            await sandbox.reached(story.requests)
        case Moment.ALL_REQUESTED:
            await sandbox.reached(INVOICES)


async def _first_of(awaited: asyncio.Task[None], ending: asyncio.Task[object]) -> None:
    """Wait for one of the two: what is awaited of a process never comes once that has ended."""
    await asyncio.wait({awaited, ending}, return_when=asyncio.FIRST_COMPLETED)
    awaited.cancel()
    with suppress(asyncio.CancelledError):
        await awaited


@click.command()
@click.option("--times", default=1000, show_default=True, help="How many processes to kill.")
@click.option("--first-seed", default=1, show_default=True, help="The first story; the others follow.")
def main(times: int, *, first_seed: int) -> None:
    """Kill -9 at random moments, and see whether anything is lost or sent twice."""
    folder = Path(tempfile.mkdtemp(prefix="vtex-tracking-kill-"))
    toll = asyncio.run(kill_often(range(first_seed, first_seed + times), folder=folder))
    for problem in toll.problems:
        click.echo(problem)
    click.echo(f"{times} stories, {toll.killed} processes killed before their end, {len(toll.problems)} problems")
    if toll.problems:
        sys.exit(f"ledgers and reports of what went wrong stay in {folder}")
    folder.rmdir()


if __name__ == "__main__":
    main()
