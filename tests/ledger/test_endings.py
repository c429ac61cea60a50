"""How the invoices of a run have ended, counted."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st
from ledger_runs import CONFIRMED, LEFT_FAILED, LEFT_UNKNOWN, NOT_FOUND, UNREACHABLE, event, open_run

from vtex_tracking.ledger.sqlite.connection import LedgerFile

_ENDS = st.sampled_from(
    [(), (CONFIRMED,), (NOT_FOUND,), (UNREACHABLE, CONFIRMED), (UNREACHABLE,), (LEFT_FAILED,), (LEFT_UNKNOWN,)]
)


@example(ends=[(), (CONFIRMED,)], older=8)
@given(ends=st.lists(_ENDS, min_size=1, max_size=8), older=st.integers(0, 8))
def test_endings_are_the_outcomes_counted(ends: list[tuple[object, ...]], older: int) -> None:
    """Whatever became of the attempts; of older runs, the run's list itself says what was sent."""
    with LedgerFile(None) as ledger:
        run = open_run(ledger, *(event(f"{number}-01") for number in range(len(ends))))
        for due, attempts in zip(run.due(), ends, strict=True):
            for attempt in attempts:
                run.attempt(due, attempt)  # type: ignore[arg-type] # a settlement
        ledger.sql.execute(
            "UPDATE run_invoices SET outcome = 'sent', reason = '' WHERE seq <= ? AND seq NOT IN (SELECT seq FROM attempts)",
            (older,),
        )
        listed = list(run.history.outcomes())
        expected = Counter((outcome.outcome.value, outcome.reason.value) for outcome in listed)
        firsts = {(outcome.outcome, outcome.reason): outcome.order_id for outcome in reversed(listed)}
        endings = run.history.endings()
        assert expected == {(ending.outcome, ending.reason): ending.invoices for ending in endings}
        assert sorted(expected.values(), reverse=True) == [ending.invoices for ending in endings]
        for top in run.history.top_reasons(endings):
            assert firsts[top.outcome, top.reason] == top.order_id


def test_a_run_that_is_done_is_not_looked_through(ledger: LedgerFile) -> None:
    """Where each update has an outcome, nobody looks for the attempts of each."""
    run = open_run(ledger, event("1-01"), event("2-01"))
    one, other = run.due()
    asked: list[str] = []
    ledger.sql.set_trace_callback(asked.append)
    for due, questions in ((one, 3), (other, 2)):
        run.attempt(due, CONFIRMED)
        asked.clear()
        run.history.endings()
        assert questions == len(asked)
