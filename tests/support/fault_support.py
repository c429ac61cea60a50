"""A whole run over real sockets, seen from outside; and what two runs, one of them ill, are held to."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Any, Final, Protocol

from attrs import evolve, frozen

from vtex_tracking import (
    Credentials,
    Outcome,
    OutcomeKind,
    Rate,
    Reason,
    Run,
    Secret,
    Settings,
    Summary,
    check_ledger,
    push_feed,
)
from vtex_tracking.model import Effect
from vtex_tracking.sandbox import FaultRule, Sandbox

CANARY: Final = "CANARY-4711"
CREDENTIALS: Final = Credentials(app_key=Secret(f"{CANARY}-the-key"), app_token=Secret(f"{CANARY}-the-token"))
INVOICES: Final = ("always", "once", "never")  # by how often each meets the fault
CONCURRENCY: Final = 4
CASES_AT_ONCE: Final = 8
PATIENCE_S: Final = 60.0  # more than any run here may last; a test that waits so long has failed


class Heard(Protocol):
    """One request, as a server noted it; `at_s` is the loop's clock."""

    @property
    def invoice_number(self) -> str | None: ...
    @property
    def body_sha256(self) -> str: ...
    @property
    def at_s(self) -> float: ...


class Store(Protocol):
    """Whoever answers: the sandbox, or a server with a script."""

    @property
    def url(self) -> str: ...
    @property
    def requests(self) -> Sequence[Heard]: ...


# ---------------------------------------------------------------- a run


@frozen(kw_only=True)
class Pushed:
    """One run from outside: its summary, and by invoice number its outcome and what each attempt is known to have done."""

    summary: Summary
    outcomes: dict[str, Outcome]
    effects: dict[str, tuple[Effect | None, ...]]

    def counts(self) -> dict[str, int]:
        """How many invoices ended how; those that are none left out."""
        return dict(Counter(str(outcome.outcome) for outcome in self.outcomes.values()))

    def said(self) -> str:
        """All that a person is told beside the numbers."""
        return "\n".join(notice.message for notice in self.summary.notices)


def settings_of(url: str | None, *, folder: Path, **options: Any) -> Settings:
    """Settings of a run that is in a hurry; a time-out is long unless the test is about it."""
    hurried = Settings(
        account="mystore",
        base_url=url,
        rate=Rate(5000),
        concurrency=CONCURRENCY,
        timeout_s=PATIENCE_S,
        connect_timeout_s=PATIENCE_S,
        read_timeout_s=PATIENCE_S,
        backoff_base_s=0.001,
        backoff_max_s=0.002,
        throttle_pause_s=0.02,
        ledger_path=folder / "ledger.db",
        report_dir=folder / "report",
    )
    return evolve(hurried, **options)


def start(
    url: str | None,
    *,
    folder: Path,
    invoices: Iterable[str] = INVOICES,
    credentials: Credentials = CREDENTIALS,
    **options: Any,
) -> Run:
    """Make a run with one event for each invoice, and a body of its own; enter it to start it.

    Invoices are of one order when they are named alike up to a dot.
    """
    folder.mkdir(exist_ok=True)
    feed = folder / "feed.csv"
    records = (f"order-{number.partition('.')[0]},{number},2026-10-01,Event of {number}\n" for number in invoices)
    feed.write_text("order_id,invoice_number,date,description\n" + "".join(records), encoding="utf-8")
    settings = settings_of(url, folder=folder, **options)
    return push_feed([str(feed)], settings=settings, credentials=credentials, chance=lambda: 0.5)


async def push(url: str | None, *, folder: Path, **options: Any) -> Pushed:
    """Run to the end, and look at what is left behind."""
    async with asyncio.timeout(PATIENCE_S), start(url, folder=folder, **options) as run:
        return await end(run, folder=folder)


