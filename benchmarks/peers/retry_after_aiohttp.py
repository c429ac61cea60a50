"""aiohttp with workers and aiolimiter; a request that is refused waits as long as `Retry-After` says, five tries in all."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import aiohttp
from aiolimiter import AsyncLimiter
from job import BODY, HEADERS, Job, Spent, Watch

TRIES = 5


def push(job: Job) -> Spent:
    """As many workers as places; what is refused five times is given up."""
    return asyncio.run(_push(job))


async def _push(job: Job) -> Spent:
    assert job.rate_per_s is not None
    limiter = AsyncLimiter(job.rate_per_s, 1)
    urls = job.urls()
    sent = 0
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def is_sent(url: str) -> bool:
            for _ in range(TRIES):
                async with limiter, session.put(url, json=BODY) as response:
                    await response.read()
                    if response.status != HTTPStatus.TOO_MANY_REQUESTS:
                        response.raise_for_status()
                        return True
                await asyncio.sleep(float(response.headers.get("Retry-After", 1)))
            return False

        async def work() -> None:
            nonlocal sent
            for url in urls:
                sent += await is_sent(url)

        with Watch() as watch:
            await asyncio.gather(*(work() for _ in range(job.in_flight)))
    return watch.spent(sent)
