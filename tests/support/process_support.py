"""The real command in a process of its own, against a sandbox in the test's."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

from attrs import frozen

from vtex_tracking.sandbox import Sandbox

INVOICES = 3000
EVENTS = 10_000


@frozen(kw_only=True)
class Ended:
    """How a process ended."""

    exit_code: int
    stdout: str
    stderr: str


async def start(*arguments: str | Path, folder: Path, **variables: str) -> asyncio.subprocess.Process:
    """Start `vtex-tracking` as cron would."""
    return await start_python("-m", "vtex_tracking", *arguments, folder=folder, **variables)


async def start_python(*arguments: str | Path, folder: Path, **variables: str) -> asyncio.subprocess.Process:
    """Start Python with nothing of this environment but the path, and what coverage needs."""
    kept = {name: os.environ[name] for name in os.environ if name == "PATH" or name.startswith("COVERAGE_")}
    ours = {"VTEX_APP_KEY": "some-key", "VTEX_APP_TOKEN": "some-token", "HOME": str(folder)}
    no_litter = {"PYTHONDONTWRITEBYTECODE": "1"}  # a process that is killed would leave half a module
    environment = ours | no_litter | kept | variables
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *map(str, arguments),
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def end(process: asyncio.subprocess.Process) -> Ended:
    """Wait for the end, and read what was said."""
    stdout, stderr = await process.communicate()
    return Ended(exit_code=process.returncode or 0, stdout=stdout.decode(), stderr=stderr.decode())


async def run(*arguments: str | Path, folder: Path, **variables: str) -> Ended:
    """Start the command and wait for its end."""
    return await end(await start(*arguments, folder=folder, **variables))


async def push(sandbox: Sandbox, feed: Path, *options: str, folder: Path) -> Ended:
    """Push a feed to the sandbox, with ledger and report in the folder."""
    return await end(await start_push(sandbox, feed, *options, folder=folder))


async def start_push(sandbox: Sandbox, feed: Path, *options: str, folder: Path) -> asyncio.subprocess.Process:
    """Start the same, without waiting for its end."""
    arguments = ("push", feed, "--account", "mystore", "--base-url", sandbox.url, "--ledger", folder / "ledger.db")
    return await start(*arguments, "--report", folder / "report", *options, folder=folder)


def summary(folder: Path) -> Any:
    """Read the summary of the last report."""
    return json.loads((folder / "report" / "summary.json").read_text(encoding="utf-8"))


def results(folder: Path) -> list[Any]:
    """Read the outcomes of the last report."""
    lines = (folder / "report" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def write_feed(
    path: Path, *, invoices: int = INVOICES, events: int = EVENTS, duplicates: int = 50, defects: int = 20
) -> Path:
    """Write a shuffled feed; the same numbers give the same feed."""
    chance = random.Random(20261123)  # noqa: S311 - a test's feed, not a secret
    records = [
        f"{100_000 + number % invoices}-01,{number % invoices:06d},2026-10-{1 + number // invoices:02d} 10:00:00,"
        f"Curitiba,PR,Evento {number // invoices},\n"
        for number in range(events)
    ]
    records += chance.sample(records, duplicates)
    records += [f"100000-01,000000,31/02/2026,Curitiba,PR,Defeito {number},\n" for number in range(defects)]
    chance.shuffle(records)
    header = "order_id,invoice_number,date,city,state,description,is_delivered\n"
    path.write_text(header + "".join(records), encoding="utf-8")
    return path


def most_in_a_window(moments: list[float], *, window_s: float) -> int:
    """Count the most moments in any half-open window of that length."""
    ordered = sorted(moments)
    first = most = 0
    for index, moment in enumerate(ordered):
        while moment - ordered[first] >= window_s:
            first += 1
        most = max(most, index - first + 1)
    return most
