"""aiohttp with a task for every request, a semaphore, aiolimiter, and tenacity's usual exponential backoff, five tries in all."""

from __future__ import annotations

import asyncio

import aiohttp
from aiolimiter import AsyncLimiter
from job import BODY, HEADERS, Job, Spent, Watch
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential


def push(job: Job) -> Spent:
    """Gather all of them; what fails five times is given up."""
    return asyncio.run(_push(job))


async def _push(job: Job) -> Spent:
    assert job.rate_per_s is not None
    limiter = AsyncLimiter(job.rate_per_s, 1)
    semaphore = asyncio.Semaphore(job.in_flight)
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        @retry(
            retry=retry_if_exception_type(aiohttp.ClientError),
            wait=wait_random_exponential(max=60),
            stop=stop_after_attempt(5),
            reraise=True,
        )
        async def send(url: str) -> None:
            async with semaphore, limiter, session.put(url, json=BODY) as response:
                response.raise_for_status()
                await response.json()

        with Watch() as watch:
            ended = await asyncio.gather(*(send(url) for url in job.urls()), return_exceptions=True)
    return watch.spent(sum(each is None for each in ended))
