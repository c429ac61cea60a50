"""The widely copied loop: it makes a task for every request, and sleeps a moment between two.

The moment is a millisecond, or what the asked rate comes to.
"""

from __future__ import annotations

import asyncio

import aiohttp
from job import BODY, HEADERS, Job, Spent, Watch


def push(job: Job) -> Spent:
    """Make a task, sleep, make the next."""
    return asyncio.run(_push(job))


async def _push(job: Job) -> Spent:
    pause_s = 1 / job.rate_per_s if job.rate_per_s else 0.001
    semaphore = asyncio.Semaphore(job.in_flight)
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def send(url: str) -> None:
            async with semaphore, session.put(url, json=BODY) as response:
                response.raise_for_status()
                await response.json()

        tasks = []
        with Watch() as watch:
            for url in job.urls():
                tasks.append(asyncio.create_task(send(url)))
                await asyncio.sleep(pause_s)
            await asyncio.gather(*tasks)
    return watch.spent(job.invoices)
