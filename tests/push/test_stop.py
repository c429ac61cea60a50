"""What ends a run, and what it tells the user to look at."""

from __future__ import annotations

import pytest

from vtex_tracking.model import Reason
from vtex_tracking.push.body import Content
from vtex_tracking.push.stop import Stop, stop_of
from vtex_tracking.push.verdict import History, Streak
from vtex_tracking.push.wire import Answer, Failure, FailureKind
from vtex_tracking.settings import Settings

SETTINGS = Settings(account="mystore")
SENTENCES = [
    (
        407,
        "something between here and VTEX asks for a proxy's login (407); no proxy is used here: check the network",
    ),
    (511, "the network asks for a login (511), as a hotel's does; log in, then run again"),
    (501, "the server does not know this request (501); is --base-url the address of a store?"),
    (505, "the server does not know this request (505); is --base-url the address of a store?"),
    (525, "VTEX's edge cannot verify VTEX's own servers (525); run again later"),
    (526, "VTEX's edge cannot verify VTEX's own servers (526); run again later"),
    (
        308,
        (
            "VTEX answered 308, a redirect to an address on the same host, which was not followed; "
            "check --account and --base-url"
        ),
    ),
]


def stop(result: Answer | Failure, streak: Streak | None = None) -> Stop:
    """The stop that this result makes of a run, at its begin if nothing else is said."""
    found = stop_of(result, history=History(), streak=streak or Streak(), settings=SETTINGS)
    assert found is not None
    return found


@pytest.mark.parametrize(("status", "sentence"), SENTENCES)
def test_a_stop_says_what_happened_and_what_to_look_at(status: int, sentence: str) -> None:
    """The sentence is all that the user gets to see of it."""
    assert sentence == stop(Answer(status=status)).message


@pytest.mark.parametrize(
    ("answer", "streak", "why"),
    [
        (
            Answer(status=404, content=Content.HTML),
            Streak(),
            "nothing was taken yet, and the answer was 404 with a web page",
        ),
        (Answer(status=404), Streak(not_found_in_a_row=19), "20 orders in a row were not found, and none was"),
    ],
)
def test_a_wrong_account_says_what_speaks_for_it(answer: Answer, streak: Streak, why: str) -> None:
    """The user alone can tell whose orders these are."""
    message = f"{why}: is --account the store of these orders?"
    assert Stop(exit_code=2, reason=Reason.WRONG_ACCOUNT, message=message) == stop(answer, streak)


def test_a_long_pause_says_how_long() -> None:
    """So that the next run is not in vain."""
    message = "VTEX answered 429 and asks for a pause of 3600 s; run again after that"
    assert message == stop(Answer(status=429, retry_after_s=3600.0)).message


def test_a_failure_that_ends_the_run_may_have_left_a_doubt() -> None:
    """What left before a TLS broke down may have been applied."""
    failure = Failure(kind=FailureKind.TLS, has_left=True, message="why")
    assert Stop(exit_code=2, reason=Reason.TLS, message="why", is_ambiguous=True) == stop(failure)