async def end(run: Run, *, folder: Path) -> Pushed:
    """Wait for the end; the ledger must be whole, the accounts add up, and the report on disk be what was handed out."""
    outcomes = [outcome async for outcome in run]
    summary = await run.finish()
    assert () == check_ledger(folder / "ledger.db")
    assert () == summary.counts.faults()
    lines = (folder / "report" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    written = {line["invoice_number"]: line for line in map(json.loads, lines)}
    assert {outcome.invoice_number: json.loads(json.dumps(outcome._asdict())) for outcome in outcomes} == written
    return Pushed(
        summary=summary,
        outcomes={outcome.invoice_number: outcome for outcome in outcomes},
        effects=_effects(folder / "ledger.db"),
    )


def _effects(ledger: Path) -> dict[str, tuple[Effect | None, ...]]:
    """What the ledger knows of each attempt of the last run."""
    effects: dict[str, tuple[Effect | None, ...]] = {}
    with closing(sqlite3.connect(ledger)) as connection:
        for number, effect in connection.execute(
            "SELECT invoice_number, effect FROM attempts JOIN run_invoices USING (run_no, seq) JOIN invoices"
            " USING (invoice_id) WHERE run_no = (SELECT max(run_no) FROM runs) ORDER BY number"
        ):
            effects[number] = (*effects.get(number, ()), None if effect is None else Effect(effect))
    return effects


def told(store: Store) -> dict[str, int]:
    """How many requests came for each invoice."""
    return dict(Counter(str(heard.invoice_number) for heard in store.requests))


async def until(claim: Callable[[], bool]) -> None:
    """Return when it holds; a run has no event for what a test wants to see of it."""
    while not claim():  # noqa: ASYNC110 - as a caller would, it looks at the live numbers
        await asyncio.sleep(0)  # no time passes but the run's own


async def side_by_side(cases: Mapping[str, Coroutine[Any, Any, object]]) -> None:
    """Play independent cases, a few at a time, for most of their time is waiting; all that fail are told by name."""
    places = asyncio.Semaphore(CASES_AT_ONCE)

    async def play(case: Coroutine[Any, Any, object]) -> object:
        async with places:
            return await case

    ends = await asyncio.gather(*map(play, cases.values()), return_exceptions=True)
    failures = [error for error in ends if isinstance(error, BaseException)]
    for name, error in zip(cases, ends, strict=True):
        if isinstance(error, BaseException):
            error.add_note(f"in the case {name}")
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {len(cases)} cases", failures)


# ---------------------------------------------------------------- an ordeal


@frozen(kw_only=True)
class Ending:
    """How an update ends that meets a fault at every attempt, and what each of them is known to have done."""

    outcome: OutcomeKind
    reason: Reason
    effects: tuple[Effect, ...]

    @property
    def exit_code(self) -> int:
        """What a run with such an update ends with."""
        return 3 if self.outcome is OutcomeKind.REJECTED else 4


async def endure(store: AbstractAsyncContextManager[Store], ending: Ending, *, folder: Path, **options: Any) -> None:
    """One invoice meets a fault at every attempt, one at its first, one never; the next run finds VTEX well.

    Where there is a second attempt the second is sent at it; the third notices nothing. The next run sends what is left,
    once and with the same bytes, and leaves alone what was rejected.
    """
    async with store as sick:
        first = await push(sick.url, folder=folder, **options)
    always, effects = first.outcomes["always"], ending.effects
    assert (ending.outcome, ending.reason, effects) == (always.outcome, always.reason, first.effects["always"])
    if len(effects) > 1:
        effects = (effects[0], Effect.CONFIRMED)
        assert OutcomeKind.SENT is first.outcomes["once"].outcome
    assert (effects, (Effect.CONFIRMED,)) == (first.effects["once"], first.effects["never"])
    assert OutcomeKind.SENT is first.outcomes["never"].outcome
    assert {"always": len(ending.effects), "once": len(effects), "never": 1} == told(sick)
    assert (ending.exit_code, len(sick.requests)) == (first.summary.exit_code, first.summary.requests)
    assert len(INVOICES) == len({heard.body_sha256 for heard in sick.requests}), "a retry had other bytes"

    async with Sandbox() as well:
        second = await push(well.url, folder=folder)
    if ending.outcome is OutcomeKind.REJECTED:
        assert (ending.exit_code, {}) == (second.summary.exit_code, told(well))
        return
    assert (0, {"always": 1}) == (second.summary.exit_code, told(well))
    assert {well.requests[0].body_sha256} < {heard.body_sha256 for heard in sick.requests}


async def stop_and_go_on(
    store: AbstractAsyncContextManager[Store],
    *,
    folder: Path,
    exit_code: int,
    reason: Reason,
    requests_max: int = CONCURRENCY,
    **options: Any,
) -> Pushed:
    """A fault that every update would meet stops the run after a few requests; a run that finds VTEX well sends it all."""
    invoices = [f"n{number:02d}" for number in range(3 * CONCURRENCY)]
    async with store as sick:
        first = await push(sick.url, folder=folder, invoices=invoices, **options)
    assert (exit_code, reason) == (first.summary.exit_code, first.summary.stop_reason), first.said()
    assert len(sick.requests) <= requests_max
    assert {"pending"} >= set(first.counts()) - {"unknown"}

    async with Sandbox() as well:
        second = await push(well.url, folder=folder, invoices=invoices)
    assert (0, dict.fromkeys(invoices, 1)) == (second.summary.exit_code, told(well))
    return first


def always_and_once(rule: FaultRule) -> tuple[FaultRule, FaultRule]:
    """Give the sandbox a fault for the two invoices that are to meet it."""
    return evolve(rule, invoices=("always",)), evolve(rule, invoices=("once",), attempts=(1,))
