"""Ending long work in the ledger at somebody's wish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from vtex_tracking.errors import LedgerError
from vtex_tracking.ledger.sqlite.connection import LedgerFile

_STEPS_BETWEEN_QUESTIONS: Final = 10_000  # of SQLite's machine: about a millisecond


@contextmanager
def asking(ledger: LedgerFile, go_on: Callable[[], None]) -> Iterator[None]:
    """At once and then again and again, also within one long statement, `go_on` is asked, and raises what should end it."""
    go_on()
    ledger.sql.set_progress_handler(go_on, _STEPS_BETWEEN_QUESTIONS)
    before, ledger.go_on = ledger.go_on, go_on
    try:
        yield
    except LedgerError:
        go_on()  # SQLite says only that it was interrupted; who did it says why
        raise
    finally:
        ledger.go_on = before
        ledger.sql.set_progress_handler(None, 0)
