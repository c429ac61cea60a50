"""How exactly a rate is kept, as the server sees it: the most in any second and any 100 ms, the mean, and the jitter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen
from figures import OURS, Figure, Options
from pushes import Pushed, Pusher, figures_of_pushes
from serving import serving

PEERS: Final = {
    OURS: "ours",
    "aiohttp, aiolimiter": "aiolimiter_aiohttp",
    "aiohttp, a task, then a sleep": "task_per_request",
}
IN_FLIGHT: Final = 64


@frozen(kw_only=True)
class Case:
    """So many a second are asked for, for so long."""

    rate_per_s: int
    lasting_s: int = 5

    @property
    def name(self) -> str:
        """As the tables have it."""
        return f"{self.rate_per_s:,}/s asked"


ALL: Final = tuple(Case(rate_per_s=rate) for rate in (100, 1000, 3000))
QUICK: Final = tuple(Case(rate_per_s=rate, lasting_s=2) for rate in (1000, 3000))


def measure(options: Options) -> Iterator[Figure]:
    """Rate after rate, each with a server of its own."""
    subjects = [OURS] if options.is_quick else list(PEERS)
    for case in options.choose(all_of=ALL, keys=ALL, quick=QUICK):
        with serving() as server:
            yield from figures_of_pushes(
                [
                    Pusher(
                        name=name,
                        peer=PEERS[name],
                        invoices=case.rate_per_s * case.lasting_s,
                        in_flight=IN_FLIGHT,
                        rate_per_s=case.rate_per_s,
                    )
                    for name in subjects
                ],
                server=server,
                suite="pace",
                case=case.name,
                times=options.times,
                quantities=_quantities,
            )


def _quantities(pushed: Pushed) -> Mapping[str, float]:
    asked_per_s = pushed.pusher.rate_per_s
    assert asked_per_s is not None
    seen = pushed.seen
    return {
        "% of asked, on average": seen.per_s / asked_per_s * 100,
        "% of asked, in the fullest second": seen.in_1_s_max / asked_per_s * 100,
        "most in any 100 ms": seen.in_100_ms_max,
        "jitter ms": seen.jitter_ms,
    }
