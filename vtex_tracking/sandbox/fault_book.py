"""Which rule decides on a request.

Chance is a hash of the rule's seed and of what the request is, never of when it came: the same requests meet the same
faults in any order and at any concurrency, so a run can be played again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from attrs import define, field, frozen

from vtex_tracking.sandbox.faults import FaultRule


@frozen(kw_only=True)
class Asked:
    """What a rule is held against; `attempt` counts the requests of this method for this invoice, or this order."""

    method: str
    order_id: str
    invoice_number: str | None
    attempt: int


@frozen
class Fault:
    """The rule that decides, and its place in the list, from 1."""

    rule: FaultRule
    place: int


@define
class _Entry:
    fault: Fault
    met: int = field(default=0, init=False)
    used: int = field(default=0, init=False)

    def decides(self, asked: Asked) -> bool:
        """A rule decides when each of its conditions holds; `after` and `every` count requests for which all others do."""
        rule = self.fault.rule
        if rule.times is not None and self.used >= rule.times:
            return False
        if not (_is_about(rule, asked) and _is_drawn(rule, asked)):
            return False
        self.met += 1
        met = self.met - (rule.after or 0)
        if met <= 0 or (rule.every is not None and met % rule.every):
            return False
        self.used += 1
        return True


class FaultBook:
    """Of several rules, the first whose conditions hold decides."""

    def __init__(self, rules: Sequence[FaultRule]) -> None:
        self._entries = [_Entry(Fault(rule, place)) for place, rule in enumerate(rules, start=1)]

    def decide(self, asked: Asked) -> Fault | None:
        """To ask is to count: `after`, `every` and `times` go on from the requests asked about before."""
        return next((entry.fault for entry in self._entries if entry.decides(asked)), None)


def _is_about(rule: FaultRule, asked: Asked) -> bool:
    return (
        asked.method in rule.methods
        and (rule.attempts is None or asked.attempt in rule.attempts)
        and any(fnmatchcase(asked.order_id, glob) for glob in rule.orders)
        and any(fnmatchcase(asked.invoice_number or "", glob) for glob in rule.invoices)
    )


def _is_drawn(rule: FaultRule, asked: Asked) -> bool:
    if rule.share is None:
        return True
    drawn = f"{rule.seed} {asked.method} {asked.order_id} {asked.invoice_number} {asked.attempt}"
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:8]) < rule.share * 2**64
