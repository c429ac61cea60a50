"""When VTEX says to come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vtex_tracking.push.retry_after import RateLimit, read_rate_limit, retry_after_s

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", 7.0),
        (" 7\t", 7.0),
        ("0", 0.0),
        ("3600", 3600.0),
        ("0" * 63 + "9", 9.0),
        ("99999999999999999999", 1e20),
        ("Tue, 10 Mar 2026 12:00:30 GMT", 30.0),
        ("Tuesday, 10-Mar-26 12:00:30 GMT", 30.0),
        ("Tue Mar 10 12:00:30 2026", 30.0),  # no zone is UTC
        ("Tue, 10 Mar 2026 12:00:30 -0000", 30.0),
        ("Tue, 10 Mar 2026 09:01:00 -0300", 60.0),
        ("Tue, 10 Mar 2026 11:00:00 GMT", 0.0),  # past
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
    ],
)
def test_digits_and_dates_are_read(value: str, expected: float) -> None:
    """Seconds as ASCII digits, or any of HTTP's three forms of a date; a past one is 0."""
    assert expected == retry_after_s(value, now=NOW)


def test_a_date_far_ahead_is_far_ahead() -> None:
    """A date in 2099 is a long throttle, not a mistake."""
    seconds = retry_after_s("Thu, 01 Jan 2099 00:00:00 GMT", now=NOW)
    assert seconds == timedelta(days=26594, hours=12).total_seconds()


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "   ",
        "soon",
        "-5",
        "+5",
        "1e9",
        "7.5",
        "٣",
        "²",
        "5, 7",
        "0x10",
        "7 s",
        "X7",
        "\x0b7",
        "\u00a07",
        "inf",
        "nan",
        "9" * 65,
        "Tue, 99 Mar 2026 12:00:30 GMT",
        "Tue, 10 Mar 2026 12:00:30 +9999",
        "Tue, 10 Mar 99999999999999999999 12:00:30 GMT",
        "Tue, \u0661\u0660 Mar 2026 12:00:30 GMT",
        "2026-03-10T12:00:30Z",
        "\udce9",
    ],
)
def test_anything_else_is_nothing(value: str | None) -> None:
    """What is neither digits nor a date says nothing, and is never an exception."""
    assert retry_after_s(value, now=NOW) is None


@pytest.mark.parametrize("prefix", ["ratelimit", "x-ratelimit", "x-vtex-ratelimit"])
def test_each_spelling_of_the_rate_headers_is_read(prefix: str) -> None:
    """What is left, and when the count begins again: in seconds, or as a moment since 1970."""
    left = {f"{prefix}-remaining": "0"}
    assert RateLimit(remaining=0, reset_s=None) == read_rate_limit(left, now=NOW)
    assert RateLimit(remaining=0, reset_s=12.0) == read_rate_limit(left | {f"{prefix}-reset": "12"}, now=NOW)
    moment = str(int(NOW.timestamp()) + 30)
    assert RateLimit(remaining=0, reset_s=30.0) == read_rate_limit(left | {f"{prefix}-reset": moment}, now=NOW)


@pytest.mark.parametrize(
    ("reset", "expected"),
    [
        (" 7\t", 7.0),
        ("999999999", 999999999.0),
        ("1000000000", 0.0),  # a moment, and long past
        ("0" * 63 + "7", 7.0),
    ],
)
def test_a_reset_is_a_duration_or_a_moment(reset: str, expected: float) -> None:
    """From a thousand million on it is a moment since 1970; one that is past means 0."""
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": reset}
    assert RateLimit(remaining=0, reset_s=expected) == read_rate_limit(headers, now=NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ratelimit-remaining": "many"},
        {"x-limit-remaining": "0"},
        {"ratelimit-reset": "5"},
        {"ratelimit-remaining": "9" * 65},
        {"ratelimit-remaining": "\u00a00"},
        {"ratelimit-remaining": "X0"},
    ],
)
def test_unknown_rate_headers_are_ignored(headers: dict[str, str]) -> None:
    """Neither another spelling nor another form means anything."""
    assert read_rate_limit(headers, now=NOW) is None
