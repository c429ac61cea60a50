"""What ends a run: whatever would meet every other update as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.model import Reason
from vtex_tracking.push.body import Content
from vtex_tracking.push.meaning import Sort, meaning_of
from vtex_tracking.push.wire import Answer, Failure, FailureKind

if TYPE_CHECKING:
    from vtex_tracking.push.verdict import History, Streak
    from vtex_tracking.settings import Settings

EXIT_SETTINGS: Final = 2
EXIT_STOPPED: Final = 6


@frozen(kw_only=True)
class Stop:
    """The run cannot go on: no other update would fare better."""

    exit_code: int
    reason: Reason
    message: str
    is_ambiguous: bool = False


def stop_of(result: Answer | Failure, *, history: History, streak: Streak, settings: Settings) -> Stop | None:
    """A run ends where the next update would meet the same; None where it may go on."""
    if isinstance(result, Failure):
        return _stop_of_failure(result, is_first=not streak.has_answer, is_repeated=history.attempts > 0)
    meaning = meaning_of(result)
    match result:
        case Answer(status=429 | 503, retry_after_s=float(after_s)) if after_s > settings.throttle_pause_max_s:
            return Stop(
                exit_code=EXIT_STOPPED,
                reason=Reason.LONG_THROTTLE,
                message=f"VTEX answered {result.status} and asks for a pause of {after_s:.0f} s; run again after that",
                is_ambiguous=meaning.is_ambiguous,
            )
        case Answer(status=404, content=Content.HTML) if not streak.has_success:
            return _wrong_account("nothing was taken yet, and the answer was 404 with a web page")
        case Answer(status=404) if not streak.has_success and streak.not_found_in_a_row + 1 >= settings.not_found_max:
            return _wrong_account(f"{settings.not_found_max} orders in a row were not found, and none was")
    if meaning.sort is Sort.FATAL:
        return Stop(exit_code=EXIT_SETTINGS, reason=meaning.reason, message=_sentence(result))
    return None


def _stop_of_failure(failure: Failure, *, is_first: bool, is_repeated: bool) -> Stop | None:
    """A bad certificate ends the run; so does a TLS that never worked in it, or a name at its second try."""
    match failure.kind:
        case FailureKind.BAD_CERTIFICATE:
            exit_code = EXIT_SETTINGS
        case FailureKind.TLS if is_first:
            exit_code = EXIT_SETTINGS
        case FailureKind.NAME_NOT_RESOLVED if is_first and is_repeated:
            exit_code = EXIT_SETTINGS
        case FailureKind.NAME_LOOKUP_FAILED if is_first and is_repeated:
            exit_code = EXIT_STOPPED
        case _:
            return None
    meaning = meaning_of(failure)
    return Stop(exit_code=exit_code, reason=meaning.reason, message=failure.message, is_ambiguous=meaning.is_ambiguous)


def _wrong_account(why: str) -> Stop:
    message = f"{why}: is --account the store of these orders?"
    return Stop(exit_code=EXIT_SETTINGS, reason=Reason.WRONG_ACCOUNT, message=message)


def _sentence(answer: Answer) -> str:
    match answer.status:
        case 407:
            return "something between here and VTEX asks for a proxy's login (407); no proxy is used here: check the network"
        case 511:
            return "the network asks for a login (511), as a hotel's does; log in, then run again"
        case 501 | 505:
            return f"the server does not know this request ({answer.status}); is --base-url the address of a store?"
        case 525 | 526:
            return f"VTEX's edge cannot verify VTEX's own servers ({answer.status}); run again later"
        case status:
            target = answer.redirect_host or "an address on the same host"
            return f"VTEX answered {status}, a redirect to {target}, which was not followed; check --account and --base-url"
