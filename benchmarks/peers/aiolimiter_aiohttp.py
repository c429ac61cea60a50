"""aiohttp with a task for every request, and aiolimiter for the pace."""

from __future__ import annotations

import asyncio

import aiohttp
from aiolimiter import AsyncLimiter
from job import BODY, HEADERS, Job, Spent, Watch


def push(job: Job) -> Spent:
    """Gather all of them; each waits for the limiter."""
    return asyncio.run(_push(job))


async def _push(job: Job) -> Spent:
    assert job.rate_per_s is not None
    limiter = AsyncLimiter(job.rate_per_s, 1)
    semaphore = asyncio.Semaphore(job.in_flight)
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def send(url: str) -> None:
            async with semaphore, limiter, session.put(url, json=BODY) as response:
                response.raise_for_status()
                await response.json()

        with Watch() as watch:
            await asyncio.gather(*(send(url) for url in job.urls()))
    return watch.spent(job.invoices)
