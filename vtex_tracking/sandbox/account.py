"""A VTEX account, apart from the network: whom it lets in, what it knows, and what it answers.

No clock is read and nothing is awaited here: a request is decided in one step, so what was applied, logged and
answered always agree.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import evolve, frozen

from vtex_tracking.sandbox import answers
from vtex_tracking.sandbox.answers import Answer
from vtex_tracking.sandbox.calls import (
    BadId,
    GetOrder,
    NoCall,
    PutTracking,
    ShowRequests,
    ShowState,
    VtexCall,
    WrongMethod,
    read_call,
)
from vtex_tracking.sandbox.fault_book import Asked, Fault, FaultBook
from vtex_tracking.sandbox.faults import Ending, FaultRule
from vtex_tracking.sandbox.orders import Orders
from vtex_tracking.sandbox.request_log import PATH_CHARACTERS_MAX, LoggedRequest, RequestLog
from vtex_tracking.sandbox.tracking import BadBody, read_tracking
from vtex_tracking.sandbox.window import Grant, SlidingWindow
from vtex_tracking.settings import Rate

TARGETS_MAX: Final = 1_000_000  # invoices and orders that requests are counted for; a new one beyond gets a 507


@frozen(kw_only=True)
class Received:
    """A whole request. `body` is None when it was larger than what is read."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


@frozen(kw_only=True)
class Reply:
    """What goes back, when, and how it ends."""

    answer: Answer
    delay_s: float = 0.0
    ending: Ending = Ending.ANSWER


@frozen(kw_only=True)
class _Decision:
    """The answer that a request got, whether an update took effect, and the fault that had a hand in it."""

    answer: Answer
    is_applied: bool = False
    fault: Fault | None = None


