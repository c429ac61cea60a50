"""The answers of the sandbox, in the shapes that VTEX's have been seen in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import evolve, field, frozen

from vtex_tracking.sandbox.faults import FaultRule
from vtex_tracking.sandbox.tracking import Problem
from vtex_tracking.sandbox.window import Grant

_JSON: Final = "application/json; charset=utf-8"
_PROBLEM: Final = "application/problem+json; charset=utf-8"
_LINES: Final = "application/jsonl; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"
_PAGE: Final = "<!DOCTYPE html><html><head><title>VTEX</title></head><body>Sign in</body></html>"


@frozen(kw_only=True)
class Answer:
    """What goes back; a header with several values is sent once for each."""

    status: int
    body: bytes = b""
    headers: Mapping[str, Sequence[str]] = field(factory=dict)

    def with_headers(self, headers: Mapping[str, Sequence[str]]) -> Answer:
        """A header given replaces one of the same name, whatever its case."""
        replaced = {name.lower() for name in headers}
        kept = {name: values for name, values in self.headers.items() if name.lower() not in replaced}
        return evolve(self, headers=kept | dict(headers))


def _json(status: int, document: object, *, content_type: str = _JSON) -> Answer:
    body = json.dumps(document, separators=(",", ":")).encode()
    return Answer(status=status, body=body, headers={"Content-Type": (content_type,)})


def _error(status: int, code: str, message: str) -> Answer:
    return _json(status, {"error": {"code": code, "message": message, "exception": None}})


def document(content: Mapping[str, Any]) -> Answer:
    """A page of one JSON object."""
    return _json(200, content)


def lines(documents: Sequence[Mapping[str, Any]]) -> Answer:
    """A page of JSON Lines."""
    body = "".join(json.dumps(content) + "\n" for content in documents).encode()
    return Answer(status=200, body=body, headers={"Content-Type": (_LINES,)})


def receipt(order_id: str, *, number: int, at: datetime) -> Answer:
    """A receipt is 32 hexadecimal digits, and its date has seven digits of a second's fraction."""
    return _json(
        200,
        {
            "date": f"{at:%Y-%m-%dT%H:%M:%S.%f}0+00:00",
            "orderId": order_id,
            "receipt": hashlib.sha256(f"{number} {at.isoformat()}".encode()).hexdigest()[:32],
        },
    )


def bad_body(problems: Sequence[Problem], *, number: int) -> Answer:
    """Every problem stands under the field that it is in."""
    errors: dict[str, list[str]] = {}
    for problem in problems:
        errors.setdefault(problem.field, []).append(problem.message)
    title = "One or more validation errors occurred."
    trace_id = f"00-{number:032x}-{number:016x}-00"
    return _json(400, {"title": title, "status": 400, "traceId": trace_id, "errors": errors}, content_type=_PROBLEM)


def too_many(grant: Grant) -> Answer:
    """Who comes back after so many whole seconds finds room."""
    return _error(429, "429", "Too Many Requests").with_headers({"Retry-After": (str(grant.retry_after_s),)})


def limit_headers(grant: Grant) -> dict[str, Sequence[str]]:
    """The headers that VTEX documents on some of its routes, with seconds for the reset."""
    return {
        "Ratelimit-Limit": (str(grant.limit),),
        "Ratelimit-Remaining": (str(grant.remaining),),
        "Ratelimit-Reset": (str(grant.reset_s),),
    }


def wrong_method(allowed: str) -> Answer:
    """A refused method names the one that is allowed."""
    return _json(405, {"message": "Method Not Allowed"}).with_headers({"Allow": (allowed,)})


UNAUTHORIZED: Final = _error(401, "1", "Unauthorized")
NO_CALL: Final = _json(404, {"message": "Not Found"})
ORDER_NOT_FOUND: Final = _error(404, "OMS007", "Order Not Found")
INVOICE_NOT_FOUND: Final = _json(404, {"message": "Invoice Not Found"})
BODY_TOO_LARGE: Final = _json(413, {"message": "Request Entity Too Large"})
NOT_JSON: Final = _json(415, {"message": "Unsupported Media Type: expected application/json"})
BAD_ID: Final = _error(500, "1", "An error has occurred.")
FULL: Final = _json(507, {"message": "The sandbox holds as many invoices as it can: start a new one."})


def faulty(ordinary: Answer, *, rule: FaultRule) -> Answer:
    """A rule's own answer takes the ordinary one's place; its headers are added to either."""
    answer = _own(rule) if rule.has_own_answer else ordinary
    return answer.with_headers(
        {name: (content,) if isinstance(content, str) else content for name, content in rule.headers.items()}
    )


def _own(rule: FaultRule) -> Answer:
    """A page has its type, and a refusal without a body of its own has VTEX's shape."""
    status = rule.status or 200
    match rule.body:
        case None if rule.is_html:
            return Answer(status=status, body=_PAGE.encode(), headers={"Content-Type": (_HTML,)})
        case None if status >= 400:  # noqa: PLR2004 - HTTP's own number
            return _error(status, "1", "A fault of the sandbox.")
        case None:
            return Answer(status=status)
        case body:
            content_type = _HTML if rule.is_html else _JSON
            return Answer(status=status, body=body.encode(), headers={"Content-Type": (content_type,)})
