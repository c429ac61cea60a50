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
class Code:
    """What a carrier's event code says of its parcel. Without a text, the record's own description is the event's."""

    text: str = ""
    is_delivered: bool = False
    is_returned: bool = False  # on its way back to the sender; VTEX is not told, but a delivery beside it is doubtful
    is_skipped: bool = False  # records with this code are left out


@frozen(kw_only=True)
class FeedMapping:
    """What a feed's columns and values mean where it does not say so itself; fields are named as in `feed.columns`."""

    columns: dict[str, str] = field(factory=dict)  # field → the header of its column; "": in none
    constants: dict[str, str] = field(factory=dict)  # field → its value in every record
    templates: dict[str, str] = field(factory=dict)  # field → a text with {header} where a value belongs
    codes: dict[str, Code] = field(factory=dict)  # event code → what it says, over those of a table
    code_table: str | None = None  # the format whose table of codes holds; None: the feed's own
    skips: dict[str, tuple[str, ...]] = field(factory=dict)  # header → its values in records that are left out
    invoice_digits: int | None = None  # of invoice numbers as VTEX has them: zeros before, up to so many; 0: none


@frozen(kw_only=True)
class FeedSettings:
    """How feeds are read. `auto` lets each feed's own bytes decide; a limit is what one feed may cost."""

    format: str = "auto"  # auto, or a name in feed.formats
    sheet: str | None = None  # of a workbook; None: the first
    encoding: str = "auto"  # auto, or a codec's name
    delimiter: str = "auto"  # auto, or one of , ; tab |
    date_formats: tuple[str, ...] = ()  # strptime formats; none: ISO, or day first with slashes
    timezone: str | None = None  # an IANA name: times without an offset get this zone's
    to_timezone: str | None = None  # an IANA name: times with an offset are sent as this zone's
    mapping: FeedMapping = FeedMapping()
    invoices: str | None = None  # the name of a map of invoices, in which records that name no order are looked up
    is_truncating: bool = False  # cut a description that is too long, instead of a defect
    is_empty_allowed: bool = False
    line_bytes_max: int = 1 << 20
    header_bytes_max: int = 64 << 10
    field_characters_max: int = 64 << 10
    option_characters_max: int = 100  # of a time zone or a date format
    events_of_line_max: int = 1000  # of one JSON object; each may be a defect, which keeps what the object says
    document_bytes_max: int = 64 << 20  # of JSON that is one document, which is read whole
    title_lines_max: int = 20  # above the header of a table
    survey_records_max: int = 1000  # to see how a feed is understood
    shared_text_bytes_max: int = 256 << 20  # of a workbook: the texts that its cells share are held in memory
    unpack_ratio_max: int = 200
    unpack_bytes_free: int = 1 << 30  # the ratio counts only above this
    unpack_memory_bytes_max: int = 128 << 20  # of the window that zstd or xz looks back over
    members_max: int = 10_000  # of a zip archive
    archive_list_bytes_max: int = 16 << 20  # of a zip archive: the list of its members, which is read whole
    remote_timeout_s: float = 60.0  # how long a remote place may be silent
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
    volumes_max: int = 10_000  # of one invoice
    body_bytes_max: int = 1 << 20
    answer_bytes_max: int = 64 << 10
    waiting_max: int = 1000  # updates in backoff, beside those in flight
    claims_max: int = 500  # updates whose intents are durable before a worker takes them
    claim_ahead_s: float = 0.1  # of those that will start within so long at the asked rate
    commit_delay_s: float = 0.005
    commit_group_max: int = 50
    outcomes_buffered_max: int = 1000

    warnings_max: int = 1000  # of one code that are listed; all are counted
    ahead_max_s: float = 24 * 3600.0  # an event may be so far ahead of now: clocks and zones differ
    same_moment_invoices_max: int = 300  # one event at the same second on more of them is doubtful
    same_moments_max: int = 10_000  # that are counted in one run
    usual_runs_max: int = 10  # earlier ones that a run is compared with
    usual_records_min: int = 1000  # where runs had so many, none at all is doubtful
    usual_invoices_min: int = 100  # a share of fewer says nothing
    usual_shares_min: int = 3  # runs to compare a share with
    delivered_share_apart_max: float = 0.3  # from the nearest of theirs

    ledger_path: Path | None = None  # None: nothing is remembered beyond the run
    report_dir: Path | None = None  # None: no report is written
