"""Peers that push to one server in turn, round after round, each time in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import cattrs
from arrivals import Seen
from attrs import frozen
from figures import Figure
from job import Spent
from rounds import Subject, tell
from serving import Server


@frozen(kw_only=True)
class Pusher:
    """A peer, and how many invoices it is given: a slow one gets fewer, for each costs it the same."""

    name: str
    peer: str  # a file in `peers`
    invoices: int
    in_flight: int
    rate_per_s: int | None = None

    def subject(self, url: str) -> Subject:
        """What measures it against the server at this URL."""
        asked = (self.peer, url, str(self.invoices), str(self.in_flight))
        return Subject(
            name=self.name,
            script="one_push.py",
            arguments=asked if self.rate_per_s is None else (*asked, str(self.rate_per_s)),
        )


@frozen(kw_only=True)
class Pushed:
    """What one push took, and what the server saw of it."""

    pusher: Pusher
    spent: Spent
    seen: Seen


def figures_of_pushes(
    pushers: Sequence[Pusher],
    *,
    server: Server,
    suite: str,
    case: str,
    times: int,
    quantities: Callable[[Pushed], Mapping[str, float]],
) -> Iterator[Figure]:
    """Each of the quantities, of each pusher, with a value a round."""
    rounds = [[_push(pusher, server=server) for pusher in pushers] for _ in range(times)]
    for pusher, pushed in zip(pushers, zip(*rounds, strict=True), strict=True):
        told = [quantities(each) for each in pushed]
        for quantity in told[0]:
            yield Figure(
                suite=suite,
                case=case,
                subject=pusher.name,
                quantity=quantity,
                values=tuple(values[quantity] for values in told),
                command=f"{server.command} & {pusher.subject('http://127.0.0.1:PORT').command}",
            )


def _push(pusher: Pusher, *, server: Server) -> Pushed:
    with tempfile.TemporaryDirectory() as folder:
        spent = cattrs.structure(tell(pusher.subject(server.url), folder=Path(folder)), Spent)
    return Pushed(pusher=pusher, spent=spent, seen=server.seen())
