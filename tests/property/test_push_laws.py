"""Laws of the push: the pace, the verdict, what is read from outside."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.model import InvoiceKey, OutcomeKind, Receipt, Update
from vtex_tracking.push.body import MESSAGE_CHARACTERS_MAX, Content, clean
from vtex_tracking.push.meaning import Sort, meaning_of
from vtex_tracking.push.pacing import Pace
from vtex_tracking.push.retry_after import retry_after_s
from vtex_tracking.push.verdict import Again, Doubted, GaveUp, History, Rejected, Sent, Stop, Streak, judge
from vtex_tracking.push.wire import Answer, Failure, FailureKind, read_answer, request_of
from vtex_tracking.settings import Rate, Settings

pytestmark = pytest.mark.unmeasured

SETTINGS = Settings(account="mystore")
NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)
COUNTS = st.integers(min_value=0, max_value=40)

rates = st.builds(
    Rate,
    st.integers(min_value=1, max_value=60) | st.floats(min_value=0.05, max_value=60.0),
    window_s=st.sampled_from([1.0, 60.0, 0.1, 0.3]),
)
answers = st.builds(
    Answer,
    status=st.integers(min_value=100, max_value=999),
    receipt=st.none() | st.just(Receipt(receipt="f67d", date=None, order_id=None)),
    content=st.sampled_from(Content),
    is_whole=st.booleans(),
    retry_after_s=st.none() | st.floats(min_value=0, max_value=1e300),
)
failures = st.builds(Failure, kind=st.sampled_from(FailureKind), has_left=st.booleans(), message=st.just("why"))
histories = st.builds(
    History,
    attempts=COUNTS,
    throttles=COUNTS,
    server_errors=COUNTS,
    odd_answers=COUNTS,
    conflicts=COUNTS,
    is_ambiguous=st.booleans(),
)
streaks = st.builds(Streak, has_answer=st.booleans(), has_success=st.booleans(), not_found_in_a_row=COUNTS)
chances = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(rates, st.lists(st.floats(min_value=-10, max_value=10), max_size=200), st.floats(min_value=0, max_value=1e9))
def test_no_window_holds_more_starts_than_the_rate_allows(rate: Rate, steps: list[float], now_s: float) -> None:
    """Whatever is asked when, even of a clock that turns back, no half-open window is over the rate."""
    pace, starts = Pace(rate), []
    for step in steps:
        now_s += step * rate.window_s / rate.count / 4
        if pace.take(now_s) == 0:
            starts.append(now_s)
    for begin in starts:
        within = [moment for moment in starts if begin <= moment and moment - begin < rate.window_s]
        assert len(within) <= math.ceil(rate.count)


@given(rates, st.floats(min_value=0, max_value=1e9), st.lists(st.floats(min_value=0, max_value=3), max_size=30))
def test_waiting_as_told_is_enough(rate: Rate, now_s: float, pauses: list[float]) -> None:
    """Whoever waits exactly so long may start, in the caller's own floats, and needs no second look."""
    pace = Pace(rate)
    for pause_s in pauses:
        wait_s = pace.take(now_s)
        if wait_s:
            now_s += wait_s
            assert pace.take(now_s) == 0.0
        pace.pause(now_s + pause_s)


@given(rates, st.lists(st.tuples(st.booleans(), st.floats(min_value=0, max_value=5)), max_size=60))
def test_nothing_starts_before_a_pause_has_ended(rate: Rate, moves: list[tuple[bool, float]]) -> None:
    """Pauses may come at any time and overlap."""
    pace, now_s, until_s = Pace(rate), 1000.0, 0.0
    for is_pause, seconds in moves:
        if is_pause:
            until_s = max(until_s, now_s + seconds)
            pace.pause(now_s + seconds)
        else:
            now_s += seconds
            assert pace.take(now_s) > 0 or now_s >= until_s


