"""What came back, in one word: the table of statuses and failures, total over whatever can happen."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from attrs import frozen

from vtex_tracking.model import Reason, Receipt
from vtex_tracking.push.wire import Answer, Failure, FailureKind


class Sort(StrEnum):
    """What an attempt did at VTEX, as far as its end tells."""

    TAKEN = "taken"  # applied, with a receipt
    NOT_APPLIED = "not_applied"  # proven: no byte left, or the server says so
    THROTTLED = "throttled"  # not applied, and no fault of this update
    UNAVAILABLE = "unavailable"  # perhaps applied; VTEX's own breaker is open
    PERHAPS = "perhaps"  # perhaps applied
    SERVER_ERROR = "server_error"  # perhaps applied; VTEX answers so to some invoices for ever
    ODD = "odd"  # perhaps applied; an answer that is none
    CONFLICT = "conflict"  # not applied, because somebody else was writing
    REFUSED = "refused"  # not applied, and never will be as it is
    DOUBTED = "doubted"  # not applied: this update's fault, or the keys'
    FATAL = "fatal"  # not applied, nor will be any other


_AMBIGUOUS: Final = frozenset({Sort.UNAVAILABLE, Sort.PERHAPS, Sort.SERVER_ERROR, Sort.ODD})


@frozen
class Meaning:
    """What an answer or a failure says, and the code that reports give for it."""

    sort: Sort
    reason: Reason

    @property
    def is_ambiguous(self) -> bool:
        """VTEX may have applied the update."""
        return self.sort in _AMBIGUOUS


def meaning_of(result: Answer | Failure) -> Meaning:
    """Everything that can come back means one thing, and by its status alone, but for 200: that needs a receipt."""
    match result:
        case Answer(status=200, receipt=Receipt()):
            return _TAKEN
        case Answer(status=status):
            return _meaning_of_status(status)
        case Failure(kind=FailureKind.BAD_CERTIFICATE):
            return Meaning(Sort.FATAL, Reason.TLS)
        case Failure(kind=kind, has_left=False):
            return Meaning(Sort.NOT_APPLIED, _REASONS[kind])
        case Failure(kind=FailureKind.BAD_ANSWER):
            return Meaning(Sort.ODD, Reason.UNEXPECTED_RESPONSE)
        case Failure(kind=kind):
            return Meaning(Sort.PERHAPS, _REASONS[kind])


_TAKEN: Final = Meaning(Sort.TAKEN, Reason.NONE)
_REASONS: Final = {
    FailureKind.UNREACHABLE: Reason.UNREACHABLE,
    FailureKind.NAME_NOT_RESOLVED: Reason.NAME_NOT_RESOLVED,
    FailureKind.NAME_LOOKUP_FAILED: Reason.NAME_NOT_RESOLVED,
    FailureKind.TLS: Reason.TLS,
    FailureKind.TIMEOUT: Reason.TIMEOUT,
    FailureKind.DISCONNECTED: Reason.DISCONNECTED,
    FailureKind.BAD_ANSWER: Reason.UNEXPECTED_RESPONSE,
    FailureKind.OTHER: Reason.DISCONNECTED,
}


def _meaning_of_status(status: int) -> Meaning:  # noqa: C901, PLR0911, PLR0912 - a table of 1000 statuses, one row a line
    match status:
        case 421 | 521 | 523 | 530:
            return Meaning(Sort.NOT_APPLIED, Reason.UNREACHABLE)
        case 425:
            return Meaning(Sort.NOT_APPLIED, Reason.TOO_EARLY)
        case 429:
            return Meaning(Sort.THROTTLED, Reason.THROTTLED)
        case 503:
            return Meaning(Sort.UNAVAILABLE, Reason.UNAVAILABLE)
        case 500:
            return Meaning(Sort.SERVER_ERROR, Reason.SERVER_ERROR)
        case 408 | 504 | 522 | 524:
            return Meaning(Sort.PERHAPS, Reason.TIMEOUT)
        case 409:
            return Meaning(Sort.CONFLICT, Reason.CONFLICT)
        case 401:
            return Meaning(Sort.DOUBTED, Reason.UNAUTHORIZED)
        case 403:
            return Meaning(Sort.DOUBTED, Reason.FORBIDDEN)
        case 404:
            return Meaning(Sort.REFUSED, Reason.NOT_FOUND)
        case 400 | 411 | 413 | 414 | 415 | 422 | 431:
            return Meaning(Sort.REFUSED, Reason.BAD_REQUEST)
        case 525 | 526:
            return Meaning(Sort.FATAL, Reason.TLS)
        case 407 | 501 | 505 | 511:
            return Meaning(Sort.FATAL, Reason.SETTINGS)
        case 300 | 304 | 305:  # they point nowhere that an update could go
            return Meaning(Sort.REFUSED, Reason.UNEXPECTED_STATUS)
    match status // 100:
        case 3:
            return Meaning(Sort.FATAL, Reason.REDIRECT)
        case 4:
            return Meaning(Sort.REFUSED, Reason.UNEXPECTED_STATUS)
        case 5:
            return Meaning(Sort.PERHAPS, Reason.SERVER_ERROR)
        case _:
            return Meaning(Sort.ODD, Reason.UNEXPECTED_RESPONSE)
