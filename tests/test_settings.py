"""Knobs: what is read, what is refused, and what the defaults are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.errors import InterruptedRunError, SettingsError
from vtex_tracking.settings import Rate, Settings, parse_duration_s


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500ms", 0.5), ("30s", 30.0), ("2m", 120.0), ("1h", 3600.0), ("90d", 7_776_000.0), (" 1.5 s ", 1.5), ("0s", 0.0)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, expected: float) -> None:
    """Seconds come out."""
    assert expected == parse_duration_s(text)


@pytest.mark.parametrize("text", ["", "30", "s", "-1s", "1e3s", "1 week", "1s 2s", "1S", "٣s", "1.s", "9" * 10 + "s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """The error shows what was given and what would do."""
    with pytest.raises(SettingsError, match="is not a duration; expected a number and a unit"):
        parse_duration_s(text)


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("10/s", Rate(10), "10/s"),
        ("10/sec", Rate(10), "10/s"),
        ("600/min", Rate(600, window_s=60), "600/min"),
        ("600 / m", Rate(600, window_s=60), "600/min"),
        ("3600/h", Rate(3600, window_s=3600), "3600/h"),
        ("10/5s", Rate(10, window_s=5), "10/5s"),
        ("10/2min", Rate(10, window_s=120), "10/120s"),
        ("0.5/s", Rate(0.5), "0.5/s"),
        ("1234567/h", Rate(1_234_567, window_s=3600), "1234567/h"),
    ],
)
def test_a_rate_is_a_number_and_a_window(text: str, expected: Rate, shown: str) -> None:
    """It is shown as it can be given again."""
    assert expected == Rate.parse(text)
    assert shown == str(expected)


@pytest.mark.parametrize("text", ["", "10", "/s", "0/s", "10/0s", "-1/s", "10/day", "10 per s", "1e3/s", "nan/s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """A rate of nothing would wait for ever."""
    with pytest.raises(SettingsError, match="is not a rate; expected a number above 0 and a unit"):
        Rate.parse(text)


@given(st.integers(1, 999_999_999), st.integers(1, 100_000))
def test_a_rate_that_is_shown_reads_as_itself(count: int, window_s: int) -> None:
    """Reports show what can be given again."""
    rate = Rate(count, window_s=window_s)
    assert rate == Rate.parse(str(rate))
    assert rate.per_s == pytest.approx(count / window_s)


@pytest.mark.parametrize(("count", "window_s"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_rate_of_nothing_cannot_be_made(count: float, window_s: float) -> None:
    """Who hands in a rate from a program is told as well."""
    with pytest.raises(SettingsError, match="it must be more than 0"):
        Rate(count, window_s=window_s)


@pytest.mark.parametrize("account", ["mystore", "a", "0", "my-store-2", "a" * 63])
def test_an_account_is_one_label_of_a_host(account: str) -> None:
    """Lower-case letters, digits and dashes."""
    assert account == Settings(account=account).account


@pytest.mark.parametrize("account", ["", "-a", "a.b", "x@y", "http:", "MyStore", "evil.com/", "a" * 64, "ação", "a\n"])
def test_an_account_that_could_be_another_host_is_refused(account: str) -> None:
    """The host comes from the template alone."""
    with pytest.raises(SettingsError, match="is not the name of a VTEX account"):
        Settings(account=account)


@pytest.mark.parametrize(
    "name",
    [
        *("concurrency", "attempts", "timeout_s", "connect_timeout_s", "read_timeout_s", "backoff_base_s"),
        *("backoff_max_s", "throttle_pause_s", "drain_timeout_s", "outage_limit_s", "max_duration_s", "invoices_max"),
    ],
)
@pytest.mark.parametrize("value", [0, -1])
def test_a_number_that_must_be_positive_is(name: str, value: int) -> None:
    """The error names the setting."""
    values: dict[str, Any] = {name: value}
    with pytest.raises(SettingsError, match=f"{name} is {value}; it must be more than 0"):
        Settings(account="mystore", **values)


def test_what_need_not_be_set_may_be_left_out() -> None:
    """No end and no limit are the defaults, and a quiet period of nothing is a choice."""
    settings = Settings(account="mystore", quiet_period_s=0)
    assert (None, None, 0) == (settings.max_duration_s, settings.invoices_max, settings.quiet_period_s)
    assert ("10/s", 20, 5) == (str(settings.rate), settings.concurrency, settings.attempts)


def test_an_interrupted_run_exits_as_its_signal_says() -> None:
    """130 or 143, as a shell expects it."""
    assert (143, "stopped") == (
        InterruptedRunError("stopped", exit_code=143).exit_code,
        str(InterruptedRunError("stopped", exit_code=143)),
    )
