"""Every exception that this package raises.

TrackingError                      the run cannot start or go on; `exit_code` is the command's
├── SettingsError            2     an option, a variable, a file of settings or a credential is wrong
├── FeedError                5     a feed cannot be read at all, or its meaning is not certain
├── LedgerError              8     the ledger cannot be read or written, or is damaged
│   ├── LedgerBusyError      9     another run holds it
│   └── LedgerVersionError   2     it was written by a newer version
├── ReportError              8     the report cannot be written; 7 where credentials were refused as well
└── InterruptedRunError            ended at once, before the first request, by a second signal: 130 or 143

A bad record or a refused invoice is no exception: it is a value, a `Defect` or an `Outcome`.
"""

from __future__ import annotations


class TrackingError(Exception):
    """What stops a run. The message says what, where, and what to do."""

    exit_code: int = 1


class SettingsError(TrackingError):
    """An option, a variable, a settings file or a credential is wrong; nothing was sent."""

    exit_code = 2


class FeedError(TrackingError):
    """A feed cannot be read at all, or its meaning is not certain; nothing was sent."""

    exit_code = 5


class LedgerError(TrackingError):
    """The ledger cannot be read or written, or is damaged; nothing more is sent."""

    exit_code = 8


class LedgerBusyError(LedgerError):
    """Another run, or another program, holds the ledger."""

    exit_code = 9


class LedgerVersionError(LedgerError):
    """The ledger was written by a newer version; not a byte of it was changed."""

    exit_code = 2


class ReportError(TrackingError):
    """The report cannot be written; the ledger is intact, and `report RUN` writes it again.

    Its exit code is 8, unless the run met what is worse.
    """

    def __init__(self, message: str, *, exit_code: int = 8) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class InterruptedRunError(TrackingError):
    """The run was aborted before its first request; nothing was sent."""

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code
