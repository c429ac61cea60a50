"""What to do next, rule by rule."""

from __future__ import annotations

import pytest

from vtex_tracking.model import OutcomeKind, Reason, Receipt
from vtex_tracking.push.body import Content
from vtex_tracking.push.verdict import Again, Doubted, GaveUp, History, Rejected, Sent, Stop, Streak, Verdict, judge
from vtex_tracking.push.wire import Answer, Failure, FailureKind
from vtex_tracking.settings import Settings

SETTINGS = Settings(account="mystore")
RECEIPT = Receipt(receipt="f67d", date=None, order_id=None)
GOING = Streak(has_success=True, has_answer=True)
FRESH = History()


def judged(
    result: Answer | Failure | int, history: History = FRESH, *, streak: Streak = GOING, chance: float = 0.5
) -> Verdict:
    """Judge a result, or a bare status, in a run that goes well so far."""
    answer = Answer(status=result) if isinstance(result, int) else result
    return judge(answer, history=history, streak=streak, settings=SETTINGS, chance=chance)


def failure(kind: FailureKind, *, has_left: bool = False) -> Failure:
    """A failure of this kind."""
    return Failure(kind=kind, has_left=has_left, message="why")


def test_a_receipt_is_sent() -> None:
    """Status 200 with a receipt ends the update well, however much went wrong before."""
    history = History(attempts=4, throttles=19, is_ambiguous=True)
    assert Sent(RECEIPT) == judged(Answer(status=200, receipt=RECEIPT), history)


@pytest.mark.parametrize("status", [400, 404, 405, 422, 451, 304])
def test_a_definitive_refusal_is_rejected(status: int) -> None:
    """The invoice's own fault is not tried again."""
    assert isinstance(judged(status), Rejected)


@pytest.mark.parametrize(
    ("result", "is_ambiguous"),
    [
        (500, True),
        (502, True),
        (504, True),
        (408, True),
        (202, True),
        (409, False),
        (425, False),
        (521, False),
        (failure(FailureKind.UNREACHABLE), False),
        (failure(FailureKind.TIMEOUT), False),
        (failure(FailureKind.TIMEOUT, has_left=True), True),
        (failure(FailureKind.DISCONNECTED, has_left=True), True),
        (failure(FailureKind.BAD_ANSWER, has_left=True), True),
        (failure(FailureKind.TLS), False),
        (failure(FailureKind.NAME_NOT_RESOLVED), False),
        (failure(FailureKind.NAME_LOOKUP_FAILED), False),
    ],
)
def test_what_may_pass_is_sent_again(result: Answer | Failure | int, is_ambiguous: bool) -> None:  # noqa: FBT001 - a column
    """A transient end is tried again after a jitter; no pause for the others, and it counts as an attempt."""
    verdict = judged(result)
    assert isinstance(verdict, Again)
    assert (is_ambiguous, True, None, 0.5) == (
        verdict.is_ambiguous,
        verdict.is_counted,
        verdict.pause_s,
        verdict.after_s,
    )


@pytest.mark.parametrize(("attempts", "bound_s"), [(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0)])
def test_the_backoff_is_full_jitter_under_a_doubling_bound(attempts: int, bound_s: float) -> None:
    """The wait lies anywhere between nothing and the bound."""
    for chance in (0.0, 0.25, 0.999):
        verdict = judged(502, History(attempts=attempts), chance=chance)
        assert isinstance(verdict, Again)
        assert chance * bound_s == verdict.after_s


def test_the_bound_of_the_backoff_has_a_bound() -> None:
    """However many attempts are allowed, no wait is over 60 s, and none overflows."""
    settings = Settings(account="mystore", attempts=10**9)
    for attempts in (6, 7, 5000, 10**8):
        verdict = judge(
            Answer(status=502), history=History(attempts=attempts), streak=GOING, settings=settings, chance=0.5
        )
        assert isinstance(verdict, Again)
        assert verdict.after_s == 30.0


