"""The ledger against a model in a few dictionaries: feeds, attempts, crashes, in any order."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import pytest
from attrs import define, evolve, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    LEFT_FAILED,
    LEFT_UNKNOWN,
    NOT_FOUND,
    NOW_S,
    SETTINGS,
    TIMED_OUT,
    UNREACHABLE,
    Opened,
    event,
    open_run,
    rows,
)
from ledger_support import STANDING

from vtex_tracking.ledger.sqlite import care
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.merge import Known, fact_of, gather, join_volumes, update_of, volume_of
from vtex_tracking.model import Due, Effect, InvoiceKey, OutcomeKind, Settlement, TrackingEvent

pytestmark = pytest.mark.unmeasured

DAY_S: Final = 24 * 3600.0
RECORDS: Final = st.builds(
    event,
    st.sampled_from(["1-01", "2-01"]),
    st.integers(1, 3),
    is_delivered=st.booleans(),
    volume=st.sampled_from(["", "1", "2"]),
    volumes=st.none() | st.integers(1, 2),
)
SETTLEMENTS: Final = (CONFIRMED, BAD_REQUEST, NOT_FOUND, LEFT_UNKNOWN, LEFT_FAILED, TIMED_OUT, UNREACHABLE)


@define
class Modelled:
    """All that should be true of one invoice."""

    records: list[TrackingEvent] = field(factory=list)
    was_delivered: bool = False  # when the last feed was accepted
    state: str = ""
    state_before: str = ""  # its attempt that is in flight
    doubts: dict[str, float] = field(factory=dict)  # fingerprint → when it was left in doubt
    settled_s: float = 0.0
    is_not_found: bool = False

    def known(self) -> Known:
        volumes = join_volumes(map(volume_of, self.records), ())
        return gather(map(fact_of, self.records), volumes=volumes, was_delivered=self.was_delivered)

    def fingerprint(self) -> str:
        return update_of(InvoiceKey("", ""), self.known()).fingerprint

    def is_in_doubt(self) -> bool:
        return self.fingerprint() in self.doubts


class LedgerMachine(RuleBasedStateMachine):
    """Whatever is done to a ledger, it holds what the model holds."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "ledger.db")
        self.ledger = self._open()
        self.now_s = NOW_S
        self.invoices: dict[str, Modelled] = {}
        self.run: Opened | None = None
        self.listed: dict[str, OutcomeKind] = {}
        self.dues: dict[str, Due] = {}

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    # ------------------------------------------------------------ what happens

    @initialize(records=st.lists(RECORDS, min_size=1, max_size=6))
    def first_feed(self, records: list[TrackingEvent]) -> None:
        self.feed(records, is_retrying_rejected=False)

    @rule(records=st.lists(RECORDS, max_size=4), is_retrying_rejected=st.booleans())
    def feed(self, records: list[TrackingEvent], *, is_retrying_rejected: bool) -> None:
        """A run begins; the one before it was finished or died."""
        self._doubt_in_flight()
        self._accept(records, is_retrying_rejected=is_retrying_rejected)
        chosen = evolve(SETTINGS, is_retrying_rejected=is_retrying_rejected)
        self.run = open_run(self.ledger, *records, settings=chosen, now_s=self.now_s)
        dues = self.run.due(now_s=self.now_s)
        self.dues = {due.update.key.order_id: due for due in dues}
        assert {name for name, kind in self.listed.items() if kind is OutcomeKind.PENDING} == set(self.dues)
        assert len(dues) == len(self.dues)
        for name, due in self.dues.items():
            self._check_due(name, due)

    @precondition(lambda self: self._idle())
    @rule(data=st.data())
    def intend(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self._idle()))
        self._opened().intend(self.dues[name], now_s=self.now_s)
        invoice = self.invoices[name]
        invoice.state_before, invoice.state = invoice.state, "in_flight"

    @precondition(lambda self: self._in_flight())
    @rule(data=st.data(), settlement=st.sampled_from(SETTLEMENTS))
    def settle(self, data: st.DataObject, settlement: Settlement) -> None:
        name = data.draw(st.sampled_from(self._in_flight()))
        self._opened().settle(self.dues[name], settlement, now_s=self.now_s)
        invoice = self.invoices[name]
        if settlement.effect is Effect.AMBIGUOUS:
            invoice.doubts[invoice.fingerprint()] = self.now_s
        invoice.state = {
            Effect.CONFIRMED: "sent",
            Effect.REFUSED: "rejected",
            Effect.AMBIGUOUS: "unknown",
            Effect.NOT_APPLIED: "unknown" if invoice.is_in_doubt() else "pending",
        }[settlement.effect]
        invoice.settled_s, invoice.is_not_found = self.now_s, settlement is NOT_FOUND
        self.listed[name] = settlement.outcome or OutcomeKind.PENDING

    @precondition(lambda self: self._idle())
    @rule(data=st.data(), settlement=st.sampled_from(SETTLEMENTS))
    def attempt(self, data: st.DataObject, settlement: Settlement) -> None:
        """From intent to settlement, with nothing between."""
        self.intend(data)
        self.settle(data, settlement)

    @precondition(lambda self: self._in_flight())
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self._in_flight()))
        self._opened().withdraw(self.dues[name])
        self.invoices[name].state = self.invoices[name].state_before

    @precondition(lambda self: self.run is not None)
    @rule()
    def crash(self) -> None:
        """The file is opened by another process; what was in flight still says so."""
        self.ledger.close()
        self.ledger = self._open()
        self.run = None

    @precondition(lambda self: self.run is not None)
    @rule()
    def finish(self) -> None:
        """The run ends as a push ends it, and its accounts add up."""
        run = self._opened()
        self._doubt_in_flight()
        run.finish(now_s=self.now_s)
        posted = rows(self.ledger, "SELECT order_id, state, body IS NULL FROM invoices")
        assert {(name, one.state, one.state == "sent") for name, one in self.invoices.items()} == set(posted)
        summary = run.history.summary()
        assert summary is not None
        assert () == summary.counts.faults()
        assert self.listed == {outcome.order_id: outcome.outcome for outcome in run.history.outcomes()}
        self.run = None

    @rule(seconds=st.sampled_from([1.0, 60.0, 119.0, 121.0, DAY_S, -30.0]))
    def time_passes(self, seconds: float) -> None:
        """Or is set back."""
        self.now_s += seconds

    # ------------------------------------------------------------ what must hold

    @invariant()
    def every_invoice_is_where_the_model_has_it(self) -> None:
        expected = {name: (invoice.state, invoice.fingerprint()) for name, invoice in self.invoices.items()}
        found = rows(self.ledger, STANDING)
        assert expected == {name: (state, fingerprint) for name, _number, state, fingerprint in found}

    @invariant()
    def every_doubt_is_kept(self) -> None:
        expected = {
            (name, fingerprint): at_s
            for name, invoice in self.invoices.items()
            for fingerprint, at_s in invoice.doubts.items()
        }
        question = "SELECT order_id, ambiguities.fingerprint, at_s FROM ambiguities JOIN invoices USING (invoice_id)"
        assert expected == {(name, fingerprint): at_s for name, fingerprint, at_s in rows(self.ledger, question)}

    @invariant()
    def nothing_is_wrong_with_the_ledger(self) -> None:
        in_flight = sum(invoice.state == "in_flight" for invoice in self.invoices.values())
        problems = list(care.problems(self.ledger))
        assert in_flight == len(problems), problems
        assert all("is in flight" in problem for problem in problems)

    # ------------------------------------------------------------ the model

    def _open(self) -> LedgerFile:
        """Without waiting for the disk: nobody cuts the power here."""
        ledger = LedgerFile(self.path)
        ledger.sql.execute("PRAGMA synchronous = OFF")
        return ledger

    def _opened(self) -> Opened:
        assert self.run is not None
        return self.run

    def _idle(self) -> list[str]:
        """What may be attempted now: one request per invoice, and none after its outcome."""
        waiting = (name for name, kind in self.listed.items() if kind is OutcomeKind.PENDING)
        return [name for name in waiting if self.run is not None and self.invoices[name].state != "in_flight"]

    def _in_flight(self) -> list[str]:
        return [name for name in self.listed if self.run is not None and self.invoices[name].state == "in_flight"]

    def _doubt_in_flight(self) -> None:
        for name, invoice in self.invoices.items():
            if invoice.state == "in_flight":
                invoice.doubts[invoice.fingerprint()] = self.now_s
                invoice.state = "unknown"
            if invoice.state == "unknown" and self.listed.get(name) is OutcomeKind.PENDING:
                self.listed[name] = OutcomeKind.UNKNOWN

    def _accept(self, records: list[TrackingEvent], *, is_retrying_rejected: bool) -> None:
        named = {record.order_id for record in records}
        fresh = set()
        for name in named:
            invoice = self.invoices.setdefault(name, Modelled())
            before = invoice.fingerprint() if invoice.records else None
            invoice.records += [record for record in records if record.order_id == name]
            invoice.was_delivered = invoice.known().is_delivered
            if before != invoice.fingerprint():
                fresh.add(name)
        self.listed = {}
        for name, invoice in self.invoices.items():
            may_exist = name in named and invoice.is_not_found and self.now_s - invoice.settled_s >= DAY_S
            if name in fresh:
                invoice.state, invoice.is_not_found = "pending", False
            elif invoice.state == "rejected" and (is_retrying_rejected or may_exist):
                invoice.state = "pending"
            if invoice.state in {"pending", "unknown"}:
                self.listed[name] = OutcomeKind.PENDING
            elif name in named:
                self.listed[name] = OutcomeKind.UNCHANGED if invoice.state == "sent" else OutcomeKind.REJECTED

    def _check_due(self, name: str, due: Due) -> None:
        """The bytes are those of all facts, and they wait for other bytes that may still arrive."""
        invoice = self.invoices[name]
        assert update_of(due.update.key, invoice.known()) == due.update
        others = [at_s for fingerprint, at_s in invoice.doubts.items() if fingerprint != due.update.fingerprint]
        until_s = min(max(others), self.now_s) + SETTINGS.quiet_period_s if others else 0.0
        assert (until_s if until_s > self.now_s else 0.0) == due.not_before_s
        assert invoice.is_in_doubt() == due.is_ambiguous


LedgerMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestLedger = LedgerMachine.TestCase
