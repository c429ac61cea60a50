"""A whole push, as fast as it can be, beside loops that only send: requests a second, CPU for an invoice, memory.

At a latency there are as many invoices as the wire can carry in some seconds, which is a place for each in flight every time the latency is over.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import evolve, frozen
from figures import OURS, Figure, Options
from pushes import Pushed, Pusher, figures_of_pushes
from serving import serving

BARE: Final = "bare aiohttp, tuned"
HTTPX: Final = "httpx, pool of workers"
REQUESTS: Final = "requests, threads"
INVOICES_MAX: Final = 50_000
WIRE_S: Final = 10
WIRE_S_OF_BAR: Final = 20  # for all of the invoices at 100 ms and 256 in flight
MB: Final = 1 << 20


@frozen(kw_only=True)
class Peer:
    """`divisor`: it is given so many times fewer invoices, because it takes so much longer for each."""

    peer: str
    divisor: int = 1


PEERS: Final = {
    OURS: Peer(peer="ours"),
    BARE: Peer(peer="bare_aiohttp"),
    "aiohttp, gather and semaphore": Peer(peer="gather_semaphore"),
    HTTPX: Peer(peer="httpx_pool", divisor=50),
    REQUESTS: Peer(peer="requests_threads", divisor=10),
    "aiohttp, a task a millisecond": Peer(peer="task_per_request", divisor=10),
    "curl --parallel": Peer(peer="curl_parallel", divisor=10),
}


@frozen(kw_only=True)
class Case:
    """One server, so many requests to it at once, and who makes them."""

    latency_ms: int
    in_flight: int
    subjects: tuple[str, ...] = tuple(PEERS)
    invoices_max: int = INVOICES_MAX
    wire_s: int = WIRE_S

    @property
    def name(self) -> str:
        """As the tables have it."""
        return f"{self.latency_ms} ms, {self.in_flight} in flight"

    @property
    def invoices(self) -> int:
        """How many the wire carries in the time there is, but no more than there are."""
        if not self.latency_ms:
            return self.invoices_max
        return min(self.invoices_max, self.in_flight * self.wire_s * 1000 // self.latency_ms)

    def pushers(self) -> Iterator[Pusher]:
        """Those that are installed."""
        for name in self.subjects:
            peer = PEERS[name]
            if name.startswith("curl") and shutil.which("curl") is None:
                continue
            yield Pusher(name=name, peer=peer.peer, invoices=self.invoices // peer.divisor, in_flight=self.in_flight)


FAR: Final = Case(latency_ms=100, in_flight=256, wire_s=WIRE_S_OF_BAR)
ALL: Final = (
    *(Case(latency_ms=latency, in_flight=places) for latency in (0, 20) for places in (16, 64, 256)),
    *(Case(latency_ms=100, in_flight=places) for places in (16, 64)),
    FAR,
)
KEYS: Final = (
    Case(latency_ms=0, in_flight=64, subjects=(OURS, BARE, HTTPX, REQUESTS)),
    evolve(FAR, subjects=(OURS, BARE)),
)
QUICK: Final = (
    Case(latency_ms=0, in_flight=64, subjects=(OURS, BARE, HTTPX, REQUESTS), invoices_max=8_000),
    Case(latency_ms=100, in_flight=256, subjects=(OURS, BARE), invoices_max=5_120),
)


def measure(options: Options) -> Iterator[Figure]:
    """Case after case, each with a server of its own."""
    for case in options.choose(all_of=ALL, keys=KEYS, quick=QUICK):
        with serving(latency_ms=case.latency_ms) as server:
            yield from figures_of_pushes(
                tuple(case.pushers()),
                server=server,
                suite="push",
                case=case.name,
                times=options.times,
                quantities=_quantities,
            )


def _quantities(pushed: Pushed) -> Mapping[str, float]:
    spent = pushed.spent
    return {
        "requests/s": spent.requests / spent.wall_s,
        "CPU µs/invoice": spent.cpu_s / spent.requests * 1e6,
        "peak MB": spent.peak_bytes / MB,
        "server's CPU %": pushed.seen.cpu_share * 100,
    }
