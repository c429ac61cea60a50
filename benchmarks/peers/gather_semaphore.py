"""aiohttp as it is mostly written: a task for every request, all at once, and a semaphore."""

from __future__ import annotations

import asyncio

import aiohttp
from job import BODY, HEADERS, Job, Spent, Watch


def push(job: Job) -> Spent:
    """Gather all of them."""
    return asyncio.run(_push(job))


async def _push(job: Job) -> Spent:
    semaphore = asyncio.Semaphore(job.in_flight)
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def send(url: str) -> None:
            async with semaphore, session.put(url, json=BODY) as response:
                response.raise_for_status()
                await response.json()

        with Watch() as watch:
            await asyncio.gather(*(send(url) for url in job.urls()))
    return watch.spent(job.invoices)
