"""The table: every status and every failure means one thing."""

from __future__ import annotations

import pytest

from vtex_tracking.model import Reason, Receipt
from vtex_tracking.push.body import Content
from vtex_tracking.push.meaning import Meaning, Sort, meaning_of
from vtex_tracking.push.wire import Answer, Failure, FailureKind

AMBIGUOUS = {Sort.UNAVAILABLE, Sort.PERHAPS, Sort.SERVER_ERROR, Sort.ODD}

STATUSES: dict[Sort, dict[Reason, list[int]]] = {
    Sort.NOT_APPLIED: {Reason.UNREACHABLE: [421, 521, 523, 530], Reason.TOO_EARLY: [425]},
    Sort.THROTTLED: {Reason.THROTTLED: [429]},
    Sort.UNAVAILABLE: {Reason.UNAVAILABLE: [503]},
    Sort.PERHAPS: {Reason.TIMEOUT: [408, 504, 522, 524], Reason.SERVER_ERROR: [502, 520, 506, 527, 599]},
    Sort.SERVER_ERROR: {Reason.SERVER_ERROR: [500]},
    Sort.ODD: {Reason.UNEXPECTED_RESPONSE: [100, 101, 103, 200, 201, 202, 204, 206, 226, 299, 600, 999]},
    Sort.CONFLICT: {Reason.CONFLICT: [409]},
    Sort.REFUSED: {
        Reason.NOT_FOUND: [404],
        Reason.BAD_REQUEST: [400, 411, 413, 414, 415, 422, 431],
        Reason.UNEXPECTED_STATUS: [300, 304, 305, 402, 405, 406, 410, 412, 418, 423, 424, 426, 428, 451, 499],
    },
    Sort.DOUBTED: {Reason.UNAUTHORIZED: [401], Reason.FORBIDDEN: [403]},
    Sort.FATAL: {
        Reason.REDIRECT: [301, 302, 303, 306, 307, 308, 399],
        Reason.SETTINGS: [407, 501, 505, 511],
        Reason.TLS: [525, 526],
    },
}
ROWS = [
    (status, Meaning(sort, reason))
    for sort, reasons in STATUSES.items()
    for reason, statuses in reasons.items()
    for status in statuses
]


@pytest.mark.parametrize(("status", "expected"), ROWS)
@pytest.mark.parametrize("content", Content)
def test_a_status_means_the_same_whatever_its_body(status: int, expected: Meaning, content: Content) -> None:
    """Decisions rest on the status, never on a text, which VTEX translates."""
    assert expected == meaning_of(Answer(status=status, content=content, message="Order Not Found"))


def test_only_200_with_a_receipt_is_taken() -> None:
    """A receipt beside any other status proves nothing."""
    receipt = Receipt(receipt="f67d", date=None, order_id=None)
    assert Meaning(Sort.TAKEN, Reason.NONE) == meaning_of(Answer(status=200, receipt=receipt))
    taken = [
        status for status in range(100, 1000) if meaning_of(Answer(status=status, receipt=receipt)).sort is Sort.TAKEN
    ]
    assert [200] == taken


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FailureKind.UNREACHABLE, Reason.UNREACHABLE),
        (FailureKind.NAME_NOT_RESOLVED, Reason.NAME_NOT_RESOLVED),
        (FailureKind.NAME_LOOKUP_FAILED, Reason.NAME_NOT_RESOLVED),
        (FailureKind.TLS, Reason.TLS),
        (FailureKind.TIMEOUT, Reason.TIMEOUT),
        (FailureKind.DISCONNECTED, Reason.DISCONNECTED),
        (FailureKind.BAD_ANSWER, Reason.UNEXPECTED_RESPONSE),
        (FailureKind.OTHER, Reason.DISCONNECTED),
    ],
)
def test_a_failure_has_its_reason_before_and_after_the_first_byte(kind: FailureKind, reason: Reason) -> None:
    """Before it, nothing was applied."""
    assert Meaning(Sort.NOT_APPLIED, reason) == meaning_of(Failure(kind=kind, has_left=False, message=""))
    assert reason is meaning_of(Failure(kind=kind, has_left=True, message="")).reason


@pytest.mark.parametrize("has_left", [True, False])
def test_a_bad_certificate_is_fatal(*, has_left: bool) -> None:
    """Nothing more is sent to whoever cannot prove to be VTEX."""
    failure = Failure(kind=FailureKind.BAD_CERTIFICATE, has_left=has_left, message="")
    assert Meaning(Sort.FATAL, Reason.TLS) == meaning_of(failure)


@pytest.mark.parametrize("kind", FailureKind)
def test_what_never_left_was_not_applied(kind: FailureKind) -> None:
    """Before the first byte, a failure is ambiguous under no circumstances."""
    assert not meaning_of(Failure(kind=kind, has_left=False, message="")).is_ambiguous


@pytest.mark.parametrize("kind", sorted(set(FailureKind) - {FailureKind.BAD_CERTIFICATE}))
def test_what_left_and_has_no_answer_may_have_been_applied(kind: FailureKind) -> None:
    """After the first byte, every failure is ambiguous; garbage is an odd answer."""
    meaning = meaning_of(Failure(kind=kind, has_left=True, message=""))
    assert meaning.is_ambiguous
    assert (meaning.sort is Sort.ODD) == (kind is FailureKind.BAD_ANSWER)


@pytest.mark.parametrize("sort", Sort)
def test_what_may_have_been_applied_is_ambiguous(sort: Sort) -> None:
    """Only four sorts leave it open whether VTEX took the update."""
    assert (sort in AMBIGUOUS) == Meaning(sort, Reason.NONE).is_ambiguous
