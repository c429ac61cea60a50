"""Where a setting comes from: command line over environment over file over default."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vtex_tracking.cli.main import cli
from vtex_tracking.cli.setting import Setting

Probe = Callable[..., Result]


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(probe: Probe, folder: Path) -> None:
    """Each source fills in only what the better ones leave open."""
    (folder / "vtex-tracking.toml").write_text('account = "of-file"\nrate = "1/s"\nconcurrency = 7\nstrict = true\n')
    environment = {"VTEX_TRACKING_ACCOUNT": "of-environment", "VTEX_TRACKING_RATE": "2/s"}
    given = json.loads(probe("--account", "of-line", env=environment).stdout)
    assert ("of-line", "2/s", 7, True, 5) == tuple(
        given[name] for name in ("account", "rate", "concurrency", "strict", "attempts")
    )


def test_every_option_of_push_has_a_variable() -> None:
    """The name of an option is the name of its variable."""
    settings = [one for one in cli.commands["push"].params if one.name not in ("feeds", "help")]
    assert all(isinstance(one, Setting) for one in settings)
    assert {f"VTEX_TRACKING_{str(one.name).upper()}" for one in settings} == {
        (one.envvar or [""])[0] for one in settings
    }


def test_the_account_comes_from_vtexs_own_variable_too(probe: Probe) -> None:
    """VTEX_ACCOUNT is known, and ours wins over it."""
    assert "vtex" == json.loads(probe(env={"VTEX_ACCOUNT": "vtex"}).stdout)["account"]
    both = {"VTEX_ACCOUNT": "vtex", "VTEX_TRACKING_ACCOUNT": "ours"}
    assert "ours" == json.loads(probe(env=both).stdout)["account"]


def test_an_empty_variable_is_none(probe: Probe) -> None:
    """A variable that a script left empty is as if it were not there."""
    assert "10/s" == json.loads(probe(env={"VTEX_TRACKING_RATE": ""}).stdout)["rate"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--rate", "10"], "Invalid value for '--rate': '10' is not a rate"),
        (["--timeout", "60"], "Invalid value for '--timeout': '60' is not a duration"),
        (["--concurrency", "0"], "Invalid value for '--concurrency': '0' is not a whole number"),
        (["--attempts", "٣"], "Invalid value for '--attempts': '٣' is not a whole number"),
        (["--date-format", "dd/mm/yyyy"], "'dd/mm/yyyy' is not a date format; expected one such as %d/%m/%Y"),
        (["--ca-file", "none.pem"], "'none.pem' does not exist"),
        (["--app-token", "x"], "No such option"),
    ],
)
def test_a_wrong_value_says_which_option_and_what_is_expected(
    arguments: list[str], expected: str, probe: Probe
) -> None:
    """A value that an option cannot take is exit 2, with what it takes."""
    result = probe(*arguments)
    assert 2 == result.exit_code
    assert expected in result.stderr


def test_a_wrong_variable_is_named(probe: Probe) -> None:
    """Who did not type the option is told where it stands."""
    result = probe(env={"VTEX_TRACKING_RATE": "fast"})
    assert 2 == result.exit_code
    assert "'--rate' (from the environment: VTEX_TRACKING_RATE): 'fast' is not a rate" in result.stderr


def test_several_date_formats_stand_in_one_value(probe: Probe) -> None:
    """A semicolon separates formats, since a format may hold spaces."""
    given = json.loads(probe("--date-format", "%d/%m/%Y %H:%M; %d/%m/%y").stdout)
    assert ["%d/%m/%Y %H:%M", "%d/%m/%y"] == given["date_format"]


def test_help_shows_options_under_titles() -> None:
    """Thirty options in one list would help nobody."""
    text = CliRunner().invoke(cli, ["push", "--help"]).stdout
    titles = ["The store:", "Reading the feeds:", "What is sent:", "Pace and patience", "Memory and report:"]
    places = [text.index(title) for title in titles]
    assert sorted(places) == places