def test_the_last_attempt_decides_between_failed_and_unknown() -> None:
    """Proven not applied is failed; if any attempt may have arrived, this one or an earlier one, it is unknown."""
    refused, lost = failure(FailureKind.UNREACHABLE), failure(FailureKind.DISCONNECTED, has_left=True)
    last, ambiguous = History(attempts=4), History(attempts=4, is_ambiguous=True)
    assert GaveUp(outcome=OutcomeKind.FAILED, reason=Reason.UNREACHABLE, is_ambiguous=False) == judged(refused, last)
    assert GaveUp(outcome=OutcomeKind.UNKNOWN, reason=Reason.UNREACHABLE, is_ambiguous=False) == judged(
        refused, ambiguous
    )
    assert GaveUp(outcome=OutcomeKind.UNKNOWN, reason=Reason.DISCONNECTED, is_ambiguous=True) == judged(lost, last)


def test_a_throttled_update_waits_with_the_whole_account() -> None:
    """429 is no attempt: everybody rests as long as VTEX asks, and up to a tenth longer."""
    expected = Again(reason=Reason.THROTTLED, after_s=7.35, is_ambiguous=False, is_counted=False, pause_s=7.35)
    verdict = judged(Answer(status=429, retry_after_s=7.0), History(attempts=4))
    assert isinstance(verdict, Again)
    assert verdict.after_s == verdict.pause_s == pytest.approx(expected.after_s)
    assert not verdict.is_counted


@pytest.mark.parametrize(
    ("retry_after_s", "throttles", "chance", "expected"),
    [
        (None, 0, 0.0, 60.0),
        (None, 0, 0.5, 63.0),
        (7.0, 0, 0.0, 7.0),
        (0.0, 0, 0.0, 0.0),
        (0.0, 0, 0.5, 0.525),
        (7.0, 5, 0.5, 16.8),  # the jitter is the larger
        (900.0, 0, 0.0, 900.0),
    ],
)
def test_the_pause_is_the_larger_of_what_is_asked_and_the_jitter(
    retry_after_s: float | None, throttles: int, chance: float, expected: float
) -> None:
    """Without a readable Retry-After a 429 pauses for 60 s."""
    verdict = judged(Answer(status=429, retry_after_s=retry_after_s), History(throttles=throttles), chance=chance)
    assert isinstance(verdict, Again)
    assert verdict.pause_s == pytest.approx(expected)


def test_the_twentieth_429_of_one_update_is_its_last() -> None:
    """Throttling for ever ends the update for this run, as not applied, and the account still rests."""
    verdict = judged(Answer(status=429, retry_after_s=7.0), History(throttles=19), chance=0.0)
    assert GaveUp(outcome=OutcomeKind.FAILED, reason=Reason.THROTTLED, is_ambiguous=False, pause_s=7.0) == verdict
    assert isinstance(judged(429, History(throttles=18)), Again)


def test_503_rests_the_account_for_what_it_asks_or_the_backoff() -> None:
    """VTEX's own breaker is open: an attempt that may have arrived, and a pause for all."""
    asked = judged(Answer(status=503, retry_after_s=20.0), chance=0.0)
    assert Again(reason=Reason.UNAVAILABLE, after_s=20.0, is_ambiguous=True, pause_s=20.0) == asked
    plain = judged(503, History(attempts=3))
    assert Again(reason=Reason.UNAVAILABLE, after_s=4.0, is_ambiguous=True, pause_s=4.0) == plain
    last = judged(503, History(attempts=4), chance=0.0)
    assert GaveUp(outcome=OutcomeKind.UNKNOWN, reason=Reason.UNAVAILABLE, is_ambiguous=True, pause_s=0.0) == last


def test_any_answer_may_ask_for_its_own_wait() -> None:
    """Retry-After beside another status holds for that update alone, and no longer than a pause may last."""
    for asked_s, expected in ((30.0, 30.0), (86400.0, 900.0)):
        verdict = judged(Answer(status=502, retry_after_s=asked_s), chance=0.0)
        assert Again(reason=Reason.SERVER_ERROR, after_s=expected, is_ambiguous=True) == verdict


@pytest.mark.parametrize(("status", "is_ambiguous"), [(429, False), (503, True)])
def test_a_pause_over_15_minutes_ends_the_run(status: int, is_ambiguous: bool) -> None:  # noqa: FBT001 - a column
    """Somebody runs it again later, rather than have it sleep for hours."""
    verdict = judged(Answer(status=status, retry_after_s=900.5))
    assert isinstance(verdict, Stop)
    assert (6, Reason.LONG_THROTTLE, is_ambiguous) == (verdict.exit_code, verdict.reason, verdict.is_ambiguous)
    assert not isinstance(judged(Answer(status=status, retry_after_s=900.0)), Stop)


