"""The yardstick: aiohttp with everything tuned, and nothing else. It checks nothing, remembers nothing, and tries nothing again."""

from __future__ import annotations

import asyncio
import json

import aiohttp
from job import BODY, HEADERS, Job, Spent, Watch
from yarl import URL

from vtex_tracking.cli.loop import run


def push(job: Job) -> Spent:
    """As many workers as places, over one iterator of URLs that are ready; one body that is ready."""
    return run(_push(job))


async def _push(job: Job) -> Spent:
    urls = [URL(url, encoded=True) for url in job.urls()]
    left = iter(urls)
    body = json.dumps(BODY, ensure_ascii=False, separators=(",", ":")).encode()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=job.in_flight),
        headers=HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    ) as session:

        async def work() -> None:
            for url in left:
                async with session.put(url, data=body, allow_redirects=False) as response:
                    await response.read()
                    assert response.ok

        with Watch() as watch:
            await asyncio.gather(*(work() for _ in range(job.in_flight)))
    return watch.spent(len(urls))
