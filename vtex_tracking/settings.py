"""All knobs, as frozen values, and how options, environment and a TOML file become them.

Every limit that the program keeps has its name and its default here. Nothing in this file opens a file or reads a clock.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from attrs import Attribute, field, frozen

from vtex_tracking.errors import SettingsError

_ACCOUNT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)", re.ASCII)
_RATE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*/\s*(\d{1,9}(?:\.\d{1,6})?)?(s|sec|min|m|h)", re.ASCII)
_UNIT_S: Final = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration_s(text: str) -> float:
    """Read `500ms`, `30s`, `2m`, `1h` or `90d` as seconds. Raises SettingsError for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise SettingsError(
            f"{text!r} is not a duration; expected a number and a unit, such as 500ms, 30s, 2m, 1h or 90d"
        )
    return float(match[1]) * _UNIT_S[match[2]]


def _check_positive(_instance: object, attribute: Attribute[Any], value: float | None) -> None:
    if value is not None and value <= 0:
        raise SettingsError(f"{attribute.name} is {value}; it must be more than 0")


@frozen
class Rate:
    """At most `count` starts in any window of `window_s` seconds."""

    count: float = field(validator=_check_positive)
    window_s: float = field(default=1.0, validator=_check_positive, kw_only=True)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `10/s`, `600/min` or `3600/h`. Raises SettingsError for anything else, and for a rate of nothing."""
        match = _RATE.fullmatch(text.strip())
        if match is None or float(match[1]) <= 0 or float(match[2] or 1) <= 0:
            raise SettingsError(
                f"{text!r} is not a rate; expected a number above 0 and a unit, such as 10/s or 600/min"
            )
        return cls(float(match[1]), window_s=float(match[2] or 1) * _UNIT_S[match[3]])

    @property
    def per_s(self) -> float:
        """Starts a second, on average."""
        return self.count / self.window_s

    def __str__(self) -> str:
        unit = {1.0: "s", 60.0: "min", 3600.0: "h"}.get(self.window_s, f"{self.window_s:.15g}s")
        return f"{self.count:.15g}/{unit}"


class Events(StrEnum):
    """Which events an update carries: all that are known, or only those not yet confirmed."""

    FULL = "full"
    NEW = "new"


def _check_account(_instance: object, _attribute: Attribute[str], value: str) -> None:
    if _ACCOUNT.fullmatch(value) is None:
        raise SettingsError(
            f"{value[:80]!r} is not the name of a VTEX account; expected the part before .vtexcommercestable.com.br, "
            "such as mystore: lower-case letters, digits and '-'"
        )


@frozen(kw_only=True)
class FeedSettings:
    """How feeds are read. `auto` lets each feed's own bytes decide; a limit is what one feed may cost."""

    format: str = "auto"  # auto, csv, jsonl
    encoding: str = "auto"  # auto, or a codec's name
    delimiter: str = "auto"  # auto, or one of , ; tab |
    date_formats: tuple[str, ...] = ()  # strptime formats; none: ISO, or day first with slashes
    timezone: str | None = None  # an IANA name: times without an offset get this zone's
    columns: dict[str, str] = field(factory=dict)  # our field → the feed's header, from a mapping file
    is_truncating: bool = False  # cut a description that is too long, instead of a defect
    is_empty_allowed: bool = False
    line_bytes_max: int = 1 << 20
    header_bytes_max: int = 64 << 10
    field_characters_max: int = 64 << 10
    gunzip_ratio_max: int = 200
    gunzip_bytes_free: int = 1 << 30  # the ratio counts only above this
    feed_bytes_max: int = 1 << 40


@frozen(kw_only=True)
class Settings:
    """How one run behaves. Defaults are those of the command; durations are in seconds."""

    account: str = field(validator=_check_account)
    base_url: str | None = None  # None: https://ACCOUNT.vtexcommercestable.com.br
    ca_file: Path | None = None  # trusted beside the system's own; nothing switches checking off
    feed: FeedSettings = FeedSettings()

    rate: Rate = Rate(10)
    concurrency: int = field(default=20, validator=_check_positive)
    attempts: int = field(default=5, validator=_check_positive)
    throttles_max: int = 20  # 429s per update and run, apart from attempts
    server_errors_max: int = 3  # 500s per update and run
    odd_answers_max: int = 3  # answers that are no answer, per update and run: the first and 2 more
    conflicts_max: int = 3  # 409s per update and run: the first and 2 more
    not_found_max: int = 20  # 404s in a row without a success: the wrong account?
    timeout_s: float = field(default=60.0, validator=_check_positive)
    connect_timeout_s: float = field(default=10.0, validator=_check_positive)
    read_timeout_s: float = field(default=30.0, validator=_check_positive)
    backoff_base_s: float = field(default=1.0, validator=_check_positive)
    backoff_max_s: float = field(default=60.0, validator=_check_positive)
    throttle_pause_s: float = field(default=60.0, validator=_check_positive)
    throttle_pause_max_s: float = 15 * 60.0  # a longer Retry-After ends the run
    quiet_period_s: float = 120.0
    drain_timeout_s: float = field(default=60.0, validator=_check_positive)
    outage_limit_s: float = field(default=30 * 60.0, validator=_check_positive)
    stall_limit_s: float = field(default=10 * 60.0, validator=_check_positive)  # without a success, retries used up
    max_duration_s: float | None = field(default=None, validator=_check_positive)
    not_found_again_after_s: float = 24 * 3600.0  # a 404 may have become true since

    events: Events = Events.FULL
    is_strict: bool = False
    is_retrying_rejected: bool = False
    invoices_max: int | None = field(
        default=None, validator=_check_positive
    )  # send at most so many; the rest stay pending

    events_max: int = 500  # of one invoice
    body_bytes_max: int = 1 << 20
    answer_bytes_max: int = 64 << 10
    waiting_max: int = 1000  # updates in backoff, beside those in flight
    commit_delay_s: float = 0.005
    commit_group_max: int = 50
    outcomes_buffered_max: int = 1000

    ledger_path: Path | None = None  # None: nothing is remembered beyond the run
    report_dir: Path | None = None  # None: no report is written