def test_the_third_500_is_the_last() -> None:
    """VTEX answers 500 to some invoice numbers for ever."""
    assert isinstance(judged(500, History(attempts=1, server_errors=1)), Again)
    expected = GaveUp(outcome=OutcomeKind.FAILED, reason=Reason.SERVER_ERROR_PERSISTENT, is_ambiguous=True)
    assert expected == judged(500, History(attempts=2, server_errors=2, is_ambiguous=True))


def test_two_500s_and_no_attempt_left_is_unknown() -> None:
    """What failed in several ways is not said to be VTEX's permanent answer."""
    verdict = judged(500, History(attempts=4, server_errors=1))
    assert GaveUp(outcome=OutcomeKind.UNKNOWN, reason=Reason.SERVER_ERROR, is_ambiguous=True) == verdict


@pytest.mark.parametrize("result", [200, 204, 101, failure(FailureKind.BAD_ANSWER, has_left=True)])
def test_an_answer_that_is_none_has_two_more_attempts(result: Answer | Failure | int) -> None:
    """Success without a receipt, or no HTTP at all, is asked about twice more."""
    assert isinstance(judged(result, History(attempts=1, odd_answers=1)), Again)
    expected = GaveUp(outcome=OutcomeKind.UNKNOWN, reason=Reason.UNEXPECTED_RESPONSE, is_ambiguous=True)
    assert expected == judged(result, History(attempts=2, odd_answers=2))


def test_a_conflict_has_two_more_attempts() -> None:
    """Somebody else may be writing the order; if they still are at the third time, a person looks at it."""
    assert isinstance(judged(409, History(attempts=1, conflicts=1)), Again)
    assert Rejected(Reason.CONFLICT) == judged(409, History(attempts=2, conflicts=2))
    expected = GaveUp(outcome=OutcomeKind.FAILED, reason=Reason.CONFLICT, is_ambiguous=False)
    assert expected == judged(409, History(attempts=4))


@pytest.mark.parametrize(("status", "reason"), [(401, Reason.UNAUTHORIZED), (403, Reason.FORBIDDEN)])
def test_a_refusal_of_the_keys_is_a_doubt(status: int, reason: Reason) -> None:
    """One refusal may be this update's own: another one decides, however far the run has come."""
    for streak in (Streak(), GOING):
        verdict = judged(Answer(status=status, message="no"), streak=streak)
        assert Doubted(reason=reason, message=f"VTEX answered {status}: no") == verdict
    silent = judged(status)
    assert isinstance(silent, Doubted)
    assert silent.message.endswith("without a word")


def test_a_web_page_beside_403_hints_at_a_firewall() -> None:
    """What refuses with a page is often not VTEX at all."""
    verdict = judged(Answer(status=403, content=Content.HTML, message="Access denied"))
    assert isinstance(verdict, Doubted)
    assert "firewall" in verdict.message
    assert "Access denied" in verdict.message


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [
        (302, Reason.REDIRECT, "evil.example"),
        (407, Reason.SETTINGS, "proxy"),
        (501, Reason.SETTINGS, "--base-url"),
        (505, Reason.SETTINGS, "--base-url"),
        (511, Reason.SETTINGS, "login"),
        (525, Reason.TLS, "edge"),
        (526, Reason.TLS, "edge"),
    ],
)
def test_what_settings_must_mend_ends_the_run(status: int, reason: Reason, word: str) -> None:
    """No other update would fare better; the message says what to look at."""
    verdict = judged(Answer(status=status, redirect_host="evil.example"))
    assert isinstance(verdict, Stop)
    assert (2, reason, False) == (verdict.exit_code, verdict.reason, verdict.is_ambiguous)
    assert word in verdict.message


def test_a_redirect_that_names_no_host_is_told_too() -> None:
    """A relative redirect stays on the host, and is not followed either."""
    verdict = judged(308)
    assert isinstance(verdict, Stop)
    assert "same host" in verdict.message


