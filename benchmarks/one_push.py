"""One peer, one time, and what that took, as a line of JSON: `python one_push.py PEER URL INVOICES IN_FLIGHT [RATE]`.

A peer is a file in `peers`; the rate is in requests a second.
"""

from __future__ import annotations

import importlib
import json
import sys

from attrs import asdict
from cores import pin_client
from job import Job, Spent


def main(peer: str, url: str, invoices: str, in_flight: str, rate: str | None = None) -> None:
    """Let it push."""
    pin_client()
    job = Job(url=url, invoices=int(invoices), in_flight=int(in_flight), rate_per_s=float(rate) if rate else None)
    spent: Spent = importlib.import_module(f"peers.{peer}").push(job)
    print(json.dumps(asdict(spent)))


if __name__ == "__main__":
    main(*sys.argv[1:])
