"""A limit that nobody told of: the server takes 100 a second, five times as many are asked for, and it says 429."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from figures import OURS, Figure, Options
from pushes import Pushed, Pusher, figures_of_pushes
from serving import serving

PEERS: Final = {
    OURS: "ours",
    "aiohttp, Retry-After, 5 tries": "retry_after_aiohttp",
    "aiohttp, gather and tenacity, 5 tries": "gather_tenacity",
}
LIMIT_PER_S: Final = 100
ASKED_PER_S: Final = 500
IN_FLIGHT: Final = 64
INVOICES: Final = 5000
INVOICES_QUICK: Final = 200


def measure(options: Options) -> Iterator[Figure]:
    """One case. In a quick look it is measured once, for it lasts as long as the limit makes it."""
    invoices = INVOICES_QUICK if options.is_quick else INVOICES
    with serving(limit_per_s=LIMIT_PER_S) as server:
        yield from figures_of_pushes(
            [
                Pusher(name=name, peer=peer, invoices=invoices, in_flight=IN_FLIGHT, rate_per_s=ASKED_PER_S)
                for name, peer in PEERS.items()
            ],
            server=server,
            suite="limit",
            case=f"{LIMIT_PER_S}/s taken, {ASKED_PER_S}/s asked, {invoices:,} invoices",
            times=1 if options.is_quick else options.times,
            quantities=_quantities,
        )


def _quantities(pushed: Pushed) -> Mapping[str, float]:
    seen = pushed.seen
    return {
        "s to the end": pushed.spent.wall_s,
        "% refused": seen.refused / seen.requests * 100,
        "got through": seen.requests - seen.refused,
    }