@pytest.mark.parametrize("streak", [Streak(), GOING])
@pytest.mark.parametrize("has_left", [False, True])
def test_a_bad_certificate_ends_the_run_at_any_time(streak: Streak, *, has_left: bool) -> None:
    """Nothing is sent to whoever cannot prove to be VTEX."""
    verdict = judged(failure(FailureKind.BAD_CERTIFICATE, has_left=has_left), streak=streak)
    assert Stop(exit_code=2, reason=Reason.TLS, message="why") == verdict


def test_a_tls_that_never_worked_ends_the_run() -> None:
    """An https address with no TLS behind it is a mistake in the settings; later in a run it is a disturbance."""
    assert Stop(exit_code=2, reason=Reason.TLS, message="why") == judged(failure(FailureKind.TLS), streak=Streak())
    assert isinstance(judged(failure(FailureKind.TLS), streak=Streak(has_answer=True)), Again)


@pytest.mark.parametrize(("kind", "code"), [(FailureKind.NAME_NOT_RESOLVED, 2), (FailureKind.NAME_LOOKUP_FAILED, 6)])
def test_a_name_that_never_resolved_ends_the_run_at_the_second_try(kind: FailureKind, code: int) -> None:
    """A wrong name is a mistake, a silent name server a disturbance; once anything was answered, both may pass."""
    assert isinstance(judged(failure(kind), streak=Streak()), Again)
    expected = Stop(exit_code=code, reason=Reason.NAME_NOT_RESOLVED, message="why")
    assert expected == judged(failure(kind), History(attempts=1), streak=Streak())
    assert isinstance(judged(failure(kind), History(attempts=1), streak=Streak(has_answer=True)), Again)


def test_twenty_times_not_found_and_never_a_success_is_the_wrong_account() -> None:
    """The twentieth ends the run; a single success before makes them twenty bad invoices."""
    verdict = judged(404, streak=Streak(not_found_in_a_row=19, has_answer=True))
    assert isinstance(verdict, Stop)
    assert (2, Reason.WRONG_ACCOUNT) == (verdict.exit_code, verdict.reason)
    assert Rejected(Reason.NOT_FOUND) == judged(404, streak=Streak(not_found_in_a_row=18, has_answer=True))
    assert Rejected(Reason.NOT_FOUND) == judged(
        404, streak=Streak(has_success=True, not_found_in_a_row=500, has_answer=True)
    )


def test_a_web_page_as_the_first_answer_is_the_wrong_address() -> None:
    """404 with HTML comes of no API; later in a run it is one invoice's."""
    page = Answer(status=404, content=Content.HTML)
    verdict = judged(page, streak=Streak())
    assert isinstance(verdict, Stop)
    assert (2, Reason.WRONG_ACCOUNT) == (verdict.exit_code, verdict.reason)
    assert Rejected(Reason.NOT_FOUND) == judged(page)
    assert Rejected(Reason.NOT_FOUND) == judged(404, streak=Streak())


def test_a_history_counts_what_happened() -> None:
    """Each end counts where it is limited; an ambiguity stays whatever comes after."""
    history = History()
    for result in (429, 500, 409, 200, failure(FailureKind.UNREACHABLE), 429):
        history = history.after(Answer(status=result) if isinstance(result, int) else result)
    expected = History(attempts=4, throttles=2, server_errors=1, odd_answers=1, conflicts=1, is_ambiguous=True)
    assert expected == history
    assert not History().after(Answer(status=404)).is_ambiguous
    assert not History().after(failure(FailureKind.TIMEOUT)).is_ambiguous


def test_a_streak_counts_answers() -> None:
    """A 404 lengthens the row, a word about an invoice ends it, a disturbance leaves it, a failure is no answer."""
    streak = Streak(not_found_in_a_row=3, has_answer=True)
    assert Streak(not_found_in_a_row=4, has_answer=True) == streak.after(Answer(status=404))
    assert Streak(not_found_in_a_row=3, has_answer=True) == streak.after(Answer(status=429))
    assert Streak(not_found_in_a_row=0, has_answer=True) == streak.after(Answer(status=400))
    assert Streak(not_found_in_a_row=0, has_answer=True) == streak.after(Answer(status=409))
    assert Streak(has_success=True, has_answer=True) == streak.after(Answer(status=200, receipt=RECEIPT))
    assert streak == streak.after(failure(FailureKind.DISCONNECTED, has_left=True))
