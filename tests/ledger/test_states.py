"""The whole table of states, and how long other bytes may still arrive."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.ledger.sqlite import schema
from vtex_tracking.ledger.states import (
    SENDING,
    UNSETTLED,
    Disposition,
    State,
    after_attempt,
    disposition_of,
    not_before_s,
)
from vtex_tracking.model import Effect, Reason

DAY_S = 24 * 3600.0


def disposition(
    state: State | None,
    *,
    has_new_facts: bool = False,
    is_retrying_rejected: bool = False,
    reason: Reason = Reason.NONE,
    settled_ago_s: float = 0.0,
) -> Disposition:
    return disposition_of(
        state,
        has_new_facts=has_new_facts,
        is_retrying_rejected=is_retrying_rejected,
        reason=reason,
        settled_ago_s=settled_ago_s,
        not_found_again_after_s=DAY_S,
    )


@pytest.mark.parametrize(
    ("effect", "was_ambiguous", "expected"),
    [
        (Effect.CONFIRMED, False, State.SENT),
        (Effect.CONFIRMED, True, State.SENT),
        (Effect.REFUSED, False, State.REJECTED),
        (Effect.REFUSED, True, State.REJECTED),
        (Effect.AMBIGUOUS, False, State.UNKNOWN),
        (Effect.AMBIGUOUS, True, State.UNKNOWN),
        (Effect.NOT_APPLIED, False, State.PENDING),
        (Effect.NOT_APPLIED, True, State.UNKNOWN),
    ],
)
def test_an_attempt_leaves_an_invoice_so(effect: Effect, *, was_ambiguous: bool, expected: State) -> None:
    """Only what is proven leaves doubt behind: an attempt that was not applied does not undo an earlier one's."""
    assert expected is after_attempt(effect, was_ambiguous=was_ambiguous)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (None, Disposition.NEW),
        (State.PENDING, Disposition.RESUMED),
        (State.UNKNOWN, Disposition.RESUMED),
        (State.SENT, Disposition.UNCHANGED),
        (State.REJECTED, Disposition.HELD),
    ],
)
def test_what_says_nothing_new_means_so(state: State | None, expected: Disposition) -> None:
    """What is settled stays so, what is not is taken up."""
    assert expected is disposition(state)


@pytest.mark.parametrize("state", State)
def test_new_facts_are_sent_whatever_became_of_the_old(state: State) -> None:
    """A refusal was of other bytes."""
    assert Disposition.CHANGED is disposition(state, has_new_facts=True)


def test_what_vtex_refused_is_tried_again_when_asked_to_or_when_it_may_exist_by_now() -> None:
    """`--retry-rejected` takes all, a day's passing only what was not found."""
    assert Disposition.RESUMED is disposition(State.REJECTED, is_retrying_rejected=True)
    assert Disposition.RESUMED is disposition(State.REJECTED, reason=Reason.NOT_FOUND, settled_ago_s=DAY_S)
    assert Disposition.HELD is disposition(State.REJECTED, reason=Reason.NOT_FOUND, settled_ago_s=DAY_S - 1)
    assert Disposition.HELD is disposition(State.REJECTED, reason=Reason.NOT_FOUND, settled_ago_s=-DAY_S)
    assert Disposition.HELD is disposition(State.REJECTED, reason=Reason.BAD_REQUEST, settled_ago_s=99 * DAY_S)
    assert Disposition.UNCHANGED is disposition(State.SENT, is_retrying_rejected=True)


def test_every_case_has_a_disposition() -> None:
    """Total: whatever the ledger holds, something is done with it, and only what is settled is not sent."""
    flags = (True, False)
    for state, new, retrying, reason in product([None, *State], flags, flags, Reason):
        found = disposition(state, has_new_facts=new, is_retrying_rejected=retrying, reason=reason)
        assert (found in SENDING) or (state in {State.SENT, State.REJECTED} and not new)


def test_the_index_of_what_is_unsettled_names_the_unsettled_states() -> None:
    """SQL's words for it are those of the state machine."""
    assert f"state IN {tuple(map(str, UNSETTLED))}" == schema.UNSETTLED


def test_other_bytes_may_arrive_for_the_quiet_period() -> None:
    """The wait is counted from when we gave up, and is over when it is over."""
    assert 0.0 == not_before_s(others_ambiguous_at_s=None, now_s=1000.0, quiet_period_s=120.0)
    assert 1110.0 == not_before_s(others_ambiguous_at_s=990.0, now_s=1000.0, quiet_period_s=120.0)
    assert 0.0 == not_before_s(others_ambiguous_at_s=880.0, now_s=1000.0, quiet_period_s=120.0)


def test_a_clock_that_was_set_back_does_not_make_an_invoice_wait_for_years() -> None:
    """A doubt from the future is as fresh as one of now."""
    assert 1120.0 == not_before_s(others_ambiguous_at_s=9e9, now_s=1000.0, quiet_period_s=120.0)


@given(
    st.none() | st.floats(0, 1e10, allow_nan=False),
    st.floats(0, 1e10, allow_nan=False),
    st.floats(0, 1e4, allow_nan=False),
)
def test_the_wait_is_never_longer_than_the_quiet_period(
    at_s: float | None, now_s: float, quiet_period_s: float
) -> None:
    """And never in the past: it is 0 or ahead."""
    until_s = not_before_s(others_ambiguous_at_s=at_s, now_s=now_s, quiet_period_s=quiet_period_s)
    assert until_s == 0.0 or now_s < until_s <= now_s + quiet_period_s
