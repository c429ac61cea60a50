"""What every peer is asked to send, and what that took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

from attrs import frozen
from peak import peak_bytes

HEADERS: Final = {
    "X-VTEX-API-AppKey": "vtexappkey-benchmark",
    "X-VTEX-API-AppToken": "benchmark",
    "Content-Type": "application/json",
    "Accept": "application/json",
}
EVENT: Final = {
    "city": "Curitiba",
    "state": "PR",
    "description": "Objeto em trânsito, etapa 1",
    "date": "2026-01-01 00:00:00",
}
BODY: Final[dict[str, Any]] = {
    "isDelivered": False,
    "deliveredDate": None,
    "events": [EVENT],
}  # what ours sends for one record of `feeds.write_single_events`


@frozen(kw_only=True)
class Spent:
    """What the requests took: of the clock, of this process's CPU, and the most memory that it has held."""

    requests: int
    wall_s: float
    cpu_s: float
    peak_bytes: int


@frozen(kw_only=True)
class Job:
    """So many invoices to so many places at once, at a rate if one is asked; `url` is the server's."""

    url: str
    invoices: int
    in_flight: int
    rate_per_s: float | None = None

    def urls(self) -> Iterator[str]:
        """One for each invoice."""
        for invoice in range(self.invoices):
            yield f"{self.url}/api/oms/pvt/orders/{1_000_000_000_000 + invoice}-01/invoice/{invoice:09d}/tracking"


class Watch:
    """Measures what is done inside of it."""

    def __enter__(self) -> Self:
        self._began_s, self._cpu_began_s = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wall_s, self._cpu_s = time.perf_counter() - self._began_s, time.process_time() - self._cpu_began_s

    def spent(self, requests: int) -> Spent:
        """What so many requests took."""
        return Spent(requests=requests, wall_s=self._wall_s, cpu_s=self._cpu_s, peak_bytes=peak_bytes())
