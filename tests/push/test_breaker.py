"""How long nothing has worked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.push.breaker import Breaker


def test_an_outage_is_as_long_as_nothing_works() -> None:
    """It begins with the first failure, not with the last."""
    breaker = Breaker(outage_limit_s=30)
    assert not breaker.is_outage(1e9)
    breaker.note(has_worked=False, now_s=100)
    breaker.note(has_worked=False, now_s=129)
    assert not breaker.is_outage(129.9)
    assert breaker.is_outage(130)


def test_whatever_works_ends_an_outage() -> None:
    """One that worked, and counting begins anew."""
    breaker = Breaker(outage_limit_s=30)
    breaker.note(has_worked=False, now_s=100)
    breaker.note(has_worked=True, now_s=120)
    assert not breaker.is_outage(1e9)
    breaker.note(has_worked=False, now_s=200)
    assert not breaker.is_outage(229)


@given(st.lists(st.tuples(st.floats(min_value=0, max_value=20), st.booleans())), st.floats(min_value=0.1, max_value=60))
def test_an_outage_is_a_stretch_of_failures(notes: list[tuple[float, bool]], limit_s: float) -> None:
    """For any run of attempts: since the first failure after the last that worked, so long has passed."""
    breaker, now_s, failing_since_s = Breaker(outage_limit_s=limit_s), 0.0, None
    for step_s, has_worked in notes:
        now_s += step_s
        breaker.note(has_worked=has_worked, now_s=now_s)
        failing_since_s = None if has_worked else now_s if failing_since_s is None else failing_since_s
        assert (failing_since_s is not None and now_s - failing_since_s >= limit_s) == breaker.is_outage(now_s)
