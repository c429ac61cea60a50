"""Exchanges that break: no answer, half of one, or one that is no HTTP."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import field, frozen
from fault_server import Put, Script, Server, at_fault
from fault_support import Ending, always_and_once, endure, side_by_side

from vtex_tracking.model import Effect, OutcomeKind, Reason
from vtex_tracking.sandbox import Ending as Broken
from vtex_tracking.sandbox import FaultRule, Sandbox

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
RECEIPT: Final = b'{"receipt":"f67d"}'
CHUNK: Final = b"%x\r\n%b\r\n" % (len(RECEIPT), RECEIPT)
STEP_S: Final = 0.01  # between the bytes of a server that is slow on purpose
SHORT_S: Final = 0.12

LOST: Final = Ending(outcome=OutcomeKind.UNKNOWN, reason=Reason.DISCONNECTED, effects=(Effect.AMBIGUOUS,) * 5)
LATE: Final = Ending(outcome=OutcomeKind.UNKNOWN, reason=Reason.TIMEOUT, effects=(Effect.AMBIGUOUS,) * 5)
ODD: Final = Ending(outcome=OutcomeKind.UNKNOWN, reason=Reason.UNEXPECTED_RESPONSE, effects=(Effect.AMBIGUOUS,) * 3)
BOMB: Final = gzip.compress(RECEIPT + b" " * (8 << 20))


@frozen(kw_only=True)
class Case:
    """What a server does instead of answering, and how an update ends that always meets it."""

    name: str
    script: Script
    ending: Ending
    options: dict[str, Any] = field(factory=dict)


def then_close(data: bytes) -> Script:
    """Send so much, and end the stream."""

    async def script(put: Put) -> None:
        await put.send(data)
        put.close()

    return script


def then_reset(data: bytes) -> Script:
    """Send so much, and break the connection."""

    async def script(put: Put) -> None:
        await put.send(data)
        put.reset()

    return script


def then_nothing(data: bytes) -> Script:
    """Send so much, and keep the connection open."""

    async def script(put: Put) -> None:
        await put.send(data)
        await asyncio.Event().wait()

    return script


def then_trickle(data: bytes, drop: bytes) -> Script:
    """Send so much, and then a drop at a time for ever."""

    async def script(put: Put) -> None:
        await put.send(data)
        while True:
            await put.send(drop)
            await asyncio.sleep(STEP_S)  # the server's slowness; the time-out under test ends it

    return script


def then_flood(data: bytes, chunk: bytes) -> Script:
    """Send so much, and then without end as fast as it is taken."""

    async def script(put: Put) -> None:
        await put.send(data)
        while True:
            await put.send(chunk)

    return script


CASES: Final = (
    Case(name="half_a_status_line", script=then_close(b"HTTP/1.1 20"), ending=LOST),
    Case(name="half_a_head", script=then_close(HEAD), ending=LOST),
    Case(name="reset_in_the_head", script=then_reset(HEAD), ending=LOST),
    Case(name="interim_answer_only", script=then_close(b"HTTP/1.1 100 Continue\r\n\r\n"), ending=LOST),
    Case(name="half_a_body", script=then_close(HEAD + b"Content-Length: 99\r\n\r\n" + RECEIPT), ending=ODD),
    Case(name="reset_in_the_body", script=then_reset(HEAD + b"Content-Length: 99\r\n\r\n" + RECEIPT), ending=ODD),
    Case(name="chunks_cut", script=then_close(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK), ending=ODD),
    Case(
        name="chunks_never_ended",
        script=then_nothing(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK),
        ending=ODD,
        options={"read_timeout_s": SHORT_S},
    ),
    Case(name="silence", script=then_nothing(b""), ending=LATE, options={"read_timeout_s": SHORT_S}),
    Case(name="head_in_drops", script=then_trickle(HEAD + b"X: ", b"x"), ending=LATE, options={"timeout_s": SHORT_S}),
    Case(
        name="body_in_drops",
        script=then_trickle(HEAD + b"Content-Length: 999999\r\n\r\n", b" "),
        ending=ODD,
        options={"timeout_s": SHORT_S},
    ),
    Case(name="head_of_70_kb", script=then_nothing(HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n"), ending=ODD),
    Case(name="10000_headers", script=then_nothing(HEAD + b"X: a\r\n" * 10_000 + b"\r\n"), ending=ODD),
    Case(name="nul_in_a_header", script=then_nothing(HEAD + b"X\x00: a\r\n\r\n"), ending=ODD),
    Case(name="another_protocol", script=then_nothing(b"220 smtp.example ESMTP\r\n\r\n"), ending=ODD),
    Case(
        name="switching_protocols",
        script=then_nothing(b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        ending=ODD,
    ),
    Case(name="endless_body", script=then_flood(HEAD + b"Connection: close\r\n\r\n", b" " * 65536), ending=ODD),
    Case(
        name="endless_chunks",
        script=then_flood(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
        ending=ODD,
    ),
    Case(
        name="gigabyte_promised",
        script=then_flood(HEAD + b"Content-Length: 1073741824\r\n\r\n", b" " * 65536),
        ending=ODD,
    ),
    Case(
        name="compressed_bomb",
        script=lambda put: put.answer(BOMB, headers="Content-Encoding: gzip\r\n"),
        ending=ODD,
    ),
)


async def test_an_exchange_that_breaks_leaves_a_doubt_and_never_a_sent(tmp_path: Path) -> None:
    """The same bytes go out again, in the end the update is unknown, and the next run sends it; others notice nothing."""
    await side_by_side(
        {
            case.name: endure(Server(at_fault(case.script)), case.ending, folder=tmp_path / case.name)
            for case in CASES
            if not case.options
        }
    )


@pytest.mark.parametrize("case", [case for case in CASES if case.options], ids=lambda case: case.name)
async def test_an_exchange_that_does_not_end_is_given_up(case: Case, tmp_path: Path) -> None:
    """Silence and a trickle end with the time-out, as a doubt like any other; those beside it are answered meanwhile."""
    await endure(Server(at_fault(case.script)), case.ending, folder=tmp_path, **case.options)


@frozen(kw_only=True)
class Rule:
    """What the sandbox does instead of answering, and how an update ends that always meets it."""

    name: str
    rule: FaultRule
    ending: Ending
    options: dict[str, Any] = field(factory=dict)


RULES: Final = (
    Rule(name="reset_before_applying", rule=FaultRule(ending=Broken.RESET), ending=LOST),
    Rule(name="reset_after_applying", rule=FaultRule(ending=Broken.RESET, is_applied=True), ending=LOST),
    Rule(name="closed_before_applying", rule=FaultRule(ending=Broken.CLOSE), ending=LOST),
    Rule(name="closed_after_applying", rule=FaultRule(ending=Broken.CLOSE, is_applied=True), ending=LOST),
    Rule(name="receipt_cut_in_half", rule=FaultRule(ending=Broken.CUT_BODY), ending=ODD),
    Rule(
        name="receipt_too_late",
        rule=FaultRule(delay_s=30.0),
        ending=LATE,
        options={"timeout_s": SHORT_S},
    ),
    Rule(name="silence", rule=FaultRule(ending=Broken.SILENCE), ending=LATE, options={"timeout_s": SHORT_S}),
)


@pytest.mark.parametrize("case", RULES, ids=lambda case: case.name)
async def test_applied_or_not_it_is_the_same_doubt(case: Rule, tmp_path: Path) -> None:
    """Nobody can tell from here whether VTEX applied an update before the connection broke: both end alike."""
    await endure(Sandbox(faults=always_and_once(case.rule)), case.ending, folder=tmp_path, **case.options)
