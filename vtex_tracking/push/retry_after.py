"""When VTEX says to come back: the header of HTTP, and the three spellings of its own rate headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER_CHARACTERS_MAX: Final = 64  # the longest date of HTTP has 33
EPOCH_S_MIN: Final = 1_000_000_000  # a reset above this is a moment since 1970, not a duration

_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)
_RATE_PREFIXES: Final = ("ratelimit", "x-ratelimit", "x-vtex-ratelimit")
_REMAINING_AND_RESET: Final = {f"{prefix}-remaining": f"{prefix}-reset" for prefix in _RATE_PREFIXES}
RATE_HEADERS: Final = frozenset((*_REMAINING_AND_RESET.keys(), *_REMAINING_AND_RESET.values()))


@frozen(kw_only=True)
class RateLimit:
    """What VTEX said is left of its limit, and in how many seconds the count begins again, if it said so."""

    remaining: int
    reset_s: float | None


def retry_after_s(value: str | None, *, now: datetime) -> float | None:
    """Read Retry-After as seconds from `now` (UTC): ASCII digits, or a date of HTTP; anything else is None.

    A date without a zone is UTC, and one that is past means 0.
    """
    if value is None:
        return None
    text = value.strip(" \t")
    if not text.isascii() or len(text) > HEADER_CHARACTERS_MAX:
        return None
    if _DIGITS.fullmatch(text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def read_rate_limit(headers: Mapping[str, str], *, now: datetime) -> RateLimit | None:
    """Read what is left of VTEX's limit from headers with lower-case names; unknown spellings are ignored."""
    if RATE_HEADERS.isdisjoint(headers):
        return None
    for of_remaining, of_reset in _REMAINING_AND_RESET.items():
        remaining = _whole_number(headers.get(of_remaining, ""))
        if remaining is not None:
            reset = _whole_number(headers.get(of_reset, ""))
            if reset is not None and reset >= EPOCH_S_MIN:
                return RateLimit(remaining=remaining, reset_s=max(0.0, reset - now.timestamp()))
            return RateLimit(remaining=remaining, reset_s=None if reset is None else float(reset))
    return None


def _whole_number(value: str) -> int | None:
    text = value.strip(" \t")
    return int(text) if len(text) <= HEADER_CHARACTERS_MAX and _DIGITS.fullmatch(text) else None
