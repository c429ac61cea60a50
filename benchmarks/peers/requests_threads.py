"""requests in a pool of threads, with one session that holds as many connections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import requests
from job import BODY, HEADERS, Job, Spent, Watch
from requests.adapters import HTTPAdapter


def push(job: Job) -> Spent:
    """As many threads as places."""
    with requests.Session() as session, ThreadPoolExecutor(job.in_flight) as pool:
        session.headers.update(HEADERS)
        session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=job.in_flight))

        def send(url: str) -> None:
            response = session.put(url, json=BODY, timeout=60)
            response.raise_for_status()
            response.json()

        with Watch() as watch:
            for _ in pool.map(send, job.urls()):
                pass
    return watch.spent(job.invoices)
