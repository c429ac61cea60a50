"""The options that were given become `Settings`; for those that were not, its defaults hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve
from platformdirs import user_state_path

from vtex_tracking.cli.maps import find_mapping
from vtex_tracking.errors import SettingsError
from vtex_tracking.feed.mapping import read_mapping
from vtex_tracking.settings import Events, FeedSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a sandbox does not share with the user's own store.
_OF_A_SANDBOX: Final = {"account": "sandbox", "base_url": None, "ca_file": None, "ledger": ":memory:", "report": None}
_FEED: Final = {
    "format": "format",
    "encoding": "encoding",
    "delimiter": "delimiter",
    "date_format": "date_formats",
    "timezone": "timezone",
    "invoices": "invoices",
    "sheet": "sheet",
    "truncate": "is_truncating",
    "allow_empty": "is_empty_allowed",
}
_RUN: Final = {
    "base_url": "base_url",
    "rate": "rate",
    "concurrency": "concurrency",
    "attempts": "attempts",
    "timeout": "timeout_s",
    "backoff_max": "backoff_max_s",
    "throttle_pause": "throttle_pause_s",
    "quiet_period": "quiet_period_s",
    "drain_timeout": "drain_timeout_s",
    "outage_limit": "outage_limit_s",
    "max_duration": "max_duration_s",
    "strict": "is_strict",
    "retry_rejected": "is_retrying_rejected",
    "limit": "invoices_max",
}


def settings_from(options: Mapping[str, Any], *, run_id: str | None = None) -> Settings:
    """An option that was given decides; `run_id` names the folder of the report where no `--report` does."""
    options = {**options, **_OF_A_SANDBOX} if options["sandbox"] else options
    given = {field: options[option] for option, field in _RUN.items() if options[option] is not None}
    if options["ca_file"]:
        given["ca_file"] = Path(options["ca_file"])
    return Settings(
        account=account_from(options),
        feed=feed_settings_from(options),
        events=Events(options["events"]),
        ledger_path=ledger_from(options),
        report_dir=_report_from(options, run_id=run_id),
        **given,
    )


def account_from(options: Mapping[str, Any]) -> str:
    """No account is assumed: the wrong one would be told of orders that are not its own."""
    if not options["account"]:
        raise SettingsError("which VTEX account? give --account NAME, or set VTEX_ACCOUNT")
    return str(options["account"])


def ledger_from(options: Mapping[str, Any]) -> Path | None:
    """The ledger is the one named, or the account's own in the user's state folder; `:memory:` is none."""
    match options["ledger"]:
        case None:
            account = Settings(account=account_from(options)).account
            return user_state_path("vtex-tracking", appauthor=False) / f"{account}.db"
        case ":memory:":
            return None
        case path:
            return Path(path)


def _report_from(options: Mapping[str, Any], *, run_id: str | None) -> Path | None:
    if options["report"]:
        return Path(options["report"])
    return None if run_id is None else Path("vtex-tracking-reports", run_id)


def feed_settings_from(options: Mapping[str, Any]) -> FeedSettings:
    """What the mapping says, and over it the options that were given."""
    given = {field: options[option] for option, field in _FEED.items() if options[option] not in (None, False, "auto")}
    settings = FeedSettings()
    if options["map"]:
        found = find_mapping(options["map"])
        settings = read_mapping(found.text, name=found.name)
    return evolve(settings, **given)