class Account:
    """Decides on requests, in the order in which they come."""

    def __init__(
        self,
        *,
        name: str,
        credentials: tuple[str, str] | None,
        orders: Orders,
        limit: Rate | None,
        latency_s: float,
        faults: Sequence[FaultRule],
        log: RequestLog,
        targets_max: int = TARGETS_MAX,
    ) -> None:
        self._name = name
        self._credentials = credentials
        self._orders = orders
        self._window = None if limit is None else SlidingWindow(limit)
        self._latency_s = latency_s
        self._faults = FaultBook(faults)
        self._log = log
        self._targets_max = targets_max
        self._attempts: Counter[PutTracking | GetOrder] = Counter()

    def state(self) -> dict[str, Any]:
        """What the account holds, as plain values for JSON."""
        return {"account": self._name, "orders": self._orders.state()}

    def reply(self, received: Received, *, at_s: float, at: datetime) -> Reply:
        """The sandbox's own pages are for people: no limit, credentials, fault or log applies to them."""
        match read_call(received.method, received.target):
            case ShowState():
                return Reply(answer=answers.document(self.state()))
            case ShowRequests(after):
                return Reply(answer=answers.lines([request.plain() for request in self._log.page(after=after)]))
            case call:
                return self._vtex_reply(call, received, at_s=at_s, at=at)

    def _vtex_reply(self, call: VtexCall, received: Received, *, at_s: float, at: datetime) -> Reply:
        asked = self._asked(call, method=received.method)
        grant = None if self._window is None else self._window.take(at_s)
        decision = self._decide(call, received, asked=asked, grant=grant, at=at)
        reply = self._reply_to(decision, grant=grant)
        self._log.append(
            LoggedRequest(
                number=self._log.count + 1,
                at=at.isoformat(),
                at_s=at_s,
                method=received.method,
                path=received.target.partition("?")[0][:PATH_CHARACTERS_MAX],
                order_id=None if asked is None else asked.order_id,
                invoice_number=None if asked is None else asked.invoice_number,
                attempt=0 if asked is None else asked.attempt,
                status=reply.answer.status if reply.ending.is_answered else None,
                is_applied=decision.is_applied,
                fault=None if decision.fault is None else decision.fault.place,
                body_bytes=len(received.body or b""),
                body_sha256=hashlib.sha256(received.body or b"").hexdigest(),
            )
        )
        return reply

    def _decide(
        self, call: VtexCall, received: Received, *, asked: Asked | None, grant: Grant | None, at: datetime
    ) -> _Decision:
        """The limit stands before the credentials, and these before a fault."""
        if grant is not None and not grant.is_granted:
            return _Decision(answer=answers.too_many(grant))
        if not self._admits(received.headers):
            return _Decision(answer=answers.UNAUTHORIZED)
        if asked is not None and not asked.attempt:
            return _Decision(answer=answers.FULL)
        fault = None if asked is None else self._faults.decide(asked)
        takes_effect = fault is None or fault.rule.takes_effect
        decision = self._do(call, received, takes_effect=takes_effect, at=at)
        if fault is None:
            return decision
        return evolve(decision, answer=answers.faulty(decision.answer, rule=fault.rule), fault=fault)

    def _do(self, call: VtexCall, received: Received, *, takes_effect: bool, at: datetime) -> _Decision:
        match call:
            case PutTracking():
                return self._put(call, received, takes_effect=takes_effect, at=at)
            case GetOrder(order_id) if self._orders.has_order(order_id):
                return _Decision(answer=answers.document(self._orders.order(order_id)))
            case GetOrder():
                return _Decision(answer=answers.ORDER_NOT_FOUND)
            case WrongMethod(allowed):
                return _Decision(answer=answers.wrong_method(allowed))
            case BadId():
                return _Decision(answer=answers.BAD_ID)
            case NoCall():
                return _Decision(answer=answers.NO_CALL)

    def _put(self, call: PutTracking, received: Received, *, takes_effect: bool, at: datetime) -> _Decision:
        if received.body is None:
            return _Decision(answer=answers.BODY_TOO_LARGE)
        if not _is_json(received.headers.get("Content-Type", "")):
            return _Decision(answer=answers.NOT_JSON)
        if not self._orders.has_order(call.order_id):
            return _Decision(answer=answers.ORDER_NOT_FOUND)
        if not self._orders.has_invoice(call.order_id, call.invoice_number):
            return _Decision(answer=answers.INVOICE_NOT_FOUND)
        number = self._log.count + 1
        match read_tracking(received.body):
            case BadBody(problems):
                return _Decision(answer=answers.bad_body(problems, number=number))
            case tracking:
                if takes_effect:
                    self._orders.apply(tracking, order_id=call.order_id, invoice_number=call.invoice_number, at=at)
                return _Decision(answer=answers.receipt(call.order_id, number=number, at=at), is_applied=takes_effect)

    def _asked(self, call: VtexCall, *, method: str) -> Asked | None:
        """A request for an invoice or an order is counted, whatever becomes of it; one too many has attempt 0."""
        if not isinstance(call, PutTracking | GetOrder):
            return None
        if call in self._attempts or len(self._attempts) < self._targets_max:
            self._attempts[call] += 1
        return Asked(
            method=method,
            order_id=call.order_id,
            invoice_number=call.invoice_number if isinstance(call, PutTracking) else None,
            attempt=self._attempts[call],
        )

    def _admits(self, headers: Mapping[str, str]) -> bool:
        """Without credentials of its own the account takes any pair, but never none."""
        shown = (headers.get("X-VTEX-API-AppKey", ""), headers.get("X-VTEX-API-AppToken", ""))
        return all(shown) and self._credentials in (None, shown)

    def _reply_to(self, decision: _Decision, *, grant: Grant | None) -> Reply:
        answer = decision.answer if grant is None else decision.answer.with_headers(answers.limit_headers(grant))
        if decision.fault is None:
            return Reply(answer=answer, delay_s=self._latency_s)
        rule = decision.fault.rule
        return Reply(answer=answer, delay_s=self._latency_s + rule.delay_s, ending=rule.ending)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"
