"""Kill -9 at fifty random moments: nothing is lost, and what is sent again has a doubt on record. `make kill` has more."""

from __future__ import annotations

from pathlib import Path

import pytest
from kill_support import kill_often

pytestmark = pytest.mark.unmeasured

TIMES = 50


async def test_after_kill_9_at_any_moment_nothing_is_lost_and_no_repeat_is_unexplained(tmp_path: Path) -> None:
    """VTEX's own log, the ledger and the report agree after each kill and the run that ended it."""
    toll = await kill_often(range(1, 1 + TIMES), folder=tmp_path)
    assert () == toll.problems
    assert toll.killed > 0.8 * TIMES
