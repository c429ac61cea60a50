"""Each rule is taken away once: a simulation that does not see it proves nothing about the rule."""

from typing import Final

import pytest
from simulation_ablations import ABLATIONS
from simulation_play import problems_of
from simulation_run import problems_without

pytestmark = pytest.mark.unmeasured

SEEDS_MAX: Final = 150


@pytest.mark.parametrize("rule", ABLATIONS)
def test_without_a_rule_runs_go_wrong(rule: str) -> None:
    """Among so many seeds is one that fails without the rule, and with it does not."""
    seed = next((seed for seed in range(1, SEEDS_MAX + 1) if problems_without(rule, seed)), None)
    assert seed is not None
    assert () == problems_of(seed)
