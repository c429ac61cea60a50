"""Every answer that is one, for one update: taken, refused, or to be asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from fault_server import Put, Script, Server
from fault_support import Ending, always_and_once, endure, push, side_by_side, told

from vtex_tracking.model import Effect, OutcomeKind, Reason
from vtex_tracking.sandbox import FaultRule, Sandbox

RECEIPT: Final = b'{"date":"2026-03-10T12:00:00.0521233+00:00","orderId":"00-order-always","receipt":"f67d"}'


# ---------------------------------------------------------------- not sent


@frozen(kw_only=True)
class Case:
    """What the sandbox answers, and how an update ends that is always answered so."""

    name: str
    rule: FaultRule
    ending: Ending


def perhaps(status: int, reason: Reason, *, attempts: int = 5, is_applied: bool = False) -> Case:
    """The update may have arrived."""
    ending = Ending(outcome=OutcomeKind.UNKNOWN, reason=reason, effects=(Effect.AMBIGUOUS,) * attempts)
    name = f"{status}_after_applying" if is_applied else str(status)
    return Case(name=name, rule=FaultRule(status=status, is_applied=is_applied), ending=ending)


def not_applied(status: int, reason: Reason) -> Case:
    """The status says that the update was not looked at."""
    ending = Ending(outcome=OutcomeKind.FAILED, reason=reason, effects=(Effect.NOT_APPLIED,) * 5)
    return Case(name=str(status), rule=FaultRule(status=status), ending=ending)


def refused(status: int, reason: Reason) -> Case:
    """VTEX will not have it."""
    ending = Ending(outcome=OutcomeKind.REJECTED, reason=reason, effects=(Effect.REFUSED,))
    return Case(name=str(status), rule=FaultRule(status=status), ending=ending)


def no_receipt(name: str, rule: FaultRule) -> Case:
    """A success without the proof of one."""
    ending = Ending(outcome=OutcomeKind.UNKNOWN, reason=Reason.UNEXPECTED_RESPONSE, effects=(Effect.AMBIGUOUS,) * 3)
    return Case(name=name, rule=rule, ending=ending)


CONFLICT: Final = Ending(
    outcome=OutcomeKind.REJECTED,
    reason=Reason.CONFLICT,
    effects=(Effect.NOT_APPLIED, Effect.NOT_APPLIED, Effect.REFUSED),
)
PERSISTENT: Final = Ending(
    outcome=OutcomeKind.FAILED, reason=Reason.SERVER_ERROR_PERSISTENT, effects=(Effect.AMBIGUOUS,) * 3
)

CASES: Final = (
    *(perhaps(status, Reason.TIMEOUT) for status in (408, 504, 522, 524)),
    *(perhaps(status, Reason.SERVER_ERROR) for status in (502, 506, 508, 520, 527, 599)),
    perhaps(502, Reason.SERVER_ERROR, is_applied=True),
    perhaps(504, Reason.TIMEOUT, is_applied=True),
    perhaps(503, Reason.UNAVAILABLE),
    *(perhaps(status, Reason.UNEXPECTED_RESPONSE, attempts=3) for status in (201, 202, 204, 206, 299)),
    *(not_applied(status, Reason.UNREACHABLE) for status in (421, 521, 523, 530)),
    not_applied(425, Reason.TOO_EARLY),
    *(refused(status, Reason.BAD_REQUEST) for status in (400, 411, 413, 414, 415, 422, 431)),
    *(refused(status, Reason.UNEXPECTED_STATUS) for status in (300, 304, 305, 402, 405, 406, 410, 423, 424, 428, 451)),
    refused(404, Reason.NOT_FOUND),
    Case(name="409", rule=FaultRule(status=409), ending=CONFLICT),
    Case(name="500", rule=FaultRule(status=500), ending=PERSISTENT),
    Case(name="500_after_applying", rule=FaultRule(status=500, is_applied=True), ending=PERSISTENT),
    no_receipt("web_page", FaultRule(is_html=True)),
    no_receipt("empty_body", FaultRule(body="")),
    no_receipt("null", FaultRule(body="null")),
    no_receipt("list", FaultRule(body='[{"receipt":"f67d"}]')),
    no_receipt("cut_json", FaultRule(body='{"receipt":"f67d"')),
    no_receipt("json_twice", FaultRule(body='{"receipt":"f67d"}{"receipt":"f67d"}')),
    no_receipt("receipt_twice", FaultRule(body='{"receipt":"f67d","receipt":"a001"}')),
    no_receipt("receipt_is_null", FaultRule(body='{"receipt":null}')),
    no_receipt("receipt_is_blank", FaultRule(body='{"receipt":" "}')),
    no_receipt("receipt_is_a_number", FaultRule(body='{"receipt":4711}')),
    no_receipt("not_a_number", FaultRule(body='{"receipt":"f67d","date":NaN}')),
    no_receipt("deep_nesting", FaultRule(body="[" * 50_000)),
    no_receipt("number_of_10000_digits", FaultRule(body='{"receipt":"f67d","date":' + "9" * 10_000 + "}")),
)


@pytest.mark.unmeasured
async def test_an_answer_that_is_no_receipt_is_never_sent(tmp_path: Path) -> None:
    """Each status and each body ends as the guarantees say, for the update that meets it and for no other."""
    await side_by_side(
        {
            case.name: endure(Sandbox(faults=always_and_once(case.rule)), case.ending, folder=tmp_path / case.name)
            for case in CASES
        }
    )


async def test_what_vtex_said_is_told_and_is_harmless(tmp_path: Path) -> None:
    """A refusal is in the report by its status and its ticket; whatever its message holds ends no line and no run."""
    message = '{"message":"' + "\\u001b[31m=cmd|' /C calc'!A0\\r\\nERROR forged " + "x" * 5000 + '"}'
    rule = FaultRule(status=400, body=message, headers={"x-request-id": "ticket-4711"})
    async with Sandbox(faults=(rule,)) as sandbox:
        pushed = await push(sandbox.url, folder=tmp_path, invoices=["always"])
    outcome = pushed.outcomes["always"]
    assert (OutcomeKind.REJECTED, 400, "ticket-4711") == (outcome.outcome, outcome.http_status, outcome.request_id)
    assert 2 == len((tmp_path / "report" / "results.csv").read_text(encoding="utf-8").splitlines())


# ---------------------------------------------------------------- sent all the same


def saying(body: bytes = RECEIPT, *, status: str = "200 OK", headers: str = "") -> Script:
    """Answer every request so."""

    async def script(put: Put) -> None:
        await put.answer(body, status=status, headers=headers)

    return script


async def say_goodbye(put: Put) -> None:
    """Answer well, and end the connection each time."""
    await put.answer(RECEIPT, headers="Connection: close\r\n")
    put.close()


async def announce(put: Put) -> None:
    """Answer well, after two answers that only announce it."""
    await put.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    await put.answer(RECEIPT)


async def hand_out_cookies(put: Put) -> None:
    """Answer well, and want very much remembered."""
    cookies = "".join(f"Set-Cookie: c{put.number}x{number}=v; Path=/\r\n" for number in range(100))
    await put.answer(RECEIPT, headers=cookies + "Set-Cookie: ;;=\r\n")


UNUSUAL: Final[dict[str, Script]] = {
    "wrong_content_type": saying(headers="Content-Type: text/plain\r\n"),
    "no_content_type": saying(),
    "byte_order_mark": saying(b"\xef\xbb\xbf" + RECEIPT),
    "interim_answers": announce,
    "connection_closed_each_time": say_goodbye,
    "cookies": hand_out_cookies,
    "unknown_rate_headers": saying(headers="X-Rate-Left: 0\r\nRatelimit-Policy: 0;w=1\r\n"),
    "nonsense_in_rate_headers": saying(headers="Ratelimit-Remaining: -1\r\nX-RateLimit-Remaining: none\r\n"),
    "nonsense_in_retry_after": saying(headers="Retry-After: soon\r\n"),
    "http_1_0": lambda put: put.send(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(RECEIPT) + RECEIPT),
}


async def test_a_receipt_is_a_receipt_whatever_is_around_it(tmp_path: Path) -> None:
    """One request for each invoice; the receipt is kept, and another order's name in it changes nothing."""

    async def take(script: Script, *, folder: Path) -> None:
        async with Server(script) as server:
            pushed = await push(server.url, folder=folder, concurrency=1)
        assert (0, {"sent": 3}) == (pushed.summary.exit_code, pushed.counts())
        assert {"always": 1, "once": 1, "never": 1} == told(server)
        outcome = pushed.outcomes["always"]
        assert ("f67d", "2026-03-10T12:00:00.0521233+00:00") == (outcome.receipt, outcome.receipt_date)
        assert [] == [put for put in server.requests if b"cookie" in put.head.lower()]

    await side_by_side({name: take(script, folder=tmp_path / name) for name, script in UNUSUAL.items()})


async def test_a_connection_closed_each_time_costs_connections_only(tmp_path: Path) -> None:
    """Twenty invoices over twenty connections are as many requests, and no faster than the rate."""
    invoices = [f"n{number}" for number in range(20)]
    async with Server(say_goodbye) as server:
        pushed = await push(server.url, folder=tmp_path, invoices=invoices)
    assert (0, 20, 20) == (pushed.summary.exit_code, len(server.requests), server.connections)
