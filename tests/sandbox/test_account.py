"""What an account answers, without a socket: time is an argument."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from vtex_tracking.sandbox import FaultRule, LoggedRequest
from vtex_tracking.sandbox.account import Account, Received
from vtex_tracking.sandbox.orders import Orders
from vtex_tracking.sandbox.request_log import RequestLog
from vtex_tracking.settings import Rate

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
BODY = b'{"isDelivered":false,"deliveredDate":null,"events":[]}'
KEYS = {"X-VTEX-API-AppKey": "key", "X-VTEX-API-AppToken": "token", "Content-Type": "application/json"}


class Desk:
    """An account to ask, and its log."""

    def __init__(
        self,
        *,
        credentials: tuple[str, str] | None = None,
        known: dict[str, list[str]] | None = None,
        limit: Rate | None = None,
        faults: tuple[FaultRule, ...] = (),
        latency_s: float = 0.0,
        targets_max: int = 10,
    ) -> None:
        self.log = RequestLog(None)
        self.orders = Orders(known, is_appending=False)
        self.account = Account(
            name="mystore",
            credentials=credentials,
            orders=self.orders,
            limit=limit,
            latency_s=latency_s,
            faults=faults,
            log=self.log,
            targets_max=targets_max,
        )

    def put(
        self,
        address: str = "o/invoice/1",
        *,
        body: bytes | None = BODY,
        headers: dict[str, str] = KEYS,
        at_s: float = 0.0,
    ) -> LoggedRequest:
        target = f"/api/oms/pvt/orders/{address}/tracking?secret=1"
        self.reply = self.account.reply(
            Received(method="PUT", target=target, headers=headers, body=body), at_s=at_s, at=AT
        )
        return self.log.requests[-1]

    def get(self, target: str) -> dict[str, object]:
        self.reply = self.account.reply(Received(method="GET", target=target, headers=KEYS, body=b""), at_s=0.0, at=AT)
        document = json.loads(self.reply.answer.body)
        assert isinstance(document, dict)
        return document

    @property
    def answered(self) -> object:
        return json.loads(self.reply.answer.body)


def test_a_receipt_is_shaped_like_that_of_vtex() -> None:
    """A date with seven digits of a fraction, the order's id and 32 hexadecimal digits that never come twice."""
    desk = Desk()
    desk.put()
    first = desk.answered
    desk.put()
    assert isinstance(first, dict)
    assert ["2026-03-15T12:00:00.0000000+00:00", "o"] == [first["date"], first["orderId"]]
    assert len(bytes.fromhex(first["receipt"])) == 16
    assert first != desk.answered


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-VTEX-API-AppKey": "key"},
        {"X-VTEX-API-AppKey": "key", "X-VTEX-API-AppToken": ""},
        {"X-VTEX-API-AppKey": "key", "X-VTEX-API-AppToken": "other"},
        {"X-VTEX-API-AppKey": "token", "X-VTEX-API-AppToken": "key"},
    ],
)
def test_who_does_not_show_the_right_pair_is_refused(headers: dict[str, str]) -> None:
    """Without both of the right headers nothing is applied, and the answer is 401."""
    desk = Desk(credentials=("key", "token"))
    request = desk.put(headers=headers)
    assert (401, False) == (request.status, request.is_applied)
    assert {} == desk.orders.packages


def test_any_pair_will_do_where_none_is_set() -> None:
    """An account without credentials takes any that are not empty."""
    assert Desk().put(headers=KEYS | {"X-VTEX-API-AppToken": "other"}).status == 200
    assert Desk().put(headers=KEYS | {"X-VTEX-API-AppToken": ""}).status == 401


