"""The rate that an account was found to bear outlives the run that found it."""

from __future__ import annotations

from pathlib import Path

from vtex_tracking.ledger.sqlite.accounts import found_rate_per_s, keep_rate
from vtex_tracking.ledger.sqlite.connection import LedgerFile


def test_a_found_rate_is_kept_for_its_account_until_all_that_was_asked_is_borne(tmp_path: Path) -> None:
    """The last word counts, accounts do not mix, and None forgets."""
    path = tmp_path / "ledger.db"
    with LedgerFile(path) as ledger:
        assert found_rate_per_s(ledger, account="a") is None
        keep_rate(ledger, account="a", rate_per_s=30.0)
        keep_rate(ledger, account="a", rate_per_s=21.0)
    with LedgerFile(path) as ledger:
        assert (21.0, None) == (found_rate_per_s(ledger, account="a"), found_rate_per_s(ledger, account="b"))
        keep_rate(ledger, account="a", rate_per_s=None)
        assert found_rate_per_s(ledger, account="a") is None