@given(answers | failures, histories, streaks, chances)
def test_every_end_of_an_attempt_has_one_verdict(
    result: Answer | Failure, history: History, streak: Streak, chance: float
) -> None:
    """Total over every status, failure, phase and history; waits are finite and bounded; nothing is sent twice for naught."""
    verdict = judge(result, history=history, streak=streak, settings=SETTINGS, chance=chance)
    meaning, counted = meaning_of(result), history.after(result)
    match verdict:
        case Sent():
            assert isinstance(result, Answer)
            assert (200, True) == (result.status, result.receipt is not None)
        case Again():
            assert 0 <= verdict.after_s <= 1.1 * SETTINGS.throttle_pause_max_s
            assert verdict.pause_s in (None, verdict.after_s)
            assert verdict.is_ambiguous == meaning.is_ambiguous
            assert counted.attempts < SETTINGS.attempts or not verdict.is_counted
        case GaveUp():
            assert verdict.outcome in (OutcomeKind.FAILED, OutcomeKind.UNKNOWN)
            assert verdict.is_ambiguous == meaning.is_ambiguous
            assert verdict.pause_s is None or math.isfinite(verdict.pause_s)
        case Rejected() | Doubted():
            assert not meaning.is_ambiguous
        case Stop():
            assert verdict.exit_code in (2, 6)
            assert verdict.is_ambiguous == meaning.is_ambiguous
            assert verdict.message


@given(answers | failures, histories)
def test_nothing_is_tried_for_ever(result: Answer | Failure, history: History) -> None:
    """The same end over and over is over after a bounded number of attempts."""
    streak = Streak(has_success=True, has_answer=True)
    for _ in range(SETTINGS.attempts + SETTINGS.throttles_max):
        verdict = judge(result, history=history, streak=streak, settings=SETTINGS, chance=0.5)
        if not isinstance(verdict, Again):
            return
        history = history.after(result)
    raise AssertionError(f"{result} was tried again for ever")


@given(failures, histories)
def test_what_never_left_is_never_called_ambiguous(failure: Failure, history: History) -> None:
    """An ambiguity that is there was caused by a byte that left."""
    counted = history.after(failure)
    assert failure.has_left or counted.is_ambiguous == history.is_ambiguous
    assert meaning_of(failure).sort is not Sort.TAKEN


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2},? ?\d{1,2}[ -][A-Za-z]{3}[ -]\d{1,5} \d{1,2}:\d{2}(:\d{2})? ?.*"))
def test_retry_after_never_raises(value: str) -> None:
    """Any text is seconds from now, at least 0 and finite, or nothing."""
    seconds = retry_after_s(value, now=NOW)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


@given(
    st.integers(min_value=100, max_value=999),
    st.dictionaries(
        st.sampled_from(
            ["Retry-After", "Location", "Content-Type", "Content-Encoding", "X-Request-Id", "RateLimit-Remaining", "X"]
        ),
        st.text(st.characters()),
    ),
    st.binary()
    | st.text().map(lambda text: text.encode("utf-8", errors="surrogatepass"))
    | st.just(b'{"receipt":"a"}'),
    st.booleans(),
)
def test_no_answer_is_an_exception(status: int, headers: dict[str, str], body: bytes, is_whole: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever a server sends is an answer, and its texts are fit for a terminal."""
    answer = read_answer(status, headers=headers, body=body, is_whole=is_whole, now=NOW)
    for text in (answer.message, answer.request_id or "", answer.redirect_host or ""):
        assert len(text) <= MESSAGE_CHARACTERS_MAX
        assert text == "" or text.isprintable()
    assert is_whole or answer.receipt is None


@given(st.text(st.characters(), max_size=1000))
def test_clean_text_stays_as_it_is(text: str) -> None:
    """Cleaning twice changes nothing more, and the result is one line that UTF-8 can hold."""
    once = clean(text)
    assert once == clean(once)
    assert once.encode().decode() == once


@given(
    st.text() | st.text("abc019._-/%?#\\:@ ", max_size=70),
    st.text() | st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
)
def test_any_id_goes_to_its_own_address_or_nowhere(order_id: str, invoice_number: str) -> None:
    """What a server decodes from the path are the two ids, in nine segments; anything else has no request."""
    update = Update(
        key=InvoiceKey(order_id, invoice_number),
        body=b"{}",
        fingerprint="f",
        events=1,
        is_delivered=False,
        delivered_date=None,
    )
    try:
        request = request_of(update, base_url="https://mystore.vtexcommercestable.com.br")
    except ValueError:
        return
    parts = urlsplit(request.url)
    segments = [unquote(segment) for segment in parts.path.split("/")]
    assert ["", "api", "oms", "pvt", "orders", order_id, "invoice", invoice_number, "tracking"] == segments
    assert ("mystore.vtexcommercestable.com.br", "", "") == (parts.netloc, parts.query, parts.fragment)