def test_an_unknown_order_or_invoice_is_not_found() -> None:
    """VTEX's two shapes of 404, for what is not among the known."""
    desk = Desk(known={"o": ["1"]})
    assert desk.put("x/invoice/1").status == 404
    assert {"error": {"code": "OMS007", "message": "Order Not Found", "exception": None}} == desk.answered
    assert desk.put("o/invoice/2").status == 404
    assert {"message": "Invoice Not Found"} == desk.answered
    assert desk.put("o/invoice/1").status == 200
    desk.get("/api/oms/pvt/orders/x")
    assert desk.reply.answer.status == 404


def test_a_body_that_breaks_the_schema_is_told_where() -> None:
    """A 400 with every field that is wrong, and nothing applied."""
    desk = Desk()
    request = desk.put(body=b"{}")
    assert (400, False) == (request.status, request.is_applied)
    assert isinstance(desk.answered, dict)
    assert {"isDelivered", "deliveredDate", "events"} == set(desk.answered["errors"])
    assert {} == desk.orders.packages


@pytest.mark.parametrize(
    ("address", "status"),
    [("o/invoice/a%20b", 500), ("o/invoice/a%2Fb", 404), ("o/invoice/a/b", 404), ("o%20p/invoice/1", 500)],
)
def test_a_bad_address_is_answered_as_vtex_does(address: str, status: int) -> None:
    """A space is a 500, a slash leads nowhere, and neither counts as a request for an invoice."""
    request = Desk().put(address)
    assert (status, None, 0) == (request.status, request.order_id, request.attempt)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream"])
def test_a_body_must_be_called_json(content_type: str) -> None:
    """Another content type is a 415; a charset beside the right one does no harm."""
    assert Desk().put(headers=KEYS | {"Content-Type": content_type}).status == 415
    assert Desk().put(headers=KEYS | {"Content-Type": "Application/JSON; charset=utf-8"}).status == 200


def test_a_body_too_large_to_read_is_refused() -> None:
    """A body that was not read is a 413, and stands in the log as empty."""
    request = Desk().put(body=None)
    assert (413, 0) == (request.status, request.body_bytes)


def test_another_method_is_not_allowed() -> None:
    """The one that is stands in `Allow`."""
    desk = Desk()
    desk.get("/api/oms/pvt/orders/o/invoice/1/tracking")
    assert (405, ["PUT"]) == (desk.reply.answer.status, list(desk.reply.answer.headers["Allow"]))


def test_over_the_limit_a_request_is_refused_with_the_time_to_wait() -> None:
    """The third start of a window that takes two is a 429, and after its Retry-After there is room again."""
    desk = Desk(limit=Rate(2, window_s=60.0))
    statuses = [desk.put(at_s=at_s).status for at_s in (0.0, 10.0, 20.5)]
    headers = desk.reply.answer.headers
    assert [200, 200, 429] == statuses
    assert ["40", "2", "0", "50"] == [
        headers[name][0] for name in ("Retry-After", "Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset")
    ]
    assert desk.put(at_s=60.5).status == 200


def test_the_limit_stands_before_the_credentials() -> None:
    """A gateway counts before it looks at keys."""
    desk = Desk(limit=Rate(1))
    assert [401, 429] == [desk.put(headers={}).status, desk.put(headers={}).status]


def test_attempts_are_counted_for_each_invoice() -> None:
    """Every request for an invoice is its next attempt, whatever became of the one before."""
    desk = Desk(faults=(FaultRule(attempts=(2,), status=500),))
    requests = [desk.put(), desk.put(), desk.put("o/invoice/2"), desk.put()]
    assert [(1, 200, None), (2, 500, 1), (1, 200, None), (3, 200, None)] == [
        (request.attempt, request.status, request.fault) for request in requests
    ]


def test_a_delay_comes_on_top_of_the_latency() -> None:
    """A slow rule of a slow sandbox is slower than either."""
    desk = Desk(latency_s=1.0, faults=(FaultRule(attempts=(1,), delay_s=2.0),))
    desk.put()
    assert desk.reply.delay_s == 3.0
    desk.put()
    assert desk.reply.delay_s == 1.0


