"""What retries may cost."""

from __future__ import annotations

from vtex_tracking.push.budget import Budget


def test_without_a_success_it_pays_for_35_retries() -> None:
    """Then nobody is tried again at once."""
    budget = Budget()
    assert [True] * 35 + [False] * 5 == [budget.pays_retry(is_throttle=False) for _ in range(40)]


def test_what_was_throttled_costs_less() -> None:
    """A 429 says that VTEX is well."""
    budget = Budget()
    assert 100 == sum(budget.pays_retry(is_throttle=True) for _ in range(200))


def test_successes_pay_for_retries() -> None:
    """Fourteen for one retry, five for one after a 429."""
    budget = Budget(tokens=0)
    for _ in range(19):
        budget.succeeded()
    assert budget.pays_retry(is_throttle=False)
    assert not budget.pays_retry(is_throttle=False)
    assert budget.pays_retry(is_throttle=True)
    assert 0 == budget.tokens


def test_it_never_holds_more_than_at_first() -> None:
    """A long calm saves nothing up for a storm."""
    budget = Budget()
    budget.succeeded()
    assert 500 == budget.tokens
