"""Options become settings, and those not given keep the defaults of `Settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vtex_tracking.cli.assemble import settings_from
from vtex_tracking.cli.files import FILE_BYTES_MAX
from vtex_tracking.cli.main import cli
from vtex_tracking.errors import SettingsError
from vtex_tracking.settings import Events, FeedMapping, FeedSettings, Rate, Settings


def options_of(*arguments: str) -> dict[str, Any]:
    """What click makes of the arguments of a push."""
    with cli.make_context("vtex-tracking", ["push"]) as parent:
        return cli.commands["push"].make_context("push", list(arguments), parent=parent).params


def test_the_defaults_that_help_shows_are_those_of_settings(folder: Path) -> None:
    """A default is written in two places, and this holds them equal."""
    ledger_path = folder / "state" / "vtex-tracking" / "mystore.db"
    assert Settings(account="mystore", ledger_path=ledger_path) == settings_from(options_of("--account", "mystore"))


def test_every_option_has_its_place_in_settings(folder: Path) -> None:
    """Nothing that a user gives is lost on the way."""
    (folder / "map.toml").write_text('[columns]\norder_id = "Pedido X"\n')
    (folder / "ca.pem").write_text("")
    line = (
        "--account shop --base-url http://127.0.0.1:1 --ca-file ca.pem --format csv --encoding cp1252 --delimiter ; "
        "--date-format %d/%m/%Y --timezone America/Sao_Paulo --map map.toml --invoices orders.csv --sheet Maio --truncate --allow-empty --strict "
        "--events new --retry-rejected --limit 7 --rate 30/min --concurrency 2 --attempts 3 --timeout 1s "
        "--backoff-max 2s --throttle-pause 3s --quiet-period 0s --drain-timeout 5s --outage-limit 6m "
        "--max-duration 2h --ledger x.db --report out"
    )
    expected = Settings(
        account="shop",
        base_url="http://127.0.0.1:1",
        ca_file=Path("ca.pem"),
        feed=FeedSettings(
            format="csv",
            encoding="cp1252",
            delimiter=";",
            date_formats=("%d/%m/%Y",),
            timezone="America/Sao_Paulo",
            mapping=FeedMapping(columns={"order_id": "Pedido X"}),
            invoices="orders.csv",
            sheet="Maio",
            is_truncating=True,
            is_empty_allowed=True,
        ),
        rate=Rate(30, window_s=60),
        concurrency=2,
        attempts=3,
        timeout_s=1,
        backoff_max_s=2,
        throttle_pause_s=3,
        quiet_period_s=0,
        drain_timeout_s=5,
        outage_limit_s=360,
        max_duration_s=7200,
        events=Events.NEW,
        is_strict=True,
        is_retrying_rejected=True,
        invoices_max=7,
        ledger_path=Path("x.db"),
        report_dir=Path("out"),
    )
    assert expected == settings_from(options_of(*line.split()))


def test_the_report_is_named_for_the_run() -> None:
    """Without --report, each run has a folder of its own."""
    settings = settings_from(options_of("--account", "mystore"), run_id="run-1")
    assert Path("vtex-tracking-reports/run-1") == settings.report_dir


def test_memory_is_no_ledger() -> None:
    """`:memory:` is no name of a file."""
    assert settings_from(options_of("--account", "mystore", "--ledger", ":memory:")).ledger_path is None


@pytest.mark.parametrize("account", ["evil.com/", "a.b", "x@y", "http:", "MyStore", "lojã", "../x"])
def test_an_account_that_is_none_is_refused(account: str) -> None:
    """The account becomes part of a host's and a file's name, and can be nothing else."""
    with pytest.raises(SettingsError, match="is not the name of a VTEX account"):
        settings_from(options_of("--account", account))


def test_no_account_is_assumed() -> None:
    """Without an account the message says the two ways to name it."""
    with pytest.raises(SettingsError, match="give --account NAME, or set VTEX_ACCOUNT"):
        settings_from(options_of())


def test_a_wrong_mapping_stops_before_anything_is_read(folder: Path) -> None:
    """A mapping is part of the settings."""
    (folder / "map.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match=r"map\.toml: the mapping is not UTF-8 text"):
        settings_from(options_of("--account", "mystore", "--map", "map.toml"))


def test_a_sandbox_shares_nothing_with_the_users_own_store() -> None:
    """Account, host, ledger and report of the user's own are passed over; pace and feeds are as asked for."""
    line = "--sandbox --account mystore --base-url https://example.com --ledger my.db --report mine --rate 5/s"
    assert Settings(account="sandbox", rate=Rate(5)) == settings_from(options_of(*line.split()))


def test_a_file_that_cannot_be_a_mapping_is_not_read_to_its_end(folder: Path) -> None:
    """A file of the wrong kind may be of any size."""
    with (folder / "map.toml").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    with pytest.raises(SettingsError, match="is this the right file"):
        settings_from(options_of("--account", "mystore", "--map", "map.toml"))
