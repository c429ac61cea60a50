"""What is known of an account as a whole: the rate that it was found to bear."""

from __future__ import annotations

from vtex_tracking.ledger.sqlite.connection import LedgerFile


def found_rate_per_s(ledger: LedgerFile, *, account: str) -> float | None:
    """The rate to begin with; None where nothing below what was asked is known."""
    with ledger.reading() as sql:
        row = sql.execute("SELECT found_rate_per_s FROM accounts WHERE account = ?", (account,)).fetchone()
    return None if row is None else float(row[0])


def keep_rate(ledger: LedgerFile, *, account: str, rate_per_s: float | None) -> None:
    """Remember what the account was found to bear; None forgets it, for it bore all that was asked."""
    with ledger.transaction() as sql:
        sql.execute("DELETE FROM accounts WHERE account = ?", (account,))
        if rate_per_s is not None:
            sql.execute("INSERT INTO accounts VALUES (?, ?)", (account, rate_per_s))