def test_a_fault_may_leave_the_update_applied() -> None:
    """With `is_applied` the answer is the rule's, and the update took effect all the same."""
    desk = Desk(faults=(FaultRule(status=500, is_applied=True),))
    request = desk.put()
    assert (500, True) == (request.status, request.is_applied)
    assert ["1"] == list(desk.orders.packages["o"])


def test_a_fault_applies_nothing_that_is_wrong() -> None:
    """An update that would be refused is not applied by any rule."""
    desk = Desk(faults=(FaultRule(status=500, is_applied=True),))
    assert not desk.put(body=b"{}").is_applied
    assert {} == desk.orders.packages


def test_a_fault_is_looked_for_only_with_the_right_credentials() -> None:
    """A refused request uses up no rule."""
    desk = Desk(faults=(FaultRule(times=1, status=503),))
    assert [401, 503, 200] == [desk.put(headers={}).status, desk.put().status, desk.put().status]


def test_a_fault_of_reading_leaves_writing_alone() -> None:
    """A rule for GET answers for the order, and no PUT."""
    desk = Desk(faults=(FaultRule(methods=("GET",), status=403),))
    desk.get("/api/oms/pvt/orders/o")
    assert [403, 200] == [desk.reply.answer.status, desk.put().status]


@pytest.mark.parametrize(
    ("rule", "status", "content_type", "start"),
    [
        (FaultRule(status=500), 500, "application/json; charset=utf-8", b'{"error":{"code":"1"'),
        (FaultRule(status=204), 204, None, b""),
        (FaultRule(is_html=True), 200, "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        (FaultRule(is_html=True, status=403, body="<p>no"), 403, "text/html; charset=utf-8", b"<p>no"),
        (FaultRule(body="null"), 200, "application/json; charset=utf-8", b"null"),
        (FaultRule(body="null", headers={"content-type": "text/plain"}), 200, "text/plain", b"null"),
        (FaultRule(headers={"Retry-After": ("7", "9")}), 200, "application/json; charset=utf-8", b'{"date":'),
    ],
)
def test_a_rule_shapes_the_answer(rule: FaultRule, status: int, content_type: str | None, start: bytes) -> None:
    """Status, headers and body are the rule's where it has them, and otherwise fit its status."""
    desk = Desk(faults=(rule,))
    desk.put()
    answer = desk.reply.answer
    content_types = [
        value for name, values in answer.headers.items() if name.lower() == "content-type" for value in values
    ]
    assert status == answer.status
    assert ([content_type] if content_type else []) == content_types
    assert answer.body.startswith(start)


def test_state_and_log_are_pages_of_their_own() -> None:
    """They ask for no credentials, count for no limit, and do not stand in the log."""
    desk = Desk(limit=Rate(1), credentials=("a", "b"))
    desk.put(headers=KEYS | {"X-VTEX-API-AppKey": "a", "X-VTEX-API-AppToken": "b"})
    package: dict[str, object] = {"is_delivered": False, "delivered_date": None, "events": []}
    assert (
        {"account": "mystore", "orders": {"o": {"1": package}}} == desk.get("/_sandbox/state") == desk.account.state()
    )
    assert desk.log.requests[0].plain() == desk.get("/_sandbox/requests")
    assert len(desk.log.requests) == 1


def test_no_query_and_no_long_path_is_logged() -> None:
    """A query may hold a token, and a path may be endless."""
    desk = Desk()
    assert desk.put().path == "/api/oms/pvt/orders/o/invoice/1/tracking"
    assert len(desk.put("x" * 1000).path) == 300


def test_a_full_sandbox_says_so() -> None:
    """Beyond its limit no new invoice is taken; those that it holds go on."""
    desk = Desk(targets_max=1)
    assert [200, 507, 200] == [desk.put().status, desk.put("o/invoice/2").status, desk.put().status]
    assert ["1"] == list(desk.orders.packages["o"])
