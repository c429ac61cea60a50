"""httpx with a pool of workers and a queue."""

from __future__ import annotations

import asyncio

import httpx
from job import BODY, HEADERS, Job, Spent, Watch


def push(job: Job) -> Spent:
    """As many workers, and connections, as places."""
    return asyncio.run(_push(job))


async def _push(job: Job) -> Spent:
    urls: asyncio.Queue[str] = asyncio.Queue()
    for url in job.urls():
        urls.put_nowait(url)
    limits = httpx.Limits(max_connections=job.in_flight, max_keepalive_connections=job.in_flight)
    async with httpx.AsyncClient(headers=HEADERS, limits=limits, timeout=60) as client:

        async def work() -> None:
            while not urls.empty():
                response = await client.put(urls.get_nowait(), json=BODY)
                response.raise_for_status()
                response.json()

        with Watch() as watch:
            await asyncio.gather(*(work() for _ in range(job.in_flight)))
    return watch.spent(job.invoices)
